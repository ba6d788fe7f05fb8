import type { StopReason } from "./case-terms.ts";
import { isCovered } from "./coverage.ts";
import { type CaseFacts, currentRound, isOpen, roundsMax } from "./facts.ts";

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
  const { hold, unavailable, released, booked, estimateEnd } = currentRound(facts);
  if (facts.entitlement.refused !== undefined) return "ENTITLEMENT_REFUSED";
  if (released !== undefined) return releaseReason(released.reason);
  if (booked === undefined && estimateEnd !== undefined && !isCovered(facts)) {
    // Of an open case nobody asked to withdraw: billing cannot price the course, and says so in this way.
    return "ESTIMATE_DECLINED";
  }
  if (hold === undefined && unavailable?.waitlisted === false) return "COURSE_UNAVAILABLE";
  return isRoundOver(facts) && facts.round >= roundsMax ? "COURSE_UNAVAILABLE" : undefined;
}

/**
 * A hold that another took past its release time opens the next round only under a guarantee: it may still come, given
 * in time, behind this news, and else the payer's time is over. A hold lost for any other reason opens it at once.
 */
function isRoundOver(facts: CaseFacts): boolean {
  const { lapsed, booked } = currentRound(facts);
  if (lapsed === undefined || booked !== undefined) return false;
  return lapsed.reason !== "TAKEN" || isCovered(facts);
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
