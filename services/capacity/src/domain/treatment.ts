import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import {
  type Course,
  type CourseDecision,
  isTreated,
  isUnderTreatment,
  keepsCapacity,
  type Outcome,
  type PendingStop,
  release,
  unchanged,
} from "./course.ts";
import type { Hold } from "./hold.ts";
import type { CapacityReason } from "./reasons.ts";
import { countItems, type ServiceItem, stayDaysOf } from "./service-items.ts";
import { type ActualStay, staysUntil } from "./stay-days.ts";

/** A day of the hub's own calendar, by the platform's clock. */
export type Today = { readonly now: Temporal.Instant; readonly today: Temporal.PlainDate };

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

function end(course: Course, ended: Discharge & { readonly round: number }): CourseDecision {
  const { outcome, dischargeDate, round, stays } = ended;
  const deliveredItems = deliveredOf(course, stays);
  const admissionDate = must(course.admissionDate, "a course in treatment has an admission");
  const { stopPending: _, interruption: __, ...rest } = course;
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

/** What is held or booked for the course. */
export function holdOf(course: Course): Hold {
  return must(course.hold, "a booked course has a hold");
}

/**
 * Passes a course under treatment: what took place before an interruption may be recorded during it, and an interrupted
 * treatment may be ended. Fails with COURSE_NOT_IN_TREATMENT.
 */
export function requireInTreatment(course: Course): void {
  if (isUnderTreatment(course)) return;
  throw refusal("COURSE_NOT_IN_TREATMENT", { state: course.state });
}

function requirePastDate(field: string, date: Temporal.PlainDate, { today }: Today): void {
  if (Temporal.PlainDate.compare(date, today) > 0) {
    throw refusal("TIME_IN_FUTURE", { field, today: today.toString() });
  }
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
