import { assert } from "@carehub/rules/fault";
import { type Money, requireCurrency } from "./money.ts";
import { divideRounded, type RoundingMode } from "./rounding.ts";

const basisPointsOfWhole = 10_000n;

/** So many basis points of an amount: 250 of 1,000.00 is 25.00. */
export function takeBasisPoints(money: Money, basisPoints: bigint, mode: RoundingMode): Money {
  const amountMinor = divideRounded(money.amountMinor * basisPoints, basisPointsOfWhole, mode);
  return { amountMinor, currency: money.currency };
}

/**
 * Whether the part is at least so many basis points of a whole above zero; exact, nothing is
 * rounded.
 */
export function coversBasisPoints(part: Money, whole: Money, basisPoints: bigint): boolean {
  requireCurrency(part, whole.currency);
  assert(whole.amountMinor > 0n, "a share is taken of an amount above zero");
  return part.amountMinor * basisPointsOfWhole >= whole.amountMinor * basisPoints;
}
