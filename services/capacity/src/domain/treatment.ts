import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Bucket, PoolUse } from "./availability.ts";
import {
  type Course,
  type CourseDecision,
  isTreated,
  keepsCapacity,
  type Outcome,
  type PendingStop,
  type RecordedSession,
  release,
  unchanged,
} from "./course.ts";
import type { Hold } from "./hold.ts";
import { dayOfDate } from "./hub-time.ts";
import type { CapacityReason } from "./reasons.ts";
import { countItems, type ServiceItem, stayDaysOf } from "./service-items.ts";

/** A stay as it took place; both days inclusive. */
export type ActualStay = {
  readonly stay: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
};

/** A day of the hub's own calendar, by the platform's clock. */
export type Today = { readonly now: Temporal.Instant; readonly today: Temporal.PlainDate };

const recordedMax = 400;

/** Records the admission. Fails with COURSE_NOT_BOOKED and TIME_IN_FUTURE. */
export function admit(
  course: Course,
  admissionDate: Temporal.PlainDate,
  at: Today,
): CourseDecision {
  if (course.state !== "BOOKED") throw refusal("COURSE_NOT_BOOKED", { state: course.state });
  requirePastDate("admission_date", admissionDate, at);
  const { round } = holdOf(course);
  return {
    state: { ...course, state: "IN_TREATMENT", admissionDate },
    events: [{ type: "CourseStarted", round, admissionDate }],
  };
}

/** What is recorded of a session; site and anaesthesia are as planned where they are left out. */
export type SessionRecord = {
  readonly number: number;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  readonly site: string | undefined;
  readonly underAnaesthesia: boolean | undefined;
};

/** Records a session that took place. Fails with COURSE_NOT_IN_TREATMENT, SESSION_ALREADY_RECORDED and TIME_IN_FUTURE. */
export function recordSession(
  course: Course,
  session: SessionRecord,
  { now }: Today,
): CourseDecision {
  requireInTreatment(course);
  const { number, startAt, endAt } = session;
  if (Temporal.Instant.compare(endAt, now) > 0) {
    throw refusal("TIME_IN_FUTURE", { field: "end_time", now: now.toString() });
  }
  const known = course.recorded.find((recorded) => recorded.number === number);
  if (known !== undefined || course.recorded.length >= recordedMax) {
    throw refusal("SESSION_ALREADY_RECORDED", { number: String(number) });
  }
  const { sessions, underAnaesthesia } = holdOf(course);
  const planned = sessions.find((held) => held.number === number) ?? sessions[0];
  const recorded: RecordedSession = {
    number,
    startAt,
    endAt,
    site: session.site ?? must(planned, "a held course has a session").site,
    underAnaesthesia: session.underAnaesthesia ?? underAnaesthesia,
  };
  return {
    state: { ...course, recorded: [...course.recorded, recorded] },
    events: [{ type: "SessionDelivered", number, startAt, endAt }],
  };
}

/** What a discharge says. */
export type Discharge = {
  readonly dischargeDate: Temporal.PlainDate;
  readonly outcome: Outcome;
  readonly stays: readonly ActualStay[];
};

/** Ends the course with what was recorded. Fails with COURSE_NOT_IN_TREATMENT, STAY_UNKNOWN and TIME_IN_FUTURE. */
export function discharge(course: Course, asked: Discharge, at: Today): CourseDecision {
  requireInTreatment(course);
  requirePastDate("discharge_date", asked.dischargeDate, at);
  const hold = holdOf(course);
  for (const { stay, lastDate } of asked.stays) {
    if (!hold.stays.some((held) => held.stay === stay)) throw refusal("STAY_UNKNOWN", { stay });
    requirePastDate("stays", lastDate, at);
  }
  return end(course, { ...asked, round: hold.round });
}

/**
 * Stops the course for its case: gives back what is held or booked, and its place in the list. What has begun ends only
 * by death, with the planned days from the admission until today; any other stop of it waits for the hub's answer, but
 * a deferral, which comes too late. A course that ended, or an older round, stays as it is. Every other stop is
 * answered as released.
 */
export function stopForCase(course: Course, asked: PendingStop, { today }: Today): CourseDecision {
  if (course.state === "ENDED" || asked.round < course.round) return unchanged(course);
  if (!isTreated(course)) return release(course, asked);
  if (asked.reason === "DEFERRED") return unchanged(course);
  if (asked.reason === "DECEASED") {
    const stays = staysUntil(course, today);
    const { round } = holdOf(course);
    return end(course, { outcome: "DIED", stays, dischargeDate: today, round });
  }
  const { stopPending } = course;
  const same = stopPending?.round === asked.round && stopPending.reason === asked.reason;
  if (same) return unchanged(course);
  const { round, reason } = asked;
  return {
    state: { ...course, stopPending: { round, reason } },
    events: [{ type: "CourseStopPending", round, reason }],
  };
}

