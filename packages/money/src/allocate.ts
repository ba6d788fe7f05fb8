import { assert } from "@carehub/rules/fault";
import type { Money } from "./money.ts";

/**
 * Splits an amount by integer weights so that the parts sum to it exactly. Each part is less than
 * one minor unit from its fair share; what is left goes to the largest remainders, among equal ones
 * to the first. A weight of zero gets nothing. No weights, or only zeros, is a bug.
 */
export function allocate(total: Money, weights: readonly bigint[]): readonly Money[] {
  assert(
    weights.every((weight) => weight >= 0n),
    "a weight is not negative",
  );
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0n);
  assert(weightSum > 0n, "an amount is split among at least one weight above zero");

  const sign = total.amountMinor < 0n ? -1n : 1n;
  const amount = total.amountMinor * sign;
  const shares = weights.map((weight, index) => ({
    index,
    share: (amount * weight) / weightSum,
    remainder: (amount * weight) % weightSum,
  }));
  const left = amount - shares.reduce((sum, { share }) => sum + share, 0n);
  const favoured = new Set(
    shares
      .toSorted((a, b) => compare(b.remainder, a.remainder) || a.index - b.index)
      .slice(0, Number(left))
      .map(({ index }) => index),
  );
  return shares.map(({ index, share }) => ({
    amountMinor: sign * (favoured.has(index) ? share + 1n : share),
    currency: total.currency,
  }));
}

function compare(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
