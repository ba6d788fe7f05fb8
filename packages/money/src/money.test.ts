import { expect, test } from "vitest";
import type { CurrencyCode } from "./currency.ts";
import {
  addMoney,
  compareMoney,
  type Money,
  multiplyMoney,
  negateMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
} from "./money.ts";

const of = (amountMinor: bigint, currency: CurrencyCode = "KZT"): Money => ({
  amountMinor,
  currency,
});

test("adds, subtracts, negates and multiplies whole minor units", () => {
  expect(addMoney(of(150n), of(25n))).toEqual(of(175n));
  expect(subtractMoney(of(150n), of(175n))).toEqual(of(-25n));
  expect(negateMoney(of(-25n))).toEqual(of(25n));
  expect(multiplyMoney(of(4_500_000n), 30n)).toEqual(of(135_000_000n));
});

test("stays exact beyond the integers of a float", () => {
  expect(addMoney(of(9_007_199_254_740_993n), of(1n))).toEqual(of(9_007_199_254_740_994n));
});

test("sums any number of amounts, none included", () => {
  expect(sumMoney([of(1n), of(2n), of(3n)], "KZT")).toEqual(of(6n));
  expect(sumMoney([], "UZS")).toEqual(zeroMoney("UZS"));
});

test("compares amounts for sorting", () => {
  const sorted = [of(3n), of(-1n), of(2n), of(2n)].toSorted(compareMoney);
  expect(sorted.map(({ amountMinor }) => amountMinor)).toEqual([-1n, 2n, 2n, 3n]);
});

test("never mixes two currencies", () => {
  const mismatch = expect.objectContaining({
    reason: "CURRENCY_MISMATCH",
    metadata: { expected: "KZT", found: "UZS" },
  });
  const som = of(1n, "UZS");
  expect(() => addMoney(of(1n), som)).toThrow(mismatch);
  expect(() => subtractMoney(of(1n), som)).toThrow(mismatch);
  expect(() => compareMoney(of(1n), som)).toThrow(mismatch);
  expect(() => sumMoney([of(1n), som], "KZT")).toThrow(mismatch);
});
