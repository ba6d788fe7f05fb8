import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import { type CurrencyCode, minorUnitsPerUnit } from "./currency.ts";
import type { Money } from "./money.ts";
import { divideWithRemainder, type Fraction, type RoundingMode } from "./rounding.ts";

/** A published rate: `nominal` units of `base` are worth `rate` / 10^`scale` units of `quote`. */
export type ExchangeRate = {
  readonly base: CurrencyCode;
  readonly quote: CurrencyCode;
  /** Above zero; with `scale`, 8242135 and 5 stand for 82.42135. */
  readonly rate: bigint;
  readonly scale: number;
  /** Above zero; a central bank may quote 10 or 100 units at once. */
  readonly nominal: bigint;
  /** The day for which the source published it. */
  readonly date: Temporal.PlainDate;
  /** Who published it, for example `nationalbank.kz`. */
  readonly source: string;
};

/** Which way a rate was applied: multiplied, or divided by. */
export type ExchangeDirection = "BASE_TO_QUOTE" | "QUOTE_TO_BASE";

/** An amount in the other currency, with what rounding took away. */
export type Conversion = {
  readonly converted: Money;
  readonly direction: ExchangeDirection;
  /** Exact value minus converted amount, in minor units of the converted currency. */
  readonly roundingRemainder: Fraction;
};

/**
 * Converts base to quote, or quote back to base, by the rate's own currencies; an amount in a third
 * currency fails with CURRENCY_MISMATCH. Rounds once, at the end.
 */
export function convertMoney(money: Money, rate: ExchangeRate, mode: RoundingMode): Conversion {
  assert(rate.rate > 0n && rate.nominal > 0n, "a rate and its nominal are above zero");
  assert(rate.base !== rate.quote, "no currency is exchanged to itself");
  assert(Number.isInteger(rate.scale) && rate.scale >= 0, "a scale is a count of digits");
  const direction = directionOf(money, rate);
  const quoteSide = rate.rate * minorUnitsPerUnit(rate.quote);
  const baseSide = rate.nominal * 10n ** BigInt(rate.scale) * minorUnitsPerUnit(rate.base);
  const isForward = direction === "BASE_TO_QUOTE";
  const { quotient, remainder } = divideWithRemainder(
    money.amountMinor * (isForward ? quoteSide : baseSide),
    isForward ? baseSide : quoteSide,
    mode,
  );
  const converted = { amountMinor: quotient, currency: isForward ? rate.quote : rate.base };
  return { converted, direction, roundingRemainder: remainder };
}

function directionOf(money: Money, { base, quote }: ExchangeRate): ExchangeDirection {
  if (money.currency === base) return "BASE_TO_QUOTE";
  if (money.currency === quote) return "QUOTE_TO_BASE";
  throw new DomainError("CURRENCY_MISMATCH", {
    expected: `${base} or ${quote}`,
    found: money.currency,
  });
}
