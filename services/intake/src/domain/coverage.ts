import { type CaseFacts, currentRound, guaranteeInForce } from "./facts.ts";

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

function isNotAfter(first: Temporal.PlainDate, second: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(first, second) <= 0;
}