/** Declines the stop that waits for the hub's answer: treatment goes on. Fails with STOP_NOT_PENDING. */
export function declineStop(course: Course, reason: string, { today }: Today): CourseDecision {
  const { stopPending, ...state } = course;
  if (stopPending === undefined) throw refusal("STOP_NOT_PENDING", { state: course.state });
  const deliveredItems = deliveredOf(course, staysUntil(course, today));
  const { round } = stopPending;
  return { state, events: [{ type: "CourseStopDeclined", round, reason, deliveredItems }] };
}

/** Marks the case as ended; a hold, booking or place in the list that is left is given back. */
export function closeCourse(course: Course): CourseDecision {
  if (course.closed) return unchanged(course);
  const closed: Course = { ...course, closed: true };
  const waits = course.state === "WAITLISTED";
  if (isTreated(course) || !(keepsCapacity(course) || waits)) return unchanged(closed);
  return release(closed, { round: course.round, reason: "CASE_CLOSED" });
}

/** How the bed-days that took place differ from those planned, by the pools' full names. */
export type StayDifference = {
  readonly givenBack: readonly PoolUse[];
  readonly excess: readonly PoolUse[];
};

/** Compares what a course kept of beds with what it used. */
export function compareStays(hold: Hold, actual: readonly ActualStay[]): StayDifference {
  const poolOf = new Map(hold.stays.map(({ stay, pool }) => [stay, pool]));
  const planned = countDays(hold.stays);
  const used = countDays(
    actual.map((stay) => ({ ...stay, pool: must(poolOf.get(stay.stay), "the stay is planned") })),
  );
  return { givenBack: surplus(planned, used), excess: surplus(used, planned) };
}

/** The stays that a stop leaves of a treated course: the planned days from its admission until today. */
export function staysUntil(course: Course, today: Temporal.PlainDate): ActualStay[] {
  const admissionDate = must(course.admissionDate, "a course in treatment has an admission");
  return holdOf(course)
    .stays.map(({ stay, firstDate, lastDate }) => ({
      stay,
      firstDate: later(firstDate, admissionDate),
      lastDate: earlier(lastDate, today),
    }))
    .filter(({ firstDate, lastDate }) => Temporal.PlainDate.compare(firstDate, lastDate) <= 0);
}

function end(course: Course, ended: Discharge & { readonly round: number }): CourseDecision {
  const { outcome, dischargeDate, round, stays } = ended;
  const deliveredItems = deliveredOf(course, stays);
  const admissionDate = must(course.admissionDate, "a course in treatment has an admission");
  const { stopPending: _, ...rest } = course;
  const state: Course = { ...rest, state: "ENDED", outcome, dischargeDate, deliveredItems };
  const fact = { round, outcome, deliveredItems, admissionDate, dischargeDate };
  return { state, events: [{ type: "CourseEnded", ...fact }] };
}

function deliveredOf(course: Course, stays: readonly ActualStay[]): ServiceItem[] {
  const sessions = course.recorded.length;
  return countItems(holdOf(course).services, {
    courses: sessions > 0 ? 1 : 0,
    sessions,
    anaesthesiaSessions: course.recorded.filter((session) => session.underAnaesthesia).length,
    stayDays: stayDaysOf(stays),
  });
}

type PooledStay = ActualStay & { readonly pool: string };

function countDays(stays: readonly PooledStay[]): Map<string, PoolUse> {
  const counts = new Map<string, PoolUse>();
  for (const { pool, firstDate, lastDate } of stays) {
    const lastDay: Bucket = dayOfDate(lastDate);
    for (let bucket = dayOfDate(firstDate); bucket <= lastDay; bucket += 1) {
      const key = `${pool} ${bucket}`;
      counts.set(key, { pool, bucket, amount: (counts.get(key)?.amount ?? 0) + 1 });
    }
  }
  return counts;
}

function surplus(of: Map<string, PoolUse>, over: Map<string, PoolUse>): PoolUse[] {
  return [...of]
    .map(([key, use]) => ({ ...use, amount: use.amount - (over.get(key)?.amount ?? 0) }))
    .filter(({ amount }) => amount > 0);
}

function earlier(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? one : other;
}

function later(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? other : one;
}

function holdOf(course: Course): Hold {
  return must(course.hold, "a booked course has a hold");
}

function requireInTreatment({ state }: Course): void {
  if (state !== "IN_TREATMENT") throw refusal("COURSE_NOT_IN_TREATMENT", { state });
}

function requirePastDate(field: string, date: Temporal.PlainDate, { today }: Today): void {
  if (Temporal.PlainDate.compare(date, today) > 0) {
    throw refusal("TIME_IN_FUTURE", { field, today: today.toString() });
  }
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
