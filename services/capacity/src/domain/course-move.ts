import { DomainError } from "@carehub/rules/domain-error";
import { invalidField } from "@carehub/rules/ids";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { Course, CourseDecision, RecordedSession } from "./course.ts";
import { type Begun, continuing, createDemand, type Demand, type TimedHub } from "./demand.ts";
import type { HeldSession, Hold } from "./hold.ts";
import { type Minute, minuteOfInstant } from "./hub-time.ts";
import type { CapacityReason } from "./reasons.ts";
import { weekOfDay } from "./urgent-reserve.ts";

const minutesOfDay = 1440;

/** The days on which a course, or the rest of it, may begin. */
export type MoveWindow = {
  readonly notBeforeDate: Temporal.PlainDate;
  readonly notAfterDate: Temporal.PlainDate;
};

/** When and where a session was to be, and is to be now; absent when it is new, or dropped. */
export type SessionChange = {
  readonly number: number;
  readonly from?: SessionPlace;
  readonly to?: SessionPlace;
};

/** The site by its full name. */
export type SessionPlace = { readonly start: Minute; readonly site: string };

/** A course's plan from now on, and how it differs from the one before. */
export type Moved = { readonly hold: Hold; readonly changes: readonly SessionChange[] };

/**
 * Passes a course whose times may change to that window: one that is held, booked or in treatment, a referral's before
 * treatment only between the dates of its plan. Fails with COURSE_NOT_MOVABLE, MOVE_BEYOND_PLAN and INVALID_FIELD.
 */
export function requireMovable(course: Course, window: MoveWindow): void {
  const { state, sendingParty, plan } = course;
  if (state !== "HELD" && state !== "BOOKED" && state !== "IN_TREATMENT") {
    throw refusal("COURSE_NOT_MOVABLE", { state });
  }
  const { notBeforeDate, notAfterDate } = window;
  if (Temporal.PlainDate.compare(notBeforeDate, notAfterDate) > 0) {
    throw invalidField("not_after_date", "lies before the first date");
  }
  if (sendingParty === undefined || plan === undefined || state === "IN_TREATMENT") return;
  const { readyDate, dueDate } = plan;
  const isWithin =
    Temporal.PlainDate.compare(readyDate, notBeforeDate) <= 0 &&
    Temporal.PlainDate.compare(notAfterDate, dueDate) <= 0;
  if (isWithin) return;
  const dates = { ready_date: readyDate.toString(), due_date: dueDate.toString() };
  throw refusal("MOVE_BEYOND_PLAN", dates);
}

/** Gives a course its new plan; the very same plan changes nothing. */
export function moveCourse(course: Course, reason: string, moved: Moved): CourseDecision {
  if (course.hold !== undefined && isSamePlan(course.hold, moved.hold)) {
    return { state: course, events: [] };
  }
  const { hold } = moved;
  const { round } = hold;
  return {
    state: { ...course, hold },
    events: [{ type: "CourseMoved", round, reason, ...moved }],
  };
}

/** What of a treatment stays as it was planned, and what the rest of it follows. */
export type Remaining = {
  readonly kept: readonly HeldSession[];
  /** Undefined where no session has taken place yet. */
  readonly begun: Begun | undefined;
  /** The number of the first session that is planned anew: past all that were ever recorded or missed. */
  readonly nextNumber: number;
};

/**
 * Divides a treatment into what took place and what is left. Fails with SESSIONS_NOT_RECORDED where a session is past of
 * which nobody said whether it took place: it would be planned a second time.
 */
export function remainingOf(course: Course, now: Temporal.Instant): Remaining {
  const { hold, recorded, missed = [] } = course;
  const sessions = hold?.sessions ?? [];
  const known = new Set([...recorded, ...missed].map(({ number }) => number));
  const minute = minuteOfInstant(now);
  const unsaid = sessions.filter(({ number, start }) => !known.has(number) && start < minute);
  if (unsaid.length > 0) {
    const numbers = unsaid.map(({ number }) => number).join(",");
    throw refusal("SESSIONS_NOT_RECORDED", { state: course.state, numbers });
  }
  const given = new Set(recorded.map(({ number }) => number));
  return {
    kept: sessions.filter(({ number }) => given.has(number)),
    begun: begunOf(recorded, sessions),
    nextNumber: Math.max(0, ...known) + 1,
  };
}

