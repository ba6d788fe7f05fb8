/*
 * What a closure or an outage means for the courses that lose a session by it: a new plan for each, in the order in
 * which they may move. Computed under the locks of all that the hub has, so on exactly what is taken then.
 */
import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { Availability, Bucket } from "../domain/availability.ts";
import type { Course } from "../domain/course.ts";
import type { SessionChange } from "../domain/course-move.ts";
import { keepsStays, replanUnbegun } from "../domain/course-move-plan.ts";
import { createDemand, type Demand, type TimedHub, withPriority } from "../domain/demand.ts";
import { toPlacement } from "../domain/held-placement.ts";
import { type HeldSession, holdParts } from "../domain/hold.ts";
import type { CourseReplan, MoveOutcome } from "../domain/hub-replan.ts";
import {
  dateOfDay,
  dayOfDate,
  type Minute,
  mergeSpans,
  minuteOfInstant,
} from "../domain/hub-time.ts";
import { resourceName } from "../domain/names.ts";
import type { StayRisk } from "../domain/overflow-rule.ts";
import type { FittingCourse } from "../domain/planner.ts";
import type { Change, Replan } from "../domain/replan-course.ts";
import {
  type ClosedSpan,
  type DisturbedCourse,
  isDisturbed,
  type ProposedMove,
  replanAll,
} from "../domain/replan-hub.ts";
import type { Placement } from "../domain/session-placement.ts";
import { closureSpans } from "../domain/stranded.ts";
import { readAvailability } from "../storage/availability-store.ts";
import { readRisks } from "../storage/stay-risk-store.ts";
import type { Disturbance } from "./disturbed-courses.ts";

/** Plans the courses anew; those that cannot be planned by their sessions alone say so. */
export async function proposeMoves(
  tx: Tx,
  hub: TimedHub,
  asked: {
    readonly disturbances: readonly Disturbance[];
    /** Time that is not to be had beside what the hub's document closes. */
    readonly closed?: readonly ClosedSpan[];
    readonly now: Temporal.Instant;
  },
): Promise<CourseReplan[]> {
  const { disturbances, now } = asked;
  // All that the document closes: what an earlier closure left where it was is planned anew as well.
  const closed = [...closedOf(hub), ...(asked.closed ?? [])];
  const ids = disturbances.map(({ stored }) => stored.course.id as Uuid);
  const risks = await readRisks(tx, ids);
  const courses = disturbances.map(({ stored }) => {
    return { stored, disturbed: disturbedOf(stored.course, hub, { closed, now, risks }) };
  });
  const plannable = courses.flatMap(({ disturbed }) =>
    disturbed === undefined ? [] : [disturbed],
  );
  const availability = await readAll(tx, plannable);
  const moves = replanAll(plannable, { availability, closed });
  const byCourse = new Map(
    courses.map(({ stored, disturbed }) => [stored.course.id, { stored, disturbed }]),
  );
  const proposed = moves.flatMap((move) => {
    const known = byCourse.get(move.course);
    return known?.disturbed === undefined
      ? []
      : [toCourseReplan(known.stored.course, known.disturbed, move)];
  });
  const others = disturbances.filter(({ stored }) =>
    moves.every(({ course }) => course !== stored.course.id),
  );
  return [...proposed, ...others.map(withoutWay)];
}

type Conditions = {
  readonly closed: readonly ClosedSpan[];
  readonly now: Temporal.Instant;
  /** Of uncertain stays, by course. */
  readonly risks: ReadonlyMap<string, readonly StayRisk[]>;
};

