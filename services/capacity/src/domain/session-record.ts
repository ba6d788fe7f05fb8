import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Course, CourseDecision, RecordedSession } from "./course.ts";
import type { HeldSession, HeldUse } from "./hold.ts";
import { type Day, dayOfDate, instantOfMinute } from "./hub-time.ts";
import type { CapacityReason } from "./reasons.ts";
import { madeUpDay, type Pattern } from "./session-make-up.ts";
import { holdOf, requireInTreatment, type Today } from "./treatment.ts";

/** What is recorded of a session; site and anaesthesia are as planned where they are left out. */
export type SessionRecord = {
  readonly number: number;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  readonly site: string | undefined;
  readonly underAnaesthesia: boolean | undefined;
};

/** A planned session that did not take place; all but the reason as it was planned. */
export type MissedSession = RecordedSession & {
  readonly phase: string;
  readonly uses: readonly HeldUse[];
  readonly reason: string;
};

/** A record that was entered in error: kept as it was, and counted nowhere. */
export type RecordInError = {
  readonly correction: string;
  readonly was:
    | { readonly kind: "delivered"; readonly record: RecordedSession }
    | { readonly kind: "missed"; readonly record: MissedSession };
};

/** What a hub's template and calendar say of a missed session. */
export type MissedAt = Today & {
  readonly dayOf: (minute: number) => Day;
  /** On which days the course is treated. */
  readonly pattern: Pattern;
  /** The most days by which its template lets it last longer; undefined where it does not say. */
  readonly prolongationDaysMax: number | undefined;
};

const correctionsMax = 200;

/** Records a session that took place. Fails with COURSE_NOT_IN_TREATMENT, SESSION_ALREADY_RECORDED and TIME_IN_FUTURE. */
export function recordSession(
  course: Course,
  session: SessionRecord,
  { now }: Pick<Today, "now">,
): CourseDecision {
  requireInTreatment(course);
  const { number, startAt, endAt } = session;
  if (Temporal.Instant.compare(endAt, now) > 0) {
    throw refusal("TIME_IN_FUTURE", { field: "end_time", now: now.toString() });
  }
  requireUnrecorded(course, number);
  const { sessions, underAnaesthesia } = holdOf(course);
  const planned = sessions.find((held) => held.number === number) ?? sessions[0];
  const site = session.site ?? planned?.site;
  // A treatment that was interrupted before its first session has none planned.
  if (site === undefined) throw refusal("SITE_UNKNOWN", { site: "" });
  const recorded: RecordedSession = {
    number,
    startAt,
    endAt,
    site,
    underAnaesthesia: session.underAnaesthesia ?? underAnaesthesia,
  };
  return {
    state: { ...course, recorded: [...course.recorded, recorded] },
    events: [{ type: "SessionDelivered", number, startAt, endAt }],
  };
}

/**
 * Records that a session planned for today or before did not take place. Fails with COURSE_NOT_IN_TREATMENT,
 * SESSION_ALREADY_RECORDED, SESSION_NOT_PLANNED and TIME_IN_FUTURE.
 */
export function recordMissed(
  course: Course,
  { number, reason }: { readonly number: number; readonly reason: string },
  at: MissedAt,
): CourseDecision {
  requireInTreatment(course);
  requireUnrecorded(course, number);
  const { sessions, underAnaesthesia } = holdOf(course);
  const planned = sessions.find((held) => held.number === number);
  if (planned === undefined) throw refusal("SESSION_NOT_PLANNED", { number: String(number) });
  if (at.dayOf(planned.start) > dayOfDate(at.today)) {
    const startTime = instantOfMinute(planned.start).toString();
    throw refusal("TIME_IN_FUTURE", { start_time: startTime, today: at.today.toString() });
  }
  const missed = [...(course.missed ?? []), missedOf(planned, { underAnaesthesia, reason })];
  const state: Course = { ...course, missed };
  const { prolongationDaysMax } = at;
  const fact = {
    number,
    startAt: instantOfMinute(planned.start),
    reason,
    prolongationDays: prolongationWithMissed(state, at),
    ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
  };
  return { state, events: [{ type: "SessionMissed", ...fact }] };
}

/**
 * Marks what stands of a session as entered in error; the session may then be recorded anew. Fails with COURSE_ENDED,
 * COURSE_NOT_IN_TREATMENT, NOTHING_RECORDED and CORRECTION_LIMIT_REACHED.
 */
export function correctSession(
  course: Course,
  { number, reason }: { readonly number: number; readonly reason: string },
): CourseDecision {
  if (course.state === "ENDED") throw refusal("COURSE_ENDED", { state: course.state });
  requireInTreatment(course);
  const { recorded, missed = [], inError = [] } = course;
  const was = standingOf(course, number);
  if (was === undefined) throw refusal("NOTHING_RECORDED", { number: String(number) });
  if (inError.length >= correctionsMax) {
    throw refusal("CORRECTION_LIMIT_REACHED", { corrections_max: String(correctionsMax) });
  }
  const state: Course = {
    ...course,
    recorded: recorded.filter((record) => record !== was.record),
    missed: missed.filter((record) => record !== was.record),
    inError: [...inError, { correction: reason, was }],
  };
  const { startAt } = was.record;
  return { state, events: [{ type: "SessionCorrected", number, reason, startAt }] };
}

/** What stands of a session; undefined where nothing does. */
export function standingOf(
  { recorded, missed = [] }: Pick<Course, "recorded" | "missed">,
  number: number,
): RecordInError["was"] | undefined {
  const delivered = recorded.find((record) => record.number === number);
  if (delivered !== undefined) return { kind: "delivered", record: delivered };
  const record = missed.find((candidate) => candidate.number === number);
  return record === undefined ? undefined : { kind: "missed", record };
}

/**
 * The days by which a course lasts longer than with no day lost, when the missed sessions that its plan still names are
 * made up at the end: those of its plan, and those from its last planned day to the last that makes up for one.
 */
export function prolongationWithMissed(
  course: Pick<Course, "hold" | "missed">,
  { dayOf, pattern }: Pick<MissedAt, "dayOf" | "pattern">,
): number {
  const { sessions, prolongationDays = 0 } = must(course.hold, "a treated course has a hold");
  const planned = new Set(sessions.map(({ number }) => number));
  const lost = (course.missed ?? []).filter(({ number }) => planned.has(number)).length;
  const days = sessions.map(({ start }) => dayOf(start));
  const lastDay = Math.max(...days);
  return prolongationDays + madeUpDay(pattern, days, lost) - lastDay;
}

function missedOf(
  { number, phase, site, start, end, uses }: HeldSession,
  { underAnaesthesia, reason }: Pick<MissedSession, "underAnaesthesia" | "reason">,
): MissedSession {
  const times = { startAt: instantOfMinute(start), endAt: instantOfMinute(end) };
  return { number, ...times, site, underAnaesthesia, phase, uses, reason };
}

function requireUnrecorded(course: Course, number: number): void {
  const known = standingOf(course, number);
  if (known === undefined) return;
  const record = known.kind.toUpperCase();
  throw refusal("SESSION_ALREADY_RECORDED", { number: String(number), record });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
