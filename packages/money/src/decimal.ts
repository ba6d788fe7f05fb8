import { DomainError } from "@carehub/rules/domain-error";
import { type CurrencyCode, currencies, minorUnitsPerUnit } from "./currency.ts";
import type { Money } from "./money.ts";

/** A decimal number as an integer over a power of ten: 82.42135 is 8242135 with scale 5. */
export type Decimal = { readonly unscaled: bigint; readonly scale: number };

const decimalPattern = /^(-?)(\d{1,30})(?:\.(\d{1,18}))?$/;

/**
 * Reads plain decimal text with a point, no sign `+`, no groups, no exponent. Anything else fails
 * with DECIMAL_MALFORMED; the text itself is not repeated, because it comes from outside.
 */
export function parseDecimal(text: string): Decimal {
  const [, sign, whole, fraction = ""] = decimalPattern.exec(text) ?? [];
  if (whole === undefined) throw new DomainError("DECIMAL_MALFORMED", { expected: "1234.56" });
  return { unscaled: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
}

/**
 * Reads an amount such as `1500000.00`. It may have fewer decimals than the currency, never more:
 * an amount that would have to be rounded fails with DECIMAL_TOO_PRECISE.
 */
export function parseMoney(text: string, currency: CurrencyCode): Money {
  const { unscaled, scale } = parseDecimal(text);
  const { minorDigits } = currencies[currency];
  if (scale > minorDigits) {
    throw new DomainError("DECIMAL_TOO_PRECISE", { currency, digitsMax: String(minorDigits) });
  }
  return { amountMinor: unscaled * 10n ** BigInt(minorDigits - scale), currency };
}

/**
 * Writes the amount with all decimals of its currency and no groups; `parseMoney` reads it back.
 */
export function formatAmount({ amountMinor, currency }: Money): string {
  const sign = amountMinor < 0n ? "-" : "";
  const magnitude = amountMinor < 0n ? -amountMinor : amountMinor;
  const { minorDigits } = currencies[currency];
  const unit = minorUnitsPerUnit(currency);
  if (minorDigits === 0) return `${sign}${magnitude}`;
  const fraction = String(magnitude % unit).padStart(minorDigits, "0");
  return `${sign}${magnitude / unit}.${fraction}`;
}

/** Writes the amount and its currency for people: `-8,242.14 INR`. */
export function formatMoney(money: Money): string {
  const [whole = "", fraction] = formatAmount(money).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === undefined ? "" : `.${fraction}`} ${money.currency}`;
}
