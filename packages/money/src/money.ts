import { DomainError } from "@carehub/rules/domain-error";
import type { CurrencyCode } from "./currency.ts";

/** A whole number of a currency's minor units: 150,000,000 with KZT is 1.5 million tenge. */
export type Money = { readonly amountMinor: bigint; readonly currency: CurrencyCode };

/** Nothing, in that currency. */
export function zeroMoney(currency: CurrencyCode): Money {
  return { amountMinor: 0n, currency };
}

/** Both together; two currencies fail with CURRENCY_MISMATCH. */
export function addMoney(left: Money, right: Money): Money {
  requireCurrency(right, left.currency);
  return { amountMinor: left.amountMinor + right.amountMinor, currency: left.currency };
}

/** What is left of the first; two currencies fail with CURRENCY_MISMATCH. */
export function subtractMoney(left: Money, right: Money): Money {
  return addMoney(left, negateMoney(right));
}

/** The same amount with the other sign. */
export function negateMoney(money: Money): Money {
  return { amountMinor: -money.amountMinor, currency: money.currency };
}

/** The amount so many times; a price and a quantity make a line of an invoice without rounding. */
export function multiplyMoney(money: Money, factor: bigint): Money {
  return { amountMinor: money.amountMinor * factor, currency: money.currency };
}

/**
 * The total of any number of amounts, none included; another currency fails with CURRENCY_MISMATCH.
 */
export function sumMoney(amounts: Iterable<Money>, currency: CurrencyCode): Money {
  let total = zeroMoney(currency);
  for (const amount of amounts) total = addMoney(total, amount);
  return total;
}

/** -1, 0 or 1, for sorting and limits; two currencies fail with CURRENCY_MISMATCH. */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 {
  requireCurrency(right, left.currency);
  if (left.amountMinor === right.amountMinor) return 0;
  return left.amountMinor < right.amountMinor ? -1 : 1;
}

/** Passes only amounts of that currency; any other fails with CURRENCY_MISMATCH. */
export function requireCurrency(money: Money, expected: CurrencyCode): void {
  if (money.currency !== expected) {
    throw new DomainError("CURRENCY_MISMATCH", { expected, found: money.currency });
  }
}
