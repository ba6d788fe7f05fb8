import type { Decision } from "@carehub/rules/decision";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { CourseFact } from "./course-fact.ts";
import type { CoursePlan, DemandedStay } from "./demand.ts";
import { type AnswerTime, beginsBefore, type Hold } from "./hold.ts";
import type { Priority } from "./priority.ts";
import type { CapacityReason } from "./reasons.ts";
import type { ServiceItem } from "./service-items.ts";
import type { MissedSession, RecordInError } from "./session-record.ts";
import type { ExtendedStay } from "./stay-extension.ts";
import { canWait, type Unavailable } from "./unavailable.ts";

/** How far a course is; NONE where nothing was ever asked for. */
export type CourseState =
  | "NONE"
  | "UNAVAILABLE"
  | "WAITLISTED"
  | "HELD"
  | "BOOKED"
  | "IN_TREATMENT"
  | "INTERRUPTED"
  | "ENDED"
  | "RELEASED"
  | "LAPSED";

/** A course's place in its hub's waiting list: by priority, then by time. */
export type Waiting = {
  readonly sinceAt: Temporal.Instant;
  readonly priority: Priority;
  readonly answerTime: AnswerTime;
};

/** Why and since when a treatment is interrupted. */
export type Interruption = {
  readonly reason: string;
  readonly sinceDate: Temporal.PlainDate;
  /** The days of stays that were given back, to be taken again from the first session on. */
  readonly releasedStays: readonly DemandedStay[];
};

/** A stop that its case asks for and the hub has not answered. */
export type PendingStop = { readonly round: number; readonly reason: string };

/** How a course ended. */
export type Outcome = "COMPLETED" | "STOPPED" | "DIED";

/** One session that took place; the site by its full name. */
export type RecordedSession = {
  readonly number: number;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  readonly site: string;
  readonly underAnaesthesia: boolean;
};

/** One patient's course at one hub. */
export type Course = {
  readonly id: Uuid;
  /** `hubs/{hub}`; empty where only the end of its case is known. */
  readonly hub: string;
  /** `parties/{id}`; undefined for a hub's own patient. */
  readonly sendingParty: string | undefined;
  readonly state: CourseState;
  /** The round of the last request or stop. */
  readonly round: number;
  /** Its case has ended: whatever is still asked for is not done. */
  readonly closed: boolean;
  readonly plan?: CoursePlan;
  /** As its case was referred or its hub asked; absent in courses of before it was kept. */
  readonly priority?: Priority;
  readonly hold?: Hold;
  /** When it was booked last; absent before, and in courses of before it was kept. */
  readonly bookedAt?: Temporal.Instant;
  readonly unavailable?: Unavailable;
  /** Only while it waits for capacity. */
  readonly waiting?: Waiting;
  /** Only while it is in treatment. */
  readonly stopPending?: PendingStop;
  /** Only while treatment is interrupted. */
  readonly interruption?: Interruption;
  /** By how many working days its hold was extended each time; absent for never. */
  readonly extensions?: readonly number[];
  /** What took place, as it stands; one record a session. */
  readonly recorded: readonly RecordedSession[];
  /** What did not take place, as it stands; absent for none. */
  readonly missed?: readonly MissedSession[];
  /** What was entered in error; absent for none. */
  readonly inError?: readonly RecordInError[];
  /** The stays that last longer than planned; absent for none. */
  readonly extendedStays?: readonly ExtendedStay[];
  readonly admissionDate?: Temporal.PlainDate;
  readonly dischargeDate?: Temporal.PlainDate;
  readonly outcome?: Outcome;
  readonly deliveredItems?: readonly ServiceItem[];
};

/** A course as it was stored last. */
export type StoredCourse = {
  readonly course: Course;
  /** The revision of its last event. */
  readonly revision: number;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};

/** What follows for a course. */
export type CourseDecision = Decision<Course, CourseFact>;

/** A request for a course, by its case or by a hub for its own patient. */
export type CourseRequest = {
  readonly id: Uuid;
  readonly hub: string;
  readonly sendingParty: string | undefined;
  readonly round: number;
  readonly plan: CoursePlan;
  readonly priority?: Priority;
};

/**
 * Whether a request of the case still has to be answered: not when the case is closed, the round is answered or
 * stopped already, or the course is past its pivot.
 */
export function awaitsAnswer(course: Course, round: number): boolean {
  if (course.closed || isTreated(course) || course.state === "BOOKED") return false;
  return course.state === "NONE" ? round >= course.round : round > course.round;
}

/** Whether it waits for capacity in that round, so that what came free may be held for it. */
export function awaitsCapacity(course: Course, round: number): boolean {
  return course.state === "WAITLISTED" && !course.closed && course.round === round;
}

/** Whether time and places are kept for it. */
export function keepsCapacity(course: Course): boolean {
  return course.state === "HELD" || course.state === "BOOKED" || isUnderTreatment(course);
}

