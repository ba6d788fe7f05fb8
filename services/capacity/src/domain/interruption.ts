import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { Course, CourseDecision } from "./course.ts";
import type { Moved } from "./course-move.ts";
import type { DemandedStay } from "./demand.ts";
import type { HeldStay } from "./hold.ts";
import { dateOfDay, dayOfDate, type HubTime } from "./hub-time.ts";
import type { CapacityReason } from "./reasons.ts";
import type { Today } from "./treatment.ts";

/** What is said of an interruption. */
export type ToInterrupt = {
  readonly reason: string;
  readonly sinceDate: Temporal.PlainDate;
  /** Whether the beds from tomorrow on are given back. */
  readonly releaseStays: boolean;
};

/**
 * Interrupts a treatment: of its plan remain the sessions that took place, and those before that day. Fails with
 * COURSE_NOT_IN_TREATMENT, TIME_IN_FUTURE, and INVALID_FIELD before the admission.
 */
export function interruptCourse(
  course: Course,
  asked: ToInterrupt,
  { today, time }: Pick<Today, "today"> & { readonly time: Pick<HubTime, "startOf"> },
): CourseDecision {
  const { state, admissionDate } = course;
  if (state !== "IN_TREATMENT") throw refusal("COURSE_NOT_IN_TREATMENT", { state });
  const { reason, sinceDate, releaseStays } = asked;
  if (Temporal.PlainDate.compare(sinceDate, today) > 0) {
    throw refusal("TIME_IN_FUTURE", { field: "since_date", today: today.toString() });
  }
  if (admissionDate && Temporal.PlainDate.compare(sinceDate, admissionDate) < 0) {
    throw invalidField("since_date", "lies before the admission");
  }
  const hold = must(course.hold, "a treated course has a hold");
  const given = new Set(course.recorded.map(({ number }) => number));
  const since = time.startOf(dayOfDate(sinceDate));
  const sessions = hold.sessions.filter(({ number, start }) => given.has(number) || start < since);
  const split = releaseStays ? splitStays(hold.stays, today) : { kept: hold.stays, released: [] };
  const { extendedStays, ...rest } = course;
  const ended = { planned: hold.stays, kept: split.kept, today };
  const extended = releaseStays ? endedBy(extendedStays, ended) : extendedStays;
  const remainingSessions = hold.sessions.filter(({ number }) => !given.has(number)).length;
  return {
    state: {
      ...rest,
      ...(extended && { extendedStays: extended }),
      state: "INTERRUPTED",
      hold: { ...hold, sessions, stays: split.kept },
      interruption: { reason, sinceDate, releasedStays: demandedAgain(split.released) },
    },
    events: [
      { type: "CourseInterrupted", round: hold.round, reason, sinceDate, remainingSessions },
    ],
  };
}

/** Goes on with an interrupted treatment as it is planned now. Fails with COURSE_NOT_INTERRUPTED. */
export function resumeCourse(
  course: Course,
  moved: Moved,
  nextDate: Temporal.PlainDate,
): CourseDecision {
  requireInterrupted(course);
  const { interruption: _, ...rest } = course;
  const { round } = moved.hold;
  return {
    state: { ...rest, state: "IN_TREATMENT", hold: moved.hold },
    events: [
      { type: "CourseMoved", round, reason: "RESUMED", ...moved },
      { type: "CourseResumed", round, nextDate },
    ],
  };
}

/** Passes a course whose treatment is interrupted. Fails with COURSE_NOT_INTERRUPTED. */
export function requireInterrupted({ state }: Course): void {
  if (state !== "INTERRUPTED") throw refusal("COURSE_NOT_INTERRUPTED", { state });
}

// Of a stay under way today is the last day that is kept.
function splitStays(stays: readonly HeldStay[], today: Temporal.PlainDate) {
  const tomorrow = today.add({ days: 1 });
  const kept = stays
    .filter(({ firstDate }) => Temporal.PlainDate.compare(firstDate, today) <= 0)
    .map((stay) => ({ ...stay, lastDate: earlier(stay.lastDate, today) }));
  const released = stays
    .filter(({ lastDate }) => Temporal.PlainDate.compare(lastDate, today) > 0)
    .map((stay) => ({ ...stay, firstDate: later(stay.firstDate, tomorrow) }));
  return { kept, released };
}

type Ended = {
  readonly planned: readonly HeldStay[];
  readonly kept: readonly HeldStay[];
  readonly today: Temporal.PlainDate;
};

// What lasted longer than planned lasts until today; an extension is of a stay's last part, and goes with it.
function endedBy(
  extended: Course["extendedStays"] = [],
  { planned, kept, today }: Ended,
): Course["extendedStays"] {
  return extended
    .map((stay) => ({ ...stay, lastDate: earlier(stay.lastDate, today) }))
    .filter(({ stay, lastDate }) => {
      const last = planned.findLast((part) => part.stay === stay);
      const held = kept.findLast((part) => part.stay === stay);
      if (last === undefined || held === undefined) return false;
      const isKept = held.firstDate.equals(last.firstDate);
      return isKept && Temporal.PlainDate.compare(held.lastDate, lastDate) < 0;
    });
}

// Counted from the first of them, which is to be on the day of the next session.
function demandedAgain(released: readonly HeldStay[]): DemandedStay[] {
  const first = Math.min(...released.map(({ firstDate }) => dayOfDate(firstDate)));
  return released.map(({ stay, pool, firstDate, lastDate }) => ({
    stay,
    pool: pool.slice(pool.lastIndexOf("/") + 1),
    fromDay: dayOfDate(firstDate) - first,
    days: dayOfDate(lastDate) - dayOfDate(firstDate) + 1,
  }));
}

/** The day of the next session of a treatment as it is planned; the first that is not recorded. */
export function nextSessionDate(
  course: Pick<Course, "recorded">,
  { hold }: Moved,
  time: Pick<HubTime, "dayOf">,
): Temporal.PlainDate {
  const given = new Set(course.recorded.map(({ number }) => number));
  const next = hold.sessions.find(({ number }) => !given.has(number));
  return dateOfDay(time.dayOf(must(next, "a resumed course has a session to come").start));
}

function earlier(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? one : other;
}

function later(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? other : one;
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