// Undefined where the course cannot be planned by its sessions alone: its plan no longer fits the hub's document.
function disturbedOf(
  course: Course,
  hub: TimedHub,
  { closed, now, risks }: Conditions,
): DisturbedCourse | undefined {
  const demand = demandOf(course, hub, now);
  const held = course.hold?.sessions ?? [];
  if (demand === undefined || held.length !== demand.phases.length) return undefined;
  const sessions = held.map((session, index) => toPlacement(demand, session, index));
  const from = minuteOfInstant(now);
  const done = sessions.filter(({ start }) => start < from).length;
  const isUnprepared = done === 0 && isPreparationLost(course, { closed, from });
  const given = new Set(course.recorded.map(({ number }) => number));
  const isLost = (session: Placement, at: number) =>
    at >= done && !given.has(held[at]?.number ?? 0) && isDisturbed(session, closed);
  const lost = new Set([
    // Without its preparation the whole course begins anew.
    ...(isUnprepared ? [0] : []),
    ...sessions.flatMap((session, at) => (isLost(session, at) ? [at] : [])),
  ]);
  if (lost.size === 0) return undefined;
  const disturbed = { course: course.id, demand, sessions, done, lost };
  return lost.has(0) ? { ...disturbed, whole: wholeOf(course, hub, { now, risks }) } : disturbed;
}

function isPreparationLost(
  { hold }: Course,
  { closed, from }: { readonly closed: readonly ClosedSpan[]; readonly from: Minute },
): boolean {
  const steps = (hold?.preparation ?? []).filter(({ start }) => start >= from);
  const uses = steps.flatMap((step) => step.uses);
  const own = uses.map((use) => ({ ...use, resource: idOf(use.resource) }));
  return isDisturbed({ uses: own }, closed);
}

function closedOf({ document, time }: TimedHub): ClosedSpan[] {
  return closureSpans(document, time).map(({ resource, start, end }) => {
    return { resource: idOf(resource), start, end };
  });
}

function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

// How long after its day a course that has not begun may begin anew.
const laterDaysMax = 28;

function wholeOf(course: Course, hub: TimedHub, { now, risks }: Omit<Conditions, "closed">) {
  const hold = must(course.hold, "a course that loses a session has a hold");
  const [first] = hold.sessions;
  const day = hub.time.dayOf(must(first, "a held course has a session").start);
  const notBeforeDate = dateOfDay(day);
  const window = { notBeforeDate, notAfterDate: notBeforeDate.add({ days: laterDaysMax }) };
  const { reserve: _, ...demand } = replanUnbegun(course, hub, { window, now }).demand;
  if (keepsStays(course)) return { demand, takes: { uses: [], places: [] } };
  const uses = (hold.preparation ?? []).flatMap((step) =>
    step.uses.map((use) => ({ ...use, resource: idOf(use.resource) })),
  );
  const places = hold.stays.flatMap(({ pool, firstDate, lastDate }) => {
    const firstDay = dayOfDate(firstDate);
    return Array.from({ length: dayOfDate(lastDate) - firstDay + 1 }, (_day, index) => {
      return { pool: idOf(pool), bucket: firstDay + index, amount: 1 };
    });
  });
  const ofStays = (risks.get(course.id) ?? []).map((risk) => ({ ...risk, pool: idOf(risk.pool) }));
  return { demand, takes: { uses, places, risks: ofStays } };
}

// Courses that run go before what is kept for urgent ones that may come.
function demandOf(
  { plan, priority, hold }: Course,
  hub: TimedHub,
  now: Temporal.Instant,
): Demand | undefined {
  if (plan === undefined) return undefined;
  const template = hub.document.templates.find(({ id }) => plan.template.endsWith(`/${id}`));
  if (template === undefined) return undefined;
  const { reserve: _, ...demand } = withPriority(
    createDemand(hub, plan, now),
    priority ?? "ROUTINE",
  );
  // A course that was moved goes on past the dates of its plan: what is taken there is read as well.
  const lastDay = hub.time.dayOf(hold?.sessions.at(-1)?.start ?? 0);
  return { ...demand, dueDay: Math.max(demand.dueDay, lastDay) };
}

async function readAll(tx: Tx, courses: readonly DisturbedCourse[]): Promise<Availability> {
  let all: Availability = { busy: new Map(), used: new Map() };
  for (const { demand } of courses) {
    const { availability } = await readAvailability(tx, demand, { exceptLapsed: false });
    all = joined(all, availability);
  }
  return all;
}

