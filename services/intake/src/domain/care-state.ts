import type { CareState, SettlementState, StopReason } from "./case-terms.ts";
import { isCovered } from "./coverage.ts";
import {
  type CaseFacts,
  currentRound,
  guaranteeInForce,
  isWaiting,
  liveHold,
  roundOf,
  standingGuarantee,
} from "./facts.ts";
import { isTreated } from "./wind-down.ts";

/** Where the care of a case stands. It follows from the facts alone and is never set. */
export function careStateOf(facts: CaseFacts): CareState {
  if (facts.closed !== undefined) return facts.closed.careState;
  if (facts.ended !== undefined) return finalCareState(facts);
  if (facts.stop !== undefined) return "STOP_REQUESTED";
  if (facts.deferred !== undefined) return "DEFERRED";
  const { booked, estimate } = currentRound(facts);
  if (facts.startedOn !== undefined) {
    return facts.interruptedSince === undefined ? "IN_TREATMENT" : "INTERRUPTED";
  }
  if (booked !== undefined) return "BOOKED";
  if (isWaiting(facts)) return "WAITLISTED";
  const isBound = guaranteeInForce(facts) !== undefined;
  if (isBound && (estimate === undefined || isCovered(facts))) return "GUARANTEED";
  if (liveHold(facts) !== undefined) return "HELD";
  if (isAwaitingInformation(facts)) return "INFORMATION_REQUESTED";
  const { pended, granted } = facts.entitlement;
  if (pended !== undefined && granted === undefined) return "PENDED";
  return facts.acceptance === undefined ? "SUBMITTED" : "ACCEPTED";
}

/** The state in which a case that is over, or whose stop was asked for, comes to rest. */
export function finalCareState({ ended, stop }: CaseFacts): CareState {
  if (ended?.outcome === "COMPLETED") return "DISCHARGED";
  if (ended?.outcome === "DIED") return "DECEASED";
  if (stop?.reason === "DECEASED") return "DECEASED";
  if (ended !== undefined || stop === undefined) return "STOPPED";
  return careStateByReason[stop.reason];
}

/** Where the money of a case stands; it goes on after the case is closed. */
export function settlementStateOf(facts: CaseFacts): SettlementState {
  const { invoice } = facts;
  if (invoice !== undefined) {
    const { total, acceptedMinor, creditedMinor, contestedMinor } = invoice;
    if (invoice.isSettled) return "SETTLED";
    if (acceptedMinor + creditedMinor >= total.amountMinor) return "ACCEPTED";
    return contestedMinor > 0n ? "PART_CONTESTED" : "INVOICED";
  }
  if (facts.isAccountStopped && !isTreated(facts)) return "NONE";
  if (standingGuarantee(facts) !== undefined) return "GUARANTEED";
  return hasStandingEstimate(facts) ? "ESTIMATED" : "NONE";
}

/** Whether the hub waits for the ministry. */
export function isAwaitingInformation({ information, acceptance }: CaseFacts): boolean {
  return information !== undefined && !information.isProvided && acceptance === undefined;
}

function hasStandingEstimate(facts: CaseFacts): boolean {
  const { estimate, estimateEnd } = roundOf(facts, facts.round);
  return estimate !== undefined && estimateEnd === undefined;
}

const careStateByReason: Readonly<Record<StopReason, CareState>> = {
  CANCELLED: "CANCELLED",
  CONSENT_WITHDRAWN: "CANCELLED",
  DECEASED: "DECEASED",
  NO_SHOW: "NO_SHOW",
  REJECTED: "REJECTED",
  RETURNED: "RETURNED",
  REDIRECTED: "REDIRECTED",
  ENTITLEMENT_REFUSED: "REFUSED",
  ESTIMATE_DECLINED: "REFUSED",
  COURSE_UNAVAILABLE: "REFUSED",
  ANSWER_OVERDUE: "EXPIRED",
  DEFERRAL_OVERDUE: "EXPIRED",
  INFORMATION_OVERDUE: "EXPIRED",
  TRIAGE_OVERDUE: "EXPIRED",
};
