import { DomainError } from "@carehub/rules/domain-error";
import { invalidField } from "@carehub/rules/ids";
import type { Course, CourseDecision } from "./course.ts";
import { type Moved, moveCourse } from "./course-move.ts";
import { type Demand, leadDays } from "./demand.ts";
import type { HeldSession, Hold } from "./hold.ts";
import {
  dateOfDay,
  dayOfDate,
  type HubTime,
  instantOfMinute,
  minuteOfInstant,
} from "./hub-time.ts";
import type { Priority } from "./priority.ts";
import type { CapacityReason } from "./reasons.ts";
import type { ClosedSpan } from "./replan-hub.ts";

/** Why a session cannot take place. */
export type PostponeReason = "BED_UNAVAILABLE" | "PATIENT_UNWELL" | "MACHINE" | "STAFF" | "OTHER";

/** A session that is put off, and by when it is to be given; absent where only the template says. */
export type Postponement = {
  readonly number: number;
  readonly reason: PostponeReason;
  readonly rebookByDate?: Temporal.PlainDate;
};

/** Days after that of the session by which it is to be given: the house's rule where nobody says, until a hub has its own. */
export const rebookDays: Readonly<Record<Priority, number>> = {
  ROUTINE: 14,
  URGENT: 3,
  EMERGENCY: 1,
};

/** What of a course is put off, and whether all of it moves: a first session takes its stays and preparation along. */
export type PutOff = {
  readonly hold: Hold;
  readonly session: HeldSession;
  readonly isWhole: boolean;
};

/**
 * Looks up the session that is put off: one of a course that is held, booked or in treatment, that has not begun and of
 * which nothing is recorded. Fails with COURSE_NOT_MOVABLE and SESSION_NOT_PLANNED.
 */
export function requirePostponable(course: Course, number: number, now: Temporal.Instant): PutOff {
  const { state, hold, recorded, missed = [] } = course;
  const isLive = state === "HELD" || state === "BOOKED" || state === "IN_TREATMENT";
  if (!isLive || hold === undefined) throw refusal("COURSE_NOT_MOVABLE", { state });
  const session = hold.sessions.find((one) => one.number === number);
  const isKnown = [...recorded, ...missed].some((record) => record.number === number);
  if (session === undefined || isKnown || session.start <= minuteOfInstant(now)) {
    const start = session && { start_time: instantOfMinute(session.start).toString() };
    throw refusal("SESSION_NOT_PLANNED", { number: String(number), ...start });
  }
  return { hold, session, isWhole: session === hold.sessions[0] };
}

/** The days on which a course may begin whose first session is put off. Fails with INVALID_FIELD. */
export function windowOfWhole(
  { session }: PutOff,
  demand: Demand,
  rebookByDate: Temporal.PlainDate,
) {
  const day = demand.time.dayOf(session.start);
  if (dayOfDate(rebookByDate) <= day) {
    throw invalidField("rebook_by_date", "is not after the day of the session");
  }
  const lead = leadDays(demand);
  return {
    notBeforeDate: dateOfDay(day + 1 - lead),
    notAfterDate: rebookByDate.subtract({ days: lead }),
  };
}

/** By when a first session is to be given where nobody says. */
export function rebookByRule(
  { session }: PutOff,
  time: HubTime,
  priority: Priority = "ROUTINE",
): Temporal.PlainDate {
  return dateOfDay(time.dayOf(session.start) + rebookDays[priority]);
}

/**
 * The time at which a later session cannot be given, by the hub's own ids: what the appointment uses, and for the
 * patient's own reasons and for beds every site until the day ends.
 */
export function lostTime(
  { session }: PutOff,
  reason: PostponeReason,
  { siteGroups, time }: Pick<Demand, "siteGroups" | "time">,
): ClosedSpan[] {
  const { start } = session;
  if (reason === "PATIENT_UNWELL" || reason === "BED_UNAVAILABLE") {
    const end = time.startOf(time.dayOf(start) + 1);
    return siteGroups.flat().map((resource) => ({ resource, start, end }));
  }
  return session.uses.map((use) => ({
    ...use,
    resource: use.resource.slice(use.resource.lastIndexOf("/") + 1),
  }));
}

/** The sessions that are put off with it: those at that time. */
export function lostSessions({ hold, session }: PutOff, lost: readonly ClosedSpan[]) {
  const end = Math.max(...lost.map((span) => span.end));
  return hold.sessions.filter(({ start }) => session.start <= start && start < end);
}

/** Tells what is put off, and the course as it is from now on. */
export function postpone(
  course: Course,
  { reason, rebookByDate }: Omit<Postponement, "number">,
  { lost, moved }: { readonly lost: readonly HeldSession[]; readonly moved: Moved },
): CourseDecision {
  const { state, events } = moveCourse(course, reason, moved);
  const put = lost.map(({ number, start }) => ({
    ...{ type: "SessionPostponed" as const, number, reason, startAt: instantOfMinute(start) },
    ...(rebookByDate && { rebookByDate }),
  }));
  return { state, events: [...put, ...events] };
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
