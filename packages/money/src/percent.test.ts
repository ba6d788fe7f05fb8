import { expect, test } from "vitest";
import type { Money } from "./money.ts";
import { coversBasisPoints, takeBasisPoints } from "./percent.ts";

const tenge = (amountMinor: bigint): Money => ({ amountMinor, currency: "KZT" });

test("takes basis points of an amount", () => {
  expect(takeBasisPoints(tenge(100_000n), 250n, "HALF_EVEN")).toEqual(tenge(2_500n));
  expect(takeBasisPoints(tenge(33n), 5_000n, "HALF_EVEN")).toEqual(tenge(16n));
  expect(takeBasisPoints(tenge(33n), 5_000n, "HALF_UP")).toEqual(tenge(17n));
});

test("finds a down payment of 899,999 short of 90 % of 1,000,000", () => {
  expect(coversBasisPoints(tenge(899_999n), tenge(1_000_000n), 9_000n)).toBe(false);
  expect(coversBasisPoints(tenge(900_000n), tenge(1_000_000n), 9_000n)).toBe(true);
});

test("takes no share of nothing or of another currency", () => {
  expect(() => coversBasisPoints(tenge(0n), tenge(0n), 9_000n)).toThrow("above zero");
  expect(() => coversBasisPoints({ amountMinor: 1n, currency: "UZS" }, tenge(1n), 9_000n)).toThrow(
    "CURRENCY_MISMATCH",
  );
});
