import { expect, test } from "vitest";
import { parseDecimal } from "./decimal.ts";
import { convertMoney, type ExchangeRate } from "./exchange.ts";

function aRate(given: {
  base: "USD" | "UZS";
  quote: "INR" | "KZT" | "JPY";
  text: string;
  nominal?: bigint;
}) {
  const { unscaled, scale } = parseDecimal(given.text);
  return {
    base: given.base,
    quote: given.quote,
    rate: unscaled,
    scale,
    nominal: given.nominal ?? 1n,
    date: Temporal.PlainDate.from("2026-01-15"),
    source: "nationalbank.kz",
  } satisfies ExchangeRate;
}

const rupees = aRate({ base: "USD", quote: "INR", text: "82.42135" });

test("converts 100.00 USD at 82.42135 to 8,242.14 INR", () => {
  expect(convertMoney({ amountMinor: 10_000n, currency: "USD" }, rupees, "HALF_UP")).toEqual({
    converted: { amountMinor: 824_214n, currency: "INR" },
    direction: "BASE_TO_QUOTE",
    roundingRemainder: { numerator: -1n, denominator: 2n },
  });
});

test("converts back by dividing", () => {
  const back = convertMoney({ amountMinor: 824_214n, currency: "INR" }, rupees, "HALF_UP");
  expect(back.converted).toEqual({ amountMinor: 10_000n, currency: "USD" });
  expect(back.direction).toBe("QUOTE_TO_BASE");
});

test("minds a nominal of 100 units", () => {
  const rate = aRate({ base: "UZS", quote: "KZT", text: "4.25", nominal: 100n });
  const { converted } = convertMoney({ amountMinor: 1_000_000n, currency: "UZS" }, rate, "DOWN");
  expect(converted).toEqual({ amountMinor: 42_500n, currency: "KZT" });
});

test("minds different minor digits", () => {
  const rate = aRate({ base: "USD", quote: "JPY", text: "150.5" });
  const { converted } = convertMoney({ amountMinor: 199n, currency: "USD" }, rate, "HALF_EVEN");
  expect(converted).toEqual({ amountMinor: 299n, currency: "JPY" });
});

test("refuses an amount of a third currency", () => {
  expect(() => convertMoney({ amountMinor: 1n, currency: "KZT" }, rupees, "DOWN")).toThrow(
    "CURRENCY_MISMATCH (expected: USD or INR, found: KZT)",
  );
});

test("refuses a rate of zero, and one from a currency to itself", () => {
  const dollars = { amountMinor: 1n, currency: "USD" } as const;
  expect(() => convertMoney(dollars, { ...rupees, rate: 0n }, "DOWN")).toThrow("above zero");
  expect(() => convertMoney(dollars, { ...rupees, quote: "USD" }, "DOWN")).toThrow("to itself");
});
