import { type CaseFacts, currentRound, guaranteeInForce, isSent, roundOf } from "./facts.ts";

/**
 * Whether the guarantee in force lets the current round's course be booked: it was given on this round's
 * estimate, or the estimate's total and the course's dates stay inside what an earlier one promised.
 */
export function isCovered(facts: CaseFacts): boolean {
  const guarantee = guaranteeInForce(facts);
  const { hold, estimate, estimateEnd } = currentRound(facts);
  if (guarantee === undefined || hold === undefined) return false;
  if (guarantee.round === facts.round) return true;
  if (estimate === undefined || estimateEnd !== undefined) return false;
  const { cap } = guarantee;
  return (
    estimate.total.currency === cap.currency &&
    estimate.total.amountMinor <= cap.amountMinor &&
    isNotAfter(guarantee.firstDate, hold.firstDate) &&
    isNotAfter(hold.lastDate, guarantee.lastDate) &&
    isNotAfter(hold.lastDate, guarantee.validUntil)
  );
}

/**
 * Whether a payer's word is what the current round's course waits for. Under a guarantee in force it is not, until
 * billing is asked for a price that may outgrow it.
 */
export function awaitsPayer(facts: CaseFacts): boolean {
  if (isCovered(facts)) return false;
  return unansweredEstimate(facts) !== undefined || guaranteeInForce(facts) === undefined;
}

/** The round of the estimate that a payer may have answered unheard: asked of billing, with neither end nor guarantee. */
export function unansweredEstimate(facts: CaseFacts): number | undefined {
  const round = lastAsked(facts);
  if (round === undefined || (facts.guarantee?.round ?? 0) >= round) return undefined;
  return roundOf(facts, round).estimateEnd === undefined ? round : undefined;
}

/** The last round that billing was asked to price. */
export function lastAsked(facts: CaseFacts): number | undefined {
  for (let round = facts.round; round > 0; round -= 1) {
    if (isSent(facts, "EstimateRequested", round)) return round;
  }
  return undefined;
}

function isNotAfter(first: Temporal.PlainDate, second: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(first, second) <= 0;
}
