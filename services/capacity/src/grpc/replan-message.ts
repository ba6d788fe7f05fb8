import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Replan_State,
  ReplanMove_Outcome,
  type ReplanMoveSchema,
  ReplanSchema,
  type Replan as WireReplan,
} from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { etagOf } from "../app/visibility.ts";
import type { CourseReplan, MoveOutcome, ReplanState, StoredReplan } from "../domain/hub-replan.ts";
import { courseName, resourceName } from "../domain/names.ts";
import { toWireChange } from "../wire/course-move.ts";
import { closureKinds } from "../wire/hub-kinds.ts";

/** A proposal as the API shows it; its moves only where one is read. */
export function toWireReplan(stored: StoredReplan, { withMoves = true } = {}): WireReplan {
  const { name, replan, revision, createdAt, updatedAt } = stored;
  const { hub, closure, startAt, endAt, moves, approvals } = replan;
  return create(ReplanSchema, {
    name,
    createTime: toTimestamp(createdAt),
    updateTime: toTimestamp(updatedAt),
    etag: etagOf(revision),
    state: wireStates[replan.state],
    kind: closureKinds[closure.kind],
    reason: closure.reason,
    resources: closure.resources.map((id) => resourceName(hub, id)),
    startTime: toTimestamp(startAt),
    endTime: toTimestamp(endAt),
    moves: withMoves ? moves.map(toWireMove) : [],
    approvals: approvals.map(({ actor, role, approvedAt }) => {
      return { actor, role, approveTime: toTimestamp(approvedAt) };
    }),
  });
}

/** Reads the state that a list is asked for; undefined means all. */
export function readReplanState(state: Replan_State): ReplanState | undefined {
  return (Object.keys(wireStates) as ReplanState[]).find((key) => wireStates[key] === state);
}

function toWireMove(move: CourseReplan): MessageInitShape<typeof ReplanMoveSchema> {
  const { prolongationDays, prolongationDaysMax, compensations } = move;
  return {
    course: courseName(move.course),
    outcome: wireOutcomes[move.outcome],
    interruptionCategory: move.category ?? 0,
    lostSessions: move.lostSessions,
    changes: move.changes.map(toWireChange),
    prolongationDays,
    compensations,
    ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
  };
}

const wireStates: Readonly<Record<ReplanState, Replan_State>> = {
  PROPOSED: Replan_State.PROPOSED,
  APPROVED: Replan_State.APPROVED,
  APPLIED: Replan_State.APPLIED,
  WITHDRAWN: Replan_State.WITHDRAWN,
};

const wireOutcomes: Readonly<Record<MoveOutcome, ReplanMove_Outcome>> = {
  PLANNED: ReplanMove_Outcome.PLANNED,
  BEYOND_LIMIT: ReplanMove_Outcome.BEYOND_LIMIT,
  NO_WAY: ReplanMove_Outcome.NO_WAY,
  MOVED: ReplanMove_Outcome.MOVED,
  OVERTAKEN: ReplanMove_Outcome.OVERTAKEN,
};
