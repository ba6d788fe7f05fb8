import type { CourseOutcome } from "./case-terms.ts";
import { lastAsked } from "./coverage.ts";
import {
  type CaseFacts,
  countLost,
  guaranteeInForce,
  isOpen,
  isSent,
  isWaiting,
  lostUnderGuaranteeMax,
  roundOf,
  standingGuarantee,
} from "./facts.ts";
import type { Request, StopRequest } from "./requests.ts";

/**
 * What is to be given back: whatever an answer took too late; what a deferral or a waiting case does not need; and, once
 * a case is being stopped or its course is over, everything. The course comes first; only its answer says which way the
 * seat goes and whether there is a charge.
 */
export function windDown(facts: CaseFacts): readonly Request[] {
  const reason = endReason(facts);
  const late = lateRounds(facts).map(
    (round): Request => ({ kind: "CourseStopRequested", round, reason }),
  );
  const isGivenBack = roundOf(facts, facts.round).isGivenBack === true;
  const course = isCurrentCourseClear(facts) ? [] : [courseStop(facts, isGivenBack)];
  if (isOpen(facts)) return [...late, ...(isGivenBack ? course : []), ...releaseRequests(facts)];
  if (!isCourseClear(facts)) return [...late, ...course];
  return [...seatRequests(facts, reason), ...accountRequests(facts, reason)];
}

/** Whether nothing is held any more: no course, no seat, no estimate, no guarantee without its charge. */
export function isAllClear(facts: CaseFacts): boolean {
  return isCourseClear(facts) && isSeatClear(facts) && isAccountClear(facts);
}

/** Whether the patient got some of the treatment: then the seat is used up and there is a charge. */
export function isTreated({ ended }: CaseFacts): boolean {
  return ended !== undefined && (ended.outcome === "COMPLETED" || ended.deliveredItems.length > 0);
}

/** Why a case ends, as a code: how its course ended, or why it was stopped. */
export function endReason(facts: CaseFacts): string {
  if (facts.ended !== undefined && facts.ended.outcome !== "STOPPED") {
    return facts.ended.outcome satisfies CourseOutcome;
  }
  return facts.stop?.reason ?? facts.ended?.outcome ?? "LATE_ANSWER";
}

/** Whether capacity keeps nothing of the current round, as far as it has told. */
export function isCurrentCourseClear(facts: CaseFacts): boolean {
  if (facts.ended !== undefined || !isSent(facts, "CourseRequested", facts.round)) return true;
  const { hold, isHoldLate, lapsed, unavailable, released } = roundOf(facts, facts.round);
  if (released !== undefined) return true;
  if (lapsed !== undefined || isHoldLate === true) return isHoldLate !== true;
  return hold === undefined && unavailable?.waitlisted === false;
}

/** A deferral asks once, whatever stops the case after it: capacity answers, or treatment has begun and makes it void. */
function courseStop(facts: CaseFacts, isGivenBack: boolean): StopRequest {
  const { round, declinedStops = 0 } = facts;
  const kind = "CourseStopRequested";
  if (isGivenBack) return { kind, round, reason: "DEFERRED", part: "DEFERRED" };
  const reason = endReason(facts);
  if (declinedStops === 0) return { kind, round, reason };
  return { kind, round, reason, part: `${declinedStops + 1}` };
}

function isCourseClear(facts: CaseFacts): boolean {
  return facts.ended !== undefined || (isCurrentCourseClear(facts) && !lateRounds(facts).length);
}

/** The rounds in which a course was taken that can no longer be used. */
function lateRounds(facts: CaseFacts): number[] {
  if (facts.ended !== undefined) return [];
  return Object.keys(facts.rounds)
    .map(Number)
    .filter((round) => {
      const { isHoldLate, released } = roundOf(facts, round);
      return isHoldLate === true && released === undefined;
    });
}

function isSeatClear({ seat, entitlement }: CaseFacts): boolean {
  if (seat === "CONSUMED" || seat === "RELEASED") return true;
  return entitlement.refused !== undefined && entitlement.granted === undefined;
}

function seatRequests(facts: CaseFacts, reason: string): Request[] {
  if (isSeatClear(facts)) return [];
  const move = isTreated(facts) ? "CONSUME" : "RELEASE";
  return [{ kind: "SeatRequested", round: facts.round, move, reason }];
}

function isAccountClear(facts: CaseFacts): boolean {
  if (facts.invoice !== undefined || facts.isAccountStopped) return true;
  if (isChargeable(facts)) return false;
  const round = accountRound(facts);
  if (round === undefined) return true;
  return standingGuarantee(facts) === undefined && roundOf(facts, round).estimateEnd !== undefined;
}

function accountRequests(facts: CaseFacts, reason: string): Request[] {
  const round = accountRound(facts);
  if (isAccountClear(facts) || round === undefined) return [];
  const { ended } = facts;
  if (ended === undefined || !isChargeable(facts)) {
    return [{ kind: "AccountStopRequested", round, reason }];
  }
  return [{ kind: "ChargesRequested", round, ...ended }];
}

/** A course that waits binds no money, and a guarantee under which two were lost binds its payer no longer. */
function releaseRequests(facts: CaseFacts): Request[] {
  const round = accountRound(facts);
  if (round === undefined || facts.deferred !== undefined) return [];
  const guarantee = guaranteeInForce(facts);
  // One that stands and is not in force is being released already.
  if (guarantee === undefined && standingGuarantee(facts) !== undefined) return [];
  const kind = "AccountStopRequested";
  const part = "RELEASE";
  if (isWaiting(facts)) {
    const isAsked = isSent(facts, "EstimateRequested", round) && facts.guarantee?.round !== round;
    const isOpenEstimate = isAsked && roundOf(facts, round).estimateEnd === undefined;
    const isBound = guarantee !== undefined || isOpenEstimate;
    return isBound ? [{ kind, round, reason: "WAITLISTED", part }] : [];
  }
  if (guarantee === undefined) return [];
  const first = guarantee.firstRound ?? guarantee.round;
  const lost = countLost(facts, { first, last: facts.round - 1 });
  return lost < lostUnderGuaranteeMax ? [] : [{ kind, round, reason: "ROUNDS_USED_UP", part }];
}

/** A closed case charges nothing any more: what comes later can only be given back. */
function isChargeable(facts: CaseFacts): boolean {
  return isTreated(facts) && facts.closed === undefined;
}

/** The last round in which billing was asked for anything, or told of a guarantee. */
function accountRound(facts: CaseFacts): number | undefined {
  const rounds = Array.from({ length: facts.round }, (_, index) => facts.round - index);
  return (
    lastAsked(facts) ??
    rounds.find((round) => roundOf(facts, round).estimate !== undefined) ??
    facts.guarantee?.round
  );
}
