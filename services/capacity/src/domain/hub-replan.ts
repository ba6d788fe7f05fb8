import type { Actor } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { SessionChange } from "./course-move.ts";
import type { HeldSession } from "./hold.ts";
import type { Closure, InterruptionCategory } from "./hub.ts";
import type { HubName } from "./names.ts";
import type { CapacityReason } from "./reasons.ts";

/** How far a proposal is. */
export type ReplanState = "PROPOSED" | "APPROVED" | "APPLIED" | "WITHDRAWN";

/** What can be done for a course, or was. */
export type MoveOutcome = "PLANNED" | "BEYOND_LIMIT" | "NO_WAY" | "MOVED" | "OVERTAKEN";

/** What a proposal says of one course. */
export type CourseReplan = {
  readonly course: Uuid;
  readonly outcome: MoveOutcome;
  readonly category: InterruptionCategory | undefined;
  readonly lostSessions: number;
  readonly changes: readonly SessionChange[];
  readonly prolongationDays: number;
  readonly prolongationDaysMax?: number;
  readonly compensations: number;
  /** All sessions that are planned anew, from the first that is lost on; empty where there is no plan. */
  readonly sessions: readonly HeldSession[];
  /** The day on which a course begins of which all is planned anew, with its stays; absent where only sessions are. */
  readonly wholeOn?: Temporal.PlainDate;
  /** The certificate of the plan that it changes: a course that has another by then is overtaken. */
  readonly basis: string;
};

/** The roles that approve a proposal, each once, by two persons. */
export type ApproverRole = "physicist" | "clinician";

/** One approval. */
export type Approval = {
  readonly actor: string;
  readonly role: ApproverRole;
  readonly approvedAt: Temporal.Instant;
};

/** A proposal for the courses that a closure or an outage disturbs. */
export type HubReplan = {
  readonly hub: HubName;
  readonly state: ReplanState;
  /** As it stands in the hub's document. */
  readonly closure: Closure;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  /** In the order in which the courses move. */
  readonly moves: readonly CourseReplan[];
  readonly approvals: readonly Approval[];
};

/** A proposal as it was stored last. */
export type StoredReplan = {
  /** `hubs/{hub}/replans/{uuid}`. */
  readonly name: string;
  readonly replan: HubReplan;
  readonly revision: number;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};

const approverRoles: readonly string[] = ["physicist", "clinician"] satisfies ApproverRole[];

/**
 * Adds an approval; with the second, of another role and person, the courses may move. Fails with REPLAN_NOT_OPEN,
 * APPROVER_ROLE_UNFIT and APPROVED_ALREADY.
 */
export function approve(replan: HubReplan, actor: Actor, now: Temporal.Instant): HubReplan {
  requireOpen(replan);
  const { role, reference } = actor;
  if (!approverRoles.includes(role)) {
    throw refusal("APPROVER_ROLE_UNFIT", { role, roles: approverRoles.join(",") });
  }
  const same = replan.approvals.find((one) => one.role === role || one.actor === reference);
  if (same !== undefined) throw refusal("APPROVED_ALREADY", { actor: same.actor, role: same.role });
  const approval = { actor: reference, role: role as ApproverRole, approvedAt: now };
  const approvals = [...replan.approvals, approval];
  if (approvals.length < approverRoles.length) return { ...replan, approvals };
  return rested({ ...replan, approvals, state: "APPROVED" });
}

/** The course that moves next; undefined where none is left. */
export function nextMove({ state, moves }: HubReplan): CourseReplan | undefined {
  return state === "APPROVED" ? moves.find(({ outcome }) => outcome === "PLANNED") : undefined;
}

/** Says what came of a course's move; past the last one the proposal is applied. */
export function withOutcome(replan: HubReplan, course: Uuid, outcome: MoveOutcome): HubReplan {
  const moves = replan.moves.map((move) =>
    move.course === course && move.outcome === "PLANNED" ? { ...move, outcome } : move,
  );
  return rested({ ...replan, moves });
}

/** Puts other moves in the place of those that were proposed; what was approved is so no more. */
export function refreshed(replan: HubReplan, moves: readonly CourseReplan[]): HubReplan {
  if (replan.state === "APPROVED" || replan.state === "WITHDRAWN") throw notOpen(replan);
  const done = replan.moves.filter(({ outcome }) => outcome === "MOVED");
  return { ...replan, state: "PROPOSED", moves: [...done, ...moves], approvals: [] };
}

/** Withdraws a proposal of which nothing has moved. Fails with REPLAN_NOT_OPEN. */
export function withdrawn(replan: HubReplan): HubReplan {
  const isMoved = replan.moves.some(({ outcome }) => outcome === "MOVED");
  if (replan.state === "APPROVED" || replan.state === "WITHDRAWN" || isMoved) throw notOpen(replan);
  return { ...replan, state: "WITHDRAWN" };
}

function rested(replan: HubReplan): HubReplan {
  const isOver = replan.state === "APPROVED" && nextMove(replan) === undefined;
  return isOver ? { ...replan, state: "APPLIED" } : replan;
}

function requireOpen(replan: HubReplan): void {
  if (replan.state !== "PROPOSED") throw notOpen(replan);
}

function notOpen({ state }: HubReplan): DomainError {
  return refusal("REPLAN_NOT_OPEN", { state });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
