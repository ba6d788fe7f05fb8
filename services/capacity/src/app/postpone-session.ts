/*
 * Puts off a session that cannot take place: the time that it had is given back and the new one taken in one commit under
 * the locks of all, or nothing changes. The time at which it cannot be given counts as closed, for this course only.
 */
import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Course } from "../domain/course.ts";
import type { Moved } from "../domain/course-move.ts";
import { keepsStays, replanUnbegun } from "../domain/course-move-plan.ts";
import { createDemand, type TimedHub } from "../domain/demand.ts";
import type { HeldSession } from "../domain/hold.ts";
import type { CourseReplan } from "../domain/hub-replan.ts";
import { dateOfDay } from "../domain/hub-time.ts";
import {
  lostSessions,
  lostTime,
  type Postponement,
  type PutOff,
  postpone,
  rebookByRule,
  requirePostponable,
  windowOfWhole,
} from "../domain/postpone.ts";
import { keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import { takeRest } from "./apply-replan.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import type { CourseCommand } from "./course-commands.ts";
import type { MovedView } from "./move-course.ts";
import { LostError, replanUnderLocks, untilTaken } from "./move-plan.ts";
import { namesOfDemand } from "./place-course.ts";
import { proposeMoves } from "./propose-replan.ts";
import { namesOf } from "./release-capacity.ts";
import { checkEtag, hubNotFound, readVisibleCourse } from "./visibility.ts";

/** A hub's word that a session of a course cannot take place. */
export type PostponeCommand = Omit<CourseCommand, "respond"> &
  Pick<Command<MovedView>, "respond"> & { readonly postponement: Postponement };

/** Puts a session off, or says what is in the way; those who wait get what became free. */
export function postponeSession(deps: Deps, command: PostponeCommand): Promise<Uint8Array> {
  return deps.holdTurns(() => postponeInTurn(deps, command));
}

async function postponeInTurn(deps: Deps, command: PostponeCommand): Promise<Uint8Array> {
  const { id, caller, source, actor, respond, etag, postponement } = command;
  const { course: known } = await readVisibleCourse(deps.db, id, caller);
  return untilTaken(deps, known.hub, async () => {
    let planned: Planned | undefined;
    const plan = () => must(planned, "a course is planned before a session of it is put off");
    const changed = await changeCourse(deps, {
      name: "course-postpone",
      ...{ id, source, actor },
      creates: false,
      prepare: async (tx, before, { now, revision }) => {
        checkEtag(etag, revision);
        const putOff = requirePostponable(before, postponement.number, now);
        const asked = { before, putOff, postponement, now };
        planned = putOff.isWhole ? await moveWhole(deps, tx, asked) : await makeUp(deps, tx, asked);
      },
      decide: (course) => postpone(course, plan().postponement, plan()),
      write: async (tx, { before }) => {
        await markWaitingList(tx, before.hub);
        return [];
      },
      respond: (stored) => respond({ stored, changes: plan().moved.changes }),
    });
    return responseOf(changed);
  });
}

type Asked = {
  readonly before: Course;
  readonly putOff: PutOff;
  readonly postponement: Postponement;
  readonly now: Temporal.Instant;
};

type Planned = {
  readonly moved: Moved;
  readonly lost: readonly HeldSession[];
  readonly postponement: Postponement;
};

// The earliest day after its own; a patient who was admitted for several sessions keeps the beds.
async function moveWhole(
  deps: Deps,
  tx: Tx,
  { before, putOff, postponement, now }: Asked,
): Promise<Planned> {
  const { session } = putOff;
  const hub = await hubOf(deps, tx, before);
  const { rebookByDate = rebookByRule(putOff, hub.time, before.priority) } = postponement;
  const moved = await replanUnderLocks(deps, tx, {
    ...{ before, now, dryRun: false },
    plan: (version) => {
      const demand = createDemand(version, planOf(before), now);
      const ofWhole = keepsStays(before) ? { ...demand, stays: [] } : demand;
      const window = windowOfWhole(putOff, ofWhole, rebookByDate);
      return replanUnbegun(before, version, { window, now });
    },
  });
  return { moved, lost: [session], postponement: { ...postponement, rebookByDate } };
}

async function makeUp(
  deps: Deps,
  tx: Tx,
  { before, putOff, postponement, now }: Asked,
): Promise<Planned> {
  const { hold } = putOff;
  const { reason, number, rebookByDate } = postponement;
  const hub = await hubOf(deps, tx, before);
  const course = { ...before, plan: planOf(before) };
  const demand = createDemand(hub, course.plan, now);
  await lockAll(tx, [...namesOf(hold), ...namesOfDemand(demand)]);
  const closed = lostTime(putOff, reason, demand);
  const stored = { course, revision: 0, createdAt: now, updatedAt: now };
  const disturbances = [{ stored, numbers: [number] }];
  const [move] = await proposeMoves(tx, hub, { disturbances, closed, now });
  const planned = requirePlanned(move, postponement, hub);
  const rest = await takeRest(tx, { hub, before: course, move: planned, now });
  if (rest === undefined) throw new LostError("in-the-way");
  await keepFreed(tx, before.hub, rest.freed);
  return {
    moved: rest.moved,
    lost: lostSessions(putOff, closed),
    postponement: { number, reason, ...(rebookByDate && { rebookByDate }) },
  };
}

function requirePlanned(
  move: CourseReplan | undefined,
  { number, rebookByDate }: Postponement,
  { time }: TimedHub,
): CourseReplan {
  if (move?.outcome === "BEYOND_LIMIT") {
    const { prolongationDays, prolongationDaysMax = 0 } = move;
    throw new DomainError("PROLONGATION_TOO_LONG", {
      prolongation_days: String(prolongationDays),
      prolongation_days_max: String(prolongationDaysMax),
    });
  }
  const last = move?.sessions.at(-1);
  const isPlanned = move?.outcome === "PLANNED" && last !== undefined;
  const lastDate = isPlanned ? dateOfDay(time.dayOf(last.start)) : undefined;
  const isLate =
    lastDate !== undefined &&
    rebookByDate !== undefined &&
    Temporal.PlainDate.compare(lastDate, rebookByDate) > 0;
  if (isPlanned && !isLate) return move;
  throw new DomainError("SESSION_NOT_REBOOKABLE", {
    number: String(number),
    ...(lastDate && { first_possible_date: lastDate.toString() }),
  });
}

async function hubOf(deps: Deps, tx: Tx, { hub: name }: Course): Promise<TimedHub> {
  const hub = await deps.hubs.load(tx, name);
  if (hub === undefined) throw hubNotFound(name);
  return hub;
}

// A course may have been put off beyond the dates of its plan: what is left is looked for where it is now.
function planOf({ plan, hold, state }: Course) {
  if (plan === undefined || hold === undefined) {
    throw new DomainError("COURSE_NOT_MOVABLE", { state });
  }
  const { firstDate } = hold;
  const { readyDate, dueDate } = plan;
  return {
    ...plan,
    readyDate: Temporal.PlainDate.compare(firstDate, readyDate) < 0 ? firstDate : readyDate,
    dueDate: Temporal.PlainDate.compare(firstDate, dueDate) > 0 ? firstDate : dueDate,
  };
}
