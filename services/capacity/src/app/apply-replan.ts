/*
 * Moves the courses of an approved proposal, one by one in their order, each in a transaction of its own: the course's
 * row, the proposal's row, then the resources. What was approved is what happens: a course that has another plan by
 * then, or whose new time somebody took, is overtaken and stays where it is.
 *
 * Guarantee: each course moves at most once, because its outcome stands in the proposal in the same commit; every move
 * uses up the due row that it began with, so a pass that is cut off goes on where it was. The time that a course leaves
 * is closed in the same commit, so nobody can come into it.
 */
import { sqlStateOf } from "@carehub/database/operational-error";
import type { Tx } from "@carehub/database/pool";
import type { Due } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { TookPlace } from "../domain/certificate.ts";
import type { Course } from "../domain/course.ts";
import { moveCourse as decideMove, type Moved } from "../domain/course-move.ts";
import { movedHold, replanUnbegun } from "../domain/course-move-plan.ts";
import { type CoursePlan, createDemand, type TimedHub, withPriority } from "../domain/demand.ts";
import { canStillBe, toPlacement } from "../domain/held-placement.ts";
import { type HeldSession, holdParts, keptUses } from "../domain/hold.ts";
import {
  type CourseReplan,
  type HubReplan,
  type MoveOutcome,
  nextMove,
  withOutcome,
} from "../domain/hub-replan.ts";
import { type Day, dateOfDay, dayOfDate, minuteOfInstant } from "../domain/hub-time.ts";
import { poolName } from "../domain/names.ts";
import { poolUses } from "../domain/planner.ts";
import { idealDays, prolongationOf } from "../domain/prolongation.ts";
import { closureSpans } from "../domain/stranded.ts";
import { addClosures } from "../storage/document-store.ts";
import { type Freed, keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { lockReplan, readReplan, saveReplan } from "../storage/replan-store.ts";
import { giveBack, keepAll } from "../storage/reservation-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import { replanUnderLocks } from "./move-plan.ts";
import { certify } from "./place-course.ts";
import { namesOf } from "./release-capacity.ts";

/** The kind of the due row of an approved proposal, under its name. */
export const replanKind = "replan-apply";

/** Moves the courses that are still to be moved; for the sweeper. */
export async function applyReplan(deps: Deps, due: Due): Promise<void> {
  let current = due;
  for (;;) {
    const stored = await readReplan(deps.db, current.aggregate);
    const move = stored && nextMove(stored.replan);
    if (stored === undefined || move === undefined) return dropDue(deps, current);
    const outcome = await moveOne(deps, stored.replan, { move, due: current });
    if (outcome !== "MOVED") await settle(deps, { move, due: current, outcome });
    current = afterMove(current);
  }
}

// The due row after a move: a moment later, so that another process that goes through the same proposal moves nothing.
function afterMove(due: Due): Due {
  return { ...due, dueAt: due.dueAt.add({ microseconds: 1 }) };
}

type Moving = { readonly move: CourseReplan; readonly due: Due };

async function moveOne(deps: Deps, replan: HubReplan, { move, due }: Moving): Promise<MoveOutcome> {
  let moved: Moved | undefined;
  try {
    await changeCourse(deps, {
      name: "course-replan",
      id: move.course,
      source: { kind: "due", due },
      dues: { aggregate: due.aggregate, dues: [afterMove(due)] },
      creates: false,
      prepare: async (tx, before, { now }) => {
        const locked = must(await lockReplan(tx, due.aggregate), "a proposal stays");
        if (!isAsApproved(before, locked.replan, move)) throw new OvertakenError();
        await saveReplan(tx, due.aggregate, withOutcome(locked.replan, move.course, "MOVED"));
        const hub = must(await deps.hubs.load(tx, before.hub), "a course's hub is published");
        const asked = { hub, before, move, now };
        const rest = move.wholeOn === undefined ? await moveRest(tx, asked) : undefined;
        moved = rest?.moved ?? (await moveWhole(deps, tx, asked));
        await closeAgain(tx, hub, replan);
        if (rest !== undefined) await keepFreed(tx, before.hub, rest.freed);
      },
      decide: (course) =>
        decideMove(
          course,
          replan.closure.kind === "OUTAGE" ? "OUTAGE" : "CLOSURE",
          must(moved, "a course is planned before it is moved"),
        ),
      write: async (tx, { before }) => {
        await markWaitingList(tx, before.hub);
        return [];
      },
    });
    return "MOVED";
  } catch (error) {
    if (isOvertaken(error)) return "OVERTAKEN";
    throw error;
  }
}

// What else could be in the way is a refusal of the planner, or a row that somebody wrote without its lock.
function isOvertaken(error: unknown): boolean {
  const overlaps = ["23P01", "23514"].includes(sqlStateOf(error) ?? "");
  return (
    error instanceof OvertakenError || error instanceof DomainError || overlaps || isBlocked(error)
  );
}

function isBlocked(error: unknown): boolean {
  return error instanceof Error && (error.name === "BlockedError" || error.name === "LostError");
}

// Ends the transaction, so that the course has again what it had.
class OvertakenError extends Error {
  override readonly name = "OvertakenError";
}

function isAsApproved(course: Course, { moves }: HubReplan, move: CourseReplan): boolean {
  const isOpen = moves.some((one) => one.course === move.course && one.outcome === "PLANNED");
  const isLive = ["HELD", "BOOKED", "IN_TREATMENT"].includes(course.state);
  const [first] = move.sessions;
  const known = [...course.recorded, ...(course.missed ?? [])].map(({ number }) => number);
  const isAhead = known.every((number) => number < (first?.number ?? 0));
  return isOpen && isLive && isAhead && course.hold?.certificate.hash === move.basis;
}

type Asked = {
  readonly hub: TimedHub;
  readonly before: Course;
  readonly move: CourseReplan;
  readonly now: Temporal.Instant;
};

async function moveRest(tx: Tx, asked: Asked): Promise<TakenRest> {
  if (!canStillBe(asked.hub, asked.move.sessions, asked.now)) throw new OvertakenError();
  const rest = await takeRest(tx, asked);
  if (rest === undefined) throw new OvertakenError();
  return rest;
}

type TakenRest = { readonly moved: Moved; readonly freed: Freed };

/**
 * Gives back the sessions from the first that is lost on, and takes exactly those of the new plan; undefined where
 * somebody has them: the caller rolls back. What came free is the caller's to offer.
 */
export async function takeRest(
  tx: Tx,
  { hub, before, move, now }: Omit<Asked, "move"> & { readonly move: RestOfMove },
): Promise<TakenRest | undefined> {
  const held = must(before.hold, "a course that is moved has a hold");
  const plan = must(before.plan, "a course that is moved has a plan");
  const { document, time } = hub;
  const firstNumber = must(move.sessions[0], "a planned move has sessions").number;
  const kept = held.sessions.filter(({ number }) => number < firstNumber);
  const toCome = [...kept, ...move.sessions].find(({ start }) => start >= minuteOfInstant(now));
  const within = datesWith(plan, held.firstDate, toCome && time.dayOf(toCome.start));
  const whole = withPriority(createDemand(hub, within, now), before.priority ?? "ROUTINE");
  const last = must(kept.at(-1), "a session stands before the first that is lost");
  const first = must(kept[0], "a session stands before the first that is lost");
  const sessions = move.sessions.map((session, index) =>
    toPlacement(whole, session, kept.length + index),
  );
  const site = last.site.slice(last.site.lastIndexOf("/") + 1);
  const begun = { done: kept.length, last: { end: last.end, site }, firstStart: first.start };
  const demand = { ...whole, begun };
  const group = whole.siteGroups.find((sites) => sites.includes(site)) ?? [site];
  const ideal = idealDays(whole, group, time.dayOf(first.start));
  const prolongationDays = prolongationOf(ideal, sessions.at(-1)?.day ?? 0);
  const course = { sessions, stays: [], preparation: [], prolongationDays };
  const parts = holdParts(demand, course);
  const numbered = parts.sessions.map((session, index) => {
    return { ...session, number: firstNumber + index };
  });
  await lockAll(tx, [...namesOf(held), ...namesOf({ ...parts, sessions: numbered })]);
  const freed = await giveBack(tx, before.id, {
    recorded: kept.map(({ number }) => number),
    from: last.end,
    bedPools: held.stays.map(({ pool }) => pool),
  });
  const taken = await keepAll(tx, {
    ...{ course: before.id, hub: before.hub, version: hub.version, afterWaiting: false },
    uses: keptUses({ sessions: numbered }),
    poolUses: poolUses(course).map((use) => ({
      ...use,
      pool: poolName(document.name, use.pool),
      capacity: document.pools.find(({ id }) => id === use.pool)?.capacity ?? 0,
      reserve: 0,
    })),
  });
  if (taken !== "kept") return undefined;
  const { calendarVersion } = held.answerBy;
  const replan = {
    demand,
    ...{ sessions: kept, stays: held.stays, preparation: held.preparation ?? [] },
    nextNumber: firstNumber,
    ...beganBefore(now, kept),
  };
  const moved = movedHold(held, replan, {
    parts: { ...parts, sessions: numbered },
    certify: (whole_) =>
      certify({ hub, demand: whole }, whole_, { id: before.id, calendarVersion }),
  });
  return { moved: { ...moved, changes: move.changes }, freed };
}

// What has begun is as it was planned, though the hub's document closes its room by now, or no longer has it.
function beganBefore(
  now: Temporal.Instant,
  kept: readonly HeldSession[],
): { readonly begun?: TookPlace } {
  const minute = minuteOfInstant(now);
  const took = kept.filter(({ start }) => start < minute);
  const last = took.at(-1);
  if (last === undefined) return {};
  const firstStart = must(took[0], "the last one is one of them").start;
  return { begun: { sessions: took.length, firstStart, lastEnd: last.end, lastSite: last.site } };
}

// An earlier move may have taken the course beyond the dates of its plan: what is to come is judged where it begins now.
function datesWith(plan: CoursePlan, firstDate: Temporal.PlainDate, begins: Day = 0): CoursePlan {
  const { readyDate, dueDate } = plan;
  return {
    ...plan,
    readyDate: Temporal.PlainDate.compare(firstDate, readyDate) < 0 ? firstDate : readyDate,
    dueDate: begins > dayOfDate(dueDate) ? dateOfDay(begins) : dueDate,
  };
}

/** What is new of a course of which only sessions are planned anew. */
export type RestOfMove = Pick<CourseReplan, "sessions" | "changes">;

// All of a course that has not begun, on the day that was approved; another time of that day is not what was approved.
async function moveWhole(deps: Deps, tx: Tx, { before, move, now }: Asked): Promise<Moved> {
  const on = must(move.wholeOn, "a whole move has its day");
  const window = { notBeforeDate: on, notAfterDate: on };
  const moved = await replanUnderLocks(deps, tx, {
    ...{ before, now, dryRun: false, afterWaiting: false },
    plan: (hub) => replanUnbegun(before, hub, { window, now }),
  });
  const startsOf = (sessions: readonly { start: number; site: string }[]) =>
    sessions.map(({ start, site }) => `${site} ${start}`).join();
  if (startsOf(moved.hold.sessions) !== startsOf(move.sessions)) throw new OvertakenError();
  return { ...moved, changes: move.changes };
}

async function closeAgain(
  tx: Tx,
  { document, time }: TimedHub,
  { closure }: HubReplan,
): Promise<void> {
  // A later version may have opened what was closed.
  const stands = document.closures.some((one) => JSON.stringify(one) === JSON.stringify(closure));
  if (!stands) return;
  const spans = closureSpans({ ...document, closures: [closure] }, time);
  await addClosures(tx, document.name, spans);
}

async function settle(
  deps: Deps,
  { move, due, outcome }: Moving & { readonly outcome: MoveOutcome },
): Promise<void> {
  await transact(deps.db, {
    name: "replan-overtaken",
    source: { kind: "due", due },
    work: async (tx) => {
      const locked = must(await lockReplan(tx, due.aggregate), "a proposal stays");
      const state = await saveReplan(
        tx,
        due.aggregate,
        withOutcome(locked.replan, move.course, outcome),
      );
      const dues = [afterMove(due)];
      return { state, aggregates: [{ aggregate: due.aggregate, revision: 0, events: [], dues }] };
    },
  });
}

async function dropDue(deps: Deps, due: Due): Promise<void> {
  await transact(deps.db, {
    name: "replan-rest",
    source: { kind: "due", due },
    work: async () => {
      const { aggregate } = due;
      return { state: undefined, aggregates: [{ aggregate, revision: 0, events: [], dues: [] }] };
    },
  });
}
