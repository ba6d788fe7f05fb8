import { expect, test } from "vitest";
import { allocate } from "./allocate.ts";

const split = (amountMinor: bigint, ...weights: bigint[]) =>
  allocate({ amountMinor, currency: "KZT" }, weights).map((part) => part.amountMinor);

test("gives what is left to the largest remainders", () => {
  expect(split(100n, 1n, 1n, 1n)).toEqual([34n, 33n, 33n]);
  expect(split(10n, 5n, 3n, 1n)).toEqual([6n, 3n, 1n]);
});

test("splits a debt like a claim", () => {
  expect(split(-100n, 1n, 1n, 1n)).toEqual([-34n, -33n, -33n]);
});

test("gives nothing to a weight of zero", () => {
  expect(split(7n, 0n, 2n, 0n)).toEqual([0n, 7n, 0n]);
});

test("refuses to split among nobody or by negative weights", () => {
  expect(() => split(1n)).toThrow("at least one weight above zero");
  expect(() => split(1n, 0n)).toThrow("at least one weight above zero");
  expect(() => split(1n, 2n, -1n)).toThrow("a weight is not negative");
});
