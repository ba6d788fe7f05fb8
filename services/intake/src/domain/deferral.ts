import { requireAllowed } from "./actions.ts";
import { endOfDay } from "./dues.ts";
import { type Acceptance, type CaseFacts, isSent, withRound } from "./facts.ts";
import { requireDates } from "./plan-dates.ts";
import { progress } from "./progress.ts";
import { carryOn, type Referral, type ReferralDecision } from "./referral.ts";
import { dateAt, hubDateAt } from "./triage.ts";

const resumeDays = 90;

/**
 * Says that the patient cannot travel for now. The course of the round is given back, seat and guarantee stay, and no
 * time runs but the one to resume; treatment that has begun before capacity hears of it makes it void.
 */
export function deferReferral(
  referral: Referral,
  { reason, now }: { reason: string; now: Temporal.Instant },
): ReferralDecision {
  const { facts } = referral;
  requireAllowed(facts, "DeferReferral", now);
  const deferral = { reason, resumeBy: endOfDay(hubDateAt(now), resumeDays) };
  const deferred = { ...givenBack(facts), deferred: deferral };
  return carryOn(referral, progress(deferred, [{ kind: "ReferralDeferred", deferral }], now));
}

/** A round in which nothing was asked of capacity took nothing, and goes on after the deferral. */
function givenBack(facts: CaseFacts): CaseFacts {
  const { round } = facts;
  const isAsked = isSent(facts, "CourseRequested", round);
  return isAsked ? withRound(facts, round, { isGivenBack: true }) : facts;
}

/**
 * Says that the patient can travel again, between new dates; without a last one there are as many days between them as
 * the hub proposed at first. The next round begins once capacity has answered that the course of the last is given back.
 */
export function resumeReferral(
  referral: Referral,
  { readyDate, dueDate, now }: Resume,
): ReferralDecision {
  const { deferred: _, ...facts } = referral.facts;
  requireAllowed(referral.facts, "ResumeReferral", now);
  if (facts.acceptance === undefined) return { state: referral, events: [] };
  const { plan, spanDays } = movedTo(facts.acceptance, { readyDate, dueDate });
  requireDates(plan, dateAt(facts.submission.sendingParty, now));
  const told = { kind: "ReferralResumed", readyDate, dueDate: plan.dueDate } as const;
  const resumed = { ...facts, acceptance: { plan, spanDays } };
  return carryOn(referral, progress(resumed, [told], now));
}

/** From when, and until when at most, the course may start. */
export type Resume = {
  readonly readyDate: Temporal.PlainDate;
  readonly dueDate: Temporal.PlainDate | undefined;
  readonly now: Temporal.Instant;
};

function movedTo(
  { plan, spanDays }: Acceptance,
  { readyDate, dueDate }: Pick<Resume, "readyDate" | "dueDate">,
): Required<Acceptance> {
  const days = spanDays ?? plan.readyDate.until(plan.dueDate).days;
  const moved = { ...plan, readyDate, dueDate: dueDate ?? readyDate.add({ days }) };
  return { plan: moved, spanDays: days };
}
