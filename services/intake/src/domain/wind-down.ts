import type { CourseOutcome } from "./case-terms.ts";
import {
  type CaseFacts,
  currentRound,
  guaranteeInForce,
  isOpen,
  isSent,
  roundOf,
} from "./facts.ts";
import type { Request } from "./requests.ts";

/**
 * What is to be given back: whatever an answer took too late, and, once a case is being stopped or its course is over,
 * everything. The course comes first; only its answer says which way the seat goes and whether there is a charge.
 */
export function windDown(facts: CaseFacts): readonly Request[] {
  const reason = endReason(facts);
  const late = lateRounds(facts).map(
    (round): Request => ({ kind: "CourseStopRequested", round, reason }),
  );
  if (isOpen(facts)) return late;
  if (!isCourseClear(facts)) {
    return isCurrentCourseClear(facts)
      ? late
      : [...late, { kind: "CourseStopRequested", round: facts.round, reason }];
  }
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

function isCourseClear(facts: CaseFacts): boolean {
  return facts.ended !== undefined || (isCurrentCourseClear(facts) && !lateRounds(facts).length);
}

function isCurrentCourseClear(facts: CaseFacts): boolean {
  if (facts.ended !== undefined || !isSent(facts, "CourseRequested", facts.round)) return true;
  const { hold, isHoldLate, lapsed, unavailable, released } = currentRound(facts);
  if (released !== undefined) return true;
  if (lapsed !== undefined || isHoldLate === true) return isHoldLate !== true;
  return hold === undefined && unavailable?.waitlisted === false;
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
  return guaranteeInForce(facts) === undefined && roundOf(facts, round).estimateEnd !== undefined;
}

function accountRequests(facts: CaseFacts, reason: string): Request[] {
  const round = accountRound(facts);
  if (isAccountClear(facts) || round === undefined) return [];
  const { ended, guarantee } = facts;
  if (ended === undefined || !isChargeable(facts)) {
    return [{ kind: "AccountStopRequested", round, reason }];
  }
  return [{ kind: "ChargesRequested", round: guarantee?.round ?? round, ...ended }];
}

/** A closed case charges nothing any more: what comes later can only be given back. */
function isChargeable(facts: CaseFacts): boolean {
  return isTreated(facts) && facts.closed === undefined;
}

/** The last round in which billing was asked for anything, or told of a guarantee. */
function accountRound(facts: CaseFacts): number | undefined {
  const rounds = Array.from({ length: facts.round }, (_, index) => facts.round - index);
  const asked = rounds.find((round) => isSent(facts, "EstimateRequested", round));
  return (
    asked ??
    rounds.find((round) => roundOf(facts, round).estimate !== undefined) ??
    facts.guarantee?.round
  );
}