function joined(one: Availability, other: Availability): Availability {
  const busy = new Map(one.busy);
  for (const [id, spans] of other.busy) {
    busy.set(id, mergeSpans([...(busy.get(id) ?? []), ...spans]));
  }
  const used = withBuckets(one.used, other.used);
  const presences = withBuckets(one.presences, other.presences);
  const uncertain = withBuckets(one.uncertain, other.uncertain);
  return { busy, used, presences, uncertain };
}

function withBuckets<Value>(
  one: ReadonlyMap<string, ReadonlyMap<Bucket, Value>> = new Map(),
  other: ReadonlyMap<string, ReadonlyMap<Bucket, Value>> = new Map(),
) {
  const pools = new Map(one);
  for (const [pool, buckets] of other) {
    pools.set(pool, new Map([...(pools.get(pool) ?? []), ...buckets]));
  }
  return pools;
}

function toCourseReplan(
  course: Course,
  disturbed: DisturbedCourse,
  { lost, replan }: ProposedMove,
): CourseReplan {
  const { demand, lost: lostAt } = disturbed;
  const { prolongationDaysMax, interruptionCategory } = demand.rules;
  const firstLost = Math.min(...lostAt);
  const held = course.hold?.sessions ?? [];
  const firstNumber = held[firstLost]?.number ?? firstLost + 1;
  const sessions =
    replan === undefined ? [] : namedSessions(disturbed, replan, { firstLost, firstNumber });
  return {
    course: course.id,
    outcome: outcomeOf(replan),
    category: interruptionCategory,
    lostSessions: lost,
    changes: (replan?.changes ?? []).map((change) =>
      toChange(course, sessions, { change, demand }),
    ),
    prolongationDays: replan?.prolongationDays ?? 0,
    ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
    compensations: sessions.filter(({ compensation }) => compensation !== undefined).length,
    sessions,
    ...(replan?.whole === undefined ? {} : { wholeOn: firstDateOf(replan.whole) }),
    basis: course.hold?.certificate.hash ?? "",
  };
}

function firstDateOf({ sessions, stays }: FittingCourse): Temporal.PlainDate {
  const days = [...sessions.map(({ day }) => day), ...stays.map(({ firstDay }) => firstDay)];
  return dateOfDay(Math.min(...days));
}

function outcomeOf(replan: Replan | undefined): MoveOutcome {
  if (replan === undefined) return "NO_WAY";
  return replan.isWithinLimit ? "PLANNED" : "BEYOND_LIMIT";
}

function namedSessions(
  { demand }: DisturbedCourse,
  { sessions, prolongationDays }: Replan,
  { firstLost, firstNumber }: { readonly firstLost: number; readonly firstNumber: number },
): HeldSession[] {
  const parts = holdParts(demand, { sessions, stays: [], preparation: [], prolongationDays });
  return parts.sessions
    .slice(firstLost)
    .map((session, index) => ({ ...session, number: firstNumber + index }));
}

// By appointment: the number is that which the new one has, or else the one that is dropped.
function toChange(
  { hold }: Course,
  sessions: readonly HeldSession[],
  { change: { from, to }, demand }: { readonly change: Change; readonly demand: Demand },
): SessionChange {
  const hub = demand.document.name;
  const numberAt = (start: number | undefined, of: readonly HeldSession[]) =>
    of.find((session) => session.start === start)?.number;
  const number = numberAt(to?.start, sessions) ?? numberAt(from?.start, hold?.sessions ?? []) ?? 0;
  const placeOf = ({ start, site }: { start: number; site: string }) => {
    return { start, site: resourceName(hub, site) };
  };
  return { number, ...(from && { from: placeOf(from) }), ...(to && { to: placeOf(to) }) };
}

function withoutWay({ stored, numbers }: Disturbance): CourseReplan {
  const { id, hold } = stored.course;
  return {
    course: id as Uuid,
    outcome: "NO_WAY",
    category: undefined,
    lostSessions: numbers.length,
    changes: [],
    prolongationDays: 0,
    compensations: 0,
    sessions: [],
    basis: hold?.certificate.hash ?? "",
  };
}
