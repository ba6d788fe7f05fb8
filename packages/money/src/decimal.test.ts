import { expect, test } from "vitest";
import { formatAmount, formatMoney, parseDecimal, parseMoney } from "./decimal.ts";

test("reads amounts in the minor units of their currency", () => {
  expect(parseMoney("1500000", "KZT").amountMinor).toBe(150_000_000n);
  expect(parseMoney("0.5", "KZT").amountMinor).toBe(50n);
  expect(parseMoney("-0.05", "USD").amountMinor).toBe(-5n);
  expect(parseMoney("1200", "JPY").amountMinor).toBe(1200n);
  expect(parseMoney("1.234", "KWD").amountMinor).toBe(1234n);
});

test("refuses more decimals than the currency has, rather than round", () => {
  for (const [text, currency] of [
    ["1.005", "KZT"],
    ["1.0", "JPY"],
  ] as const) {
    expect(() => parseMoney(text, currency)).toThrow("DECIMAL_TOO_PRECISE");
  }
});

test.each(["", "1,5", "1 500", "+1", "1.", ".5", "1e3", "0x10", "--1", "NaN", "١", "1\n"])(
  "refuses %j as a decimal",
  (text) => {
    expect(() => parseDecimal(text)).toThrow("DECIMAL_MALFORMED");
  },
);

test("reads a rate as an integer and a scale", () => {
  expect(parseDecimal("82.42135")).toEqual({ unscaled: 8_242_135n, scale: 5 });
});

test("writes amounts with the digits of their currency", () => {
  expect(formatAmount({ amountMinor: -5n, currency: "USD" })).toBe("-0.05");
  expect(formatAmount({ amountMinor: 1200n, currency: "JPY" })).toBe("1200");
  expect(formatAmount({ amountMinor: 1n, currency: "KWD" })).toBe("0.001");
});

test("groups thousands for people", () => {
  expect(formatMoney({ amountMinor: 824_214n, currency: "INR" })).toBe("8,242.14 INR");
  expect(formatMoney({ amountMinor: -150_000_000n, currency: "KZT" })).toBe("-1,500,000.00 KZT");
  expect(formatMoney({ amountMinor: -100n, currency: "JPY" })).toBe("-100 JPY");
});
