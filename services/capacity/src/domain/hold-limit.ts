/*
 * How much may be held, and for how long. Without bounds one party could hold a hub's whole year for nothing, and a hub
 * could keep its own patients' time from everybody by extending holds for ever.
 */

import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays, deadlineInstant } from "@carehub/calendar/deadline";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Course, CourseDecision } from "./course.ts";
import { type AnswerBy, beginsBefore, releaseOf } from "./hold.ts";
import type { HubDocument } from "./hub.ts";
import type { CapacityReason } from "./reasons.ts";
import type { Unavailable } from "./unavailable.ts";

/** How many holds of its own patients a hub may have at once. */
export const ownHoldsMax = 2_000;

/** How many a sending party may have at a hub at once, where the hub does not say. */
export const partyHoldsMaxUsual = 50;

/** How often a hold may be extended. */
export const extensionsMax = 2;

/** By how many working days in all. */
export const extensionDaysMax = 10;

/** How many live holds a sending party may have at the hub. */
export function partyHoldsMaxOf({ partyHoldsMax }: HubDocument): number {
  return partyHoldsMax ?? partyHoldsMaxUsual;
}

/** What a hold of a party at a hub locks, so that its holds are counted one after the other. */
export function partyLockName(hub: string, sendingParty: string): string {
  return `${sendingParty}@${hub}`;
}

/** The refusal where a party has as many holds as it may; the first of them ends at that time at the latest. */
export function limitReached(
  hub: string,
  { now, until }: { readonly now: Temporal.Instant; readonly until: Temporal.Instant },
): Unavailable {
  const blocker = { kind: "HOLD_LIMIT", resource: hub, sessionNumber: 0 } as const;
  return {
    reason: "HOLD_LIMIT_REACHED",
    blockers: [{ ...blocker, startAt: now, endAt: until }],
    openings: [],
  };
}

/**
 * Keeps a hold of the hub's own patient by so many working days longer. Fails with COURSE_OF_REFERRAL, COURSE_NOT_HELD,
 * and HOLD_EXTENSION_LIMIT past the number of extensions, their days in all, or the beginning of the course.
 */
export function extendHold(
  course: Course,
  workingDays: number,
  now: Temporal.Instant,
): CourseDecision {
  const { sendingParty, state, hold, round, extensions = [] } = course;
  if (sendingParty !== undefined) {
    throw refusal("COURSE_OF_REFERRAL", { sending_party: sendingParty });
  }
  if (state !== "HELD" || hold === undefined || beginsBefore(hold, now)) {
    throw refusal("COURSE_NOT_HELD", { state });
  }
  const days = extensions.reduce((sum, part) => sum + part, 0);
  const facts = { extensions: String(extensions.length), working_days: String(days) };
  if (extensions.length >= extensionsMax) {
    throw refusal("HOLD_EXTENSION_LIMIT", { limit: "EXTENSIONS", ...facts });
  }
  if (days + workingDays > extensionDaysMax) {
    throw refusal("HOLD_EXTENSION_LIMIT", { limit: "WORKING_DAYS", ...facts });
  }
  const answerBy = laterAnswer(hold.answerBy, workingDays, now);
  const releaseAt = releaseOf(answerBy);
  if (beginsBefore(hold, releaseAt)) {
    const first = { first_date: hold.firstDate.toString() };
    throw refusal("HOLD_EXTENSION_LIMIT", { limit: "FIRST_SESSION", ...facts, ...first });
  }
  const extended = { ...hold, answerBy, releaseAt };
  return {
    state: { ...course, hold: extended, extensions: [...extensions, workingDays] },
    events: [{ type: "CourseHeld", round, hold: extended }],
  };
}

// A hold past its time that nobody took is kept from today on.
function laterAnswer(answerBy: AnswerBy, days: number, now: Temporal.Instant): AnswerBy {
  const { answerTime, onDate } = answerBy;
  const { calendars } = answerTime;
  const zone = zoneOf(must(calendars[0], "an answer time names a calendar"));
  const today = now.toZonedDateTimeISO(zone).toPlainDate();
  const from = Temporal.PlainDate.compare(onDate, today) < 0 ? today : onDate;
  const deadline = addWorkingDays({ calendars, from, days });
  return {
    onDate: deadline.date,
    expiresAt: deadlineInstant(deadline, zone),
    answerTime,
    calendarVersion: deadline.version,
    estimated: deadline.estimated || answerBy.estimated,
  };
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
