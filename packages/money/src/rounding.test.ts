import { expect, test } from "vitest";
import { divideRounded, divideWithRemainder, roundingModes } from "./rounding.ts";

// Tenths: -25 stands for -2.5.
const tenths = [25n, 15n, 11n, 10n, 9n, -9n, -10n, -11n, -15n, -25n];

test.each([
  ["HALF_UP", [3, 2, 1, 1, 1, -1, -1, -1, -2, -3]],
  ["HALF_DOWN", [2, 1, 1, 1, 1, -1, -1, -1, -1, -2]],
  ["HALF_EVEN", [2, 2, 1, 1, 1, -1, -1, -1, -2, -2]],
  ["UP", [3, 2, 2, 1, 1, -1, -1, -2, -2, -3]],
  ["DOWN", [2, 1, 1, 1, 0, 0, -1, -1, -1, -2]],
  ["CEILING", [3, 2, 2, 1, 1, 0, -1, -1, -1, -2]],
  ["FLOOR", [2, 1, 1, 1, 0, -1, -1, -2, -2, -3]],
] as const)("rounds %s as its name says", (mode, expected) => {
  expect(tenths.map((value) => divideRounded(value, 10n, mode))).toEqual(expected.map(BigInt));
});

test("rounds by the sign of the quotient, wherever the sign stands", () => {
  for (const mode of roundingModes) {
    for (const value of tenths) {
      expect(divideRounded(-value, -10n, mode)).toBe(divideRounded(value, 10n, mode));
    }
  }
});

test("tells what rounding took away, in lowest terms", () => {
  expect(divideWithRemainder(25n, 10n, "HALF_UP")).toEqual({
    quotient: 3n,
    remainder: { numerator: -1n, denominator: 2n },
  });
  expect(divideWithRemainder(30n, -10n, "UP")).toEqual({
    quotient: -3n,
    remainder: { numerator: 0n, denominator: 1n },
  });
});

test("does not divide by zero", () => {
  expect(() => divideRounded(1n, 0n, "DOWN")).toThrow("not divided by zero");
});