/** Holds the course as it was planned. */
export function holdCourse(course: Course, request: CourseRequest, hold: Hold): CourseDecision {
  const { unavailable: _, waiting: __, ...rest } = course;
  const state: Course = { ...rest, ...request, state: "HELD", hold };
  return { state, events: [{ type: "CourseHeld", round: request.round, hold }] };
}

/**
 * Answers that the course does not fit; nothing is kept for it. Where capacity could come free for it, it waits; a
 * course that waits already keeps its place when its case asks in a newer round.
 */
export function refuseCourse(
  course: Course,
  request: CourseRequest,
  { unavailable, ...place }: Waiting & { readonly unavailable: Unavailable },
): CourseDecision {
  const { hold: _, waiting: before, ...rest } = course;
  const { round } = request;
  const waitlisted = canWait(unavailable.reason);
  const refused: Course = { ...rest, ...request, state: "UNAVAILABLE", unavailable };
  const sinceAt = before?.sinceAt ?? place.sinceAt;
  const state: Course = waitlisted
    ? { ...refused, state: "WAITLISTED", waiting: { ...place, sinceAt } }
    : refused;
  return { state, events: [{ type: "CourseUnavailable", round, unavailable, waitlisted }] };
}

/**
 * Books what is held in that round, also past its release time; else, and where its first session has begun already,
 * tells the case that nothing is.
 */
export function bookForCase(course: Course, round: number, now: Temporal.Instant): CourseDecision {
  if (course.closed || round < course.round) return unchanged(course);
  const { hold } = course;
  const lapsed = { type: "CourseHoldLapsed", round, reason: "NOT_HELD" } as const;
  if (course.state === "HELD" && hold !== undefined && hold.round === round) {
    if (!beginsBefore(hold, now)) return book(course, hold, now);
    return { state: { ...course, state: "LAPSED" }, events: [lapsed] };
  }
  const booked = course.state === "BOOKED" || isTreated(course);
  if (booked && hold?.round === round) return unchanged(course);
  return { state: { ...course, round }, events: [lapsed] };
}

/**
 * Books a hold of the hub's own patient. Fails with COURSE_OF_REFERRAL, and with COURSE_NOT_HELD also where its first
 * session has begun.
 */
export function bookForHub(course: Course, now: Temporal.Instant): CourseDecision {
  requireOwn(course);
  const { hold } = course;
  if (course.state !== "HELD" || hold === undefined) {
    throw refusal("COURSE_NOT_HELD", { state: course.state });
  }
  if (beginsBefore(hold, now)) {
    const facts = { state: course.state, first_date: hold.firstDate.toString() };
    throw refusal("COURSE_NOT_HELD", facts);
  }
  return book(course, hold, now);
}

/** Gives back what the hub's own patient holds. Fails with COURSE_OF_REFERRAL, COURSE_STARTED or COURSE_NOT_HELD. */
export function releaseForHub(course: Course, reason: string): CourseDecision {
  requireOwn(course);
  if (isTreated(course)) throw refusal("COURSE_STARTED", { state: course.state });
  if (!keepsCapacity(course)) throw refusal("COURSE_NOT_HELD", { state: course.state });
  return release(course, { round: course.round, reason });
}

/** Gives up a hold past its release time for another course; a hold that is not, or is booked, stays. */
export function takeLapsedHold(course: Course, now: Temporal.Instant): CourseDecision {
  const { hold } = course;
  if (course.state !== "HELD" || hold === undefined) return unchanged(course);
  if (Temporal.Instant.compare(now, hold.releaseAt) < 0) return unchanged(course);
  const state: Course = { ...course, state: "LAPSED" };
  return { state, events: [{ type: "CourseHoldLapsed", round: hold.round, reason: "TAKEN" }] };
}

/** Gives back hold, booking or place in the list before treatment, with the round and the reason as they were asked. */
export function release(course: Course, asked: { round: number; reason: string }): CourseDecision {
  const { waiting: _, ...rest } = course;
  const state: Course = { ...rest, state: "RELEASED", round: asked.round };
  return { state, events: [{ type: "CourseReleased", ...asked }] };
}

/** Whether treatment has begun. */
export function isTreated(course: Course): boolean {
  return isUnderTreatment(course) || course.state === "ENDED";
}

/** Whether treatment has begun and is not over; it may be interrupted. */
export function isUnderTreatment({ state }: Course): boolean {
  return state === "IN_TREATMENT" || state === "INTERRUPTED";
}

/** Nothing follows. */
export function unchanged(course: Course): CourseDecision {
  return { state: course, events: [] };
}

function book(course: Course, hold: Hold, bookedAt: Temporal.Instant): CourseDecision {
  const { round, firstDate, lastDate, certificate } = hold;
  return {
    state: { ...course, state: "BOOKED", bookedAt },
    events: [
      { type: "CourseBooked", round, firstDate, lastDate, certificateHash: certificate.hash },
    ],
  };
}

function requireOwn({ sendingParty }: Course): void {
  if (sendingParty !== undefined)
    throw refusal("COURSE_OF_REFERRAL", { sending_party: sendingParty });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
