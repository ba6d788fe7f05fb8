import type { StopReason } from "./case-terms.ts";
import { awaitsPayer, isCovered } from "./coverage.ts";
import {
  type CaseFacts,
  countLost,
  currentRound,
  guaranteeInForce,
  isOpen,
  lostRoundsMax,
  type Round,
  roundOf,
} from "./facts.ts";
import { isCurrentCourseClear } from "./wind-down.ts";

/**
 * What follows from the facts without anybody's asking: the case is stopped, or its next round begins. At most one of
 * them, and none for a case that is being stopped or is over.
 */
export function followUp(facts: CaseFacts): CaseFacts {
  if (!isOpen(facts)) return facts;
  const reason = stopReasonOf(facts);
  if (reason !== undefined) return { ...facts, stop: { reason } };
  return isRoundOver(facts) ? { ...facts, round: facts.round + 1 } : facts;
}

function stopReasonOf(facts: CaseFacts): StopReason | undefined {
  // A treatment that has begun is stopped by people only: a stop that the hub declined would come again at once.
  if (facts.startedOn !== undefined) return undefined;
  if (facts.entitlement.refused !== undefined) return "ENTITLEMENT_REFUSED";
  if (roundOf(facts, facts.round).isGivenBack === true) return stopReasonGivenBack(facts);
  const { hold, unavailable, released, booked, estimateEnd } = currentRound(facts);
  if (released !== undefined) return releaseReason(released.reason);
  if (booked === undefined && estimateEnd !== undefined && !isCovered(facts)) {
    // Where nobody asked to withdraw, billing cannot price the course, and says so in this way.
    return isUnanswered(estimateEnd) ? "ANSWER_OVERDUE" : "ESTIMATE_DECLINED";
  }
  if (hold === undefined && unavailable?.waitlisted === false) return "COURSE_UNAVAILABLE";
  const lost = countLost(facts, { first: 1, last: facts.round });
  return isRoundOver(facts) && lost >= lostRoundsMax ? "COURSE_UNAVAILABLE" : undefined;
}

/** Billing was asked after the payer's time, and no guarantee was given in it. */
function isUnanswered({ how, reason }: NonNullable<Round["estimateEnd"]>): boolean {
  return how === "WITHDRAWN" && reason === "ANSWER_OVERDUE";
}

/** Of a round that is given back only what says that there will be no other: what it took is of no use any more. */
function stopReasonGivenBack(facts: CaseFacts): StopReason | undefined {
  const { released, estimateEnd } = roundOf(facts, facts.round);
  const reason = released === undefined ? undefined : releaseReason(released.reason);
  if (reason === "DECEASED" || reason === "CONSENT_WITHDRAWN") return reason;
  const isDeclined = estimateEnd?.how === "DECLINED" && guaranteeInForce(facts) === undefined;
  return isDeclined ? "ESTIMATE_DECLINED" : undefined;
}

/**
 * A hold that another took past its release time opens the next round only under a guarantee: it may still come, given
 * in time, behind this news, and else the payer's time is over. A hold lost for any other reason opens it at once, and a
 * round that was given back once the case is resumed and capacity has answered: treatment may have begun before it heard.
 */
function isRoundOver(facts: CaseFacts): boolean {
  if (roundOf(facts, facts.round).isGivenBack === true) {
    return facts.deferred === undefined && isCurrentCourseClear(facts);
  }
  const { lapsed, booked } = currentRound(facts);
  if (lapsed === undefined || booked !== undefined) return false;
  return lapsed.reason !== "TAKEN" || !awaitsPayer(facts);
}

/** A course that capacity gave back of itself; the hub said why. */
function releaseReason(reason: string): StopReason {
  switch (reason) {
    case "NO_SHOW":
    case "DECEASED":
    case "CONSENT_WITHDRAWN":
      return reason;
    default:
      return "COURSE_UNAVAILABLE";
  }
}