/**
 * What is left to be placed of a treatment, beginning in that window. Fails with COURSE_NOT_MOVABLE where nothing is, and
 * as `createDemand` does.
 */
export function demandOfRest(
  course: Course,
  hub: TimedHub,
  { window, begun, now }: { window: MoveWindow; begun: Begun | undefined; now: Temporal.Instant },
): Demand {
  const whole = demandWithin(course, hub, { window, now });
  if ((begun?.done ?? 0) >= whole.phases.length) {
    throw refusal("COURSE_NOT_MOVABLE", { state: course.state, remaining_sessions: "0" });
  }
  // Before its first session the beds are the patient's already, and the preparation is over.
  if (begun === undefined) return { ...whole, preparation: [], stays: [] };
  const sites = whole.siteGroups.flat();
  const [first = begun.last.site] = sites;
  // Where it was treated last may be none of its template's sites; what is left goes on at one that is.
  const site = sites.includes(begun.last.site) ? begun.last.site : first;
  return continuing(whole, { ...begun, last: { ...begun.last, site } });
}

/** The whole course, beginning in that window; fails as `createDemand` does. */
export function demandWithin(
  course: Course,
  hub: TimedHub,
  { window, now }: { readonly window: MoveWindow; readonly now: Temporal.Instant },
): Demand {
  const { plan } = course;
  if (plan === undefined) throw refusal("COURSE_NOT_MOVABLE", { state: course.state });
  const dates = { readyDate: window.notBeforeDate, dueDate: window.notAfterDate };
  return createDemand(hub, { ...plan, ...dates }, now);
}

/** One entry for each session that begins at another time or place, is new, or is no more; by number. */
export function changesBetween(
  before: readonly HeldSession[],
  after: readonly HeldSession[],
): SessionChange[] {
  const was = new Map(before.map((session) => [session.number, placeOf(session)]));
  const is = new Map(after.map((session) => [session.number, placeOf(session)]));
  return [...new Set([...was.keys(), ...is.keys()])]
    .toSorted((one, other) => one - other)
    .flatMap((number) => {
      const from = was.get(number);
      const to = is.get(number);
      if (from?.start === to?.start && from?.site === to?.site) return [];
      return [{ number, ...(from && { from }), ...(to && { to }) }];
    });
}

function placeOf({ start, site }: HeldSession): SessionPlace {
  return { start, site };
}

// Rows give back their fields in another order.
function isSamePlan(one: Hold, other: Hold): boolean {
  const textOf = ({ sessions, stays, preparation }: Hold) =>
    canonicalJson(JSON.parse(JSON.stringify([sessions, stays, preparation ?? []])) as Json);
  return textOf(one) === textOf(other);
}

function begunOf(
  recorded: readonly RecordedSession[],
  sessions: readonly HeldSession[],
): Begun | undefined {
  const byStart = recorded.toSorted((one, other) =>
    Temporal.Instant.compare(one.startAt, other.startAt),
  );
  const [first] = byStart;
  const last = byStart.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const site = last.site.slice(last.site.lastIndexOf("/") + 1);
  const phaseOf = new Map(sessions.map(({ number, phase }) => [number, phase]));
  const phases = byStart.map(({ number }) => phaseOf.get(number) ?? sessions.at(-1)?.phase ?? "");
  const dayOf = ({ startAt }: RecordedSession) =>
    Math.floor(minuteOfInstant(startAt) / minutesOfDay);
  const weekOf = (session: RecordedSession) => weekOfDay(dayOf(session));
  const ofDay = recorded.filter((session) => dayOf(session) === dayOf(last)).length;
  const ofWeek = recorded.filter((session) => weekOf(session) === weekOf(last)).length;
  return {
    done: recorded.length,
    ...{ phases, ofDay, ofWeek },
    last: { end: minuteOfInstant(last.endAt), site },
    firstStart: minuteOfInstant(first.startAt),
  };
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
