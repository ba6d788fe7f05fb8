import { zoneOf } from "@carehub/calendar/country";
import { awaitedAnswers } from "./awaited.ts";
import { isAwaitingInformation } from "./care-state.ts";
import type { StopReason } from "./case-terms.ts";
import { awaitsPayer, unansweredEstimate } from "./coverage.ts";
import { type CaseFacts, currentRound, isOpen, isWaiting, roundOf } from "./facts.ts";
import { hubCountry } from "./triage.ts";

/** A time at which a case is acted on without anybody's doing. */
export type CaseDue = { readonly kind: string; readonly dueAt: Temporal.Instant };

/** A time that stops the case when it passes. */
export type StopDue = CaseDue & {
  readonly reason: StopReason;
  /** The round whose estimate billing is asked to withdraw first, since its payer may have answered in time, unheard. */
  readonly estimateRound?: number;
};

/** The kind of the due row that reminds of a case that does not move; it stops nothing. */
export const reminderKind = "reminder";

const answerLimitHours = 48;
const reminderGapHours = 24;
const admissionLimitDays = 7;
const dischargeLimitDays = 30;
const promiseLimitDays = 1;

/** The times by which somebody has to act, or the case is stopped; none that has passed and billing is asked about. */
export function stopDues(facts: CaseFacts): readonly StopDue[] {
  return timesToAct(facts).filter(
    ({ estimateRound: round }) =>
      round === undefined || roundOf(facts, round).isAnswerOverdue !== true,
  );
}

/** While a case is deferred no other time runs. */
function timesToAct(facts: CaseFacts): readonly StopDue[] {
  if (!isOpen(facts)) return [];
  const { information, acceptance, triageBy, deferred } = facts;
  if (deferred !== undefined) {
    return [{ kind: "deferral", dueAt: deferred.resumeBy, reason: "DEFERRAL_OVERDUE" }];
  }
  const { hold, booked } = currentRound(facts);
  const dues: StopDue[] = [];
  if (information !== undefined && isAwaitingInformation(facts)) {
    const dueAt = information.answerBy.expireAt;
    dues.push({ kind: "information", dueAt, reason: "INFORMATION_OVERDUE" });
  } else if (acceptance === undefined) {
    dues.push({ kind: "triage", dueAt: triageBy.expireAt, reason: "TRIAGE_OVERDUE" });
  }
  if (hold !== undefined && booked === undefined && awaitsPayer(facts)) {
    const estimateRound = unansweredEstimate(facts);
    const due = { kind: "guarantee", dueAt: hold.releaseAt, reason: "ANSWER_OVERDUE" } as const;
    dues.push(estimateRound === undefined ? due : { ...due, estimateRound });
  }
  if (isWaiting(facts) && acceptance !== undefined) {
    const dueAt = endOfDay(acceptance.plan.dueDate, 0);
    dues.push({ kind: "waiting-list", dueAt, reason: "COURSE_UNAVAILABLE" });
  }
  if (booked !== undefined && facts.startedOn === undefined) {
    const dueAt = endOfDay(booked.lastDate, dischargeLimitDays);
    dues.push({ kind: "no-show", dueAt, reason: "NO_SHOW" });
  }
  return dues;
}

/**
 * The first time that has passed by `now`, for a command and the sweeper alike; undefined when none has. It stays passed
 * while billing is asked whether the payer answered.
 */
export function overdue(facts: CaseFacts, now: Temporal.Instant): StopDue | undefined {
  return timesToAct(facts)
    .filter(({ dueAt }) => Temporal.Instant.compare(dueAt, now) <= 0)
    .sort((one, other) => Temporal.Instant.compare(one.dueAt, other.dueAt))[0];
}

/**
 * Every due row of a case. The reminder says that a case waits longer than it should for another service or a hub's
 * records; once it was given it comes again every day.
 */
export function duesOf(facts: CaseFacts, now: Temporal.Instant): readonly CaseDue[] {
  const stops = stopDues(facts).map(({ kind, dueAt }) => ({ kind, dueAt }));
  const [first] = reminders(facts).sort(Temporal.Instant.compare);
  if (first === undefined) return stops;
  return [...stops, { kind: reminderKind, dueAt: nextReminder(first, now) }];
}

/** Whether the case has waited too long for something that does not stop it. */
export function isStuck(facts: CaseFacts, now: Temporal.Instant): boolean {
  return reminders(facts).some((dueAt) => Temporal.Instant.compare(dueAt, now) <= 0);
}

function reminders(facts: CaseFacts): Temporal.Instant[] {
  if (facts.closed !== undefined) return [];
  const dues = awaitedAnswers(facts).map(({ sentAt }) => sentAt.add({ hours: answerLimitHours }));
  if (!isOpen(facts)) return dues;
  const { pended, granted } = facts.entitlement;
  const { booked } = currentRound(facts);
  if (pended?.promisedDate !== undefined && granted === undefined) {
    dues.push(endOfDay(pended.promisedDate, promiseLimitDays));
  }
  if (booked !== undefined) {
    const isStarted = facts.startedOn !== undefined;
    const date = isStarted ? booked.lastDate : booked.firstDate;
    dues.push(endOfDay(date, isStarted ? dischargeLimitDays : admissionLimitDays));
  }
  return dues;
}

function nextReminder(first: Temporal.Instant, now: Temporal.Instant): Temporal.Instant {
  if (Temporal.Instant.compare(first, now) > 0) return first;
  const passed = first.until(now).total("hours");
  return first.add({ hours: (Math.floor(passed / reminderGapHours) + 1) * reminderGapHours });
}

/** The first instant after a day, and so many more, by the hub's clock. */
export function endOfDay(date: Temporal.PlainDate, days: number): Temporal.Instant {
  const next = date.add({ days: days + 1 });
  return next.toZonedDateTime(zoneOf(hubCountry)).toInstant();
}
