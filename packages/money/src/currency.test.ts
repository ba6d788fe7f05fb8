import { expect, test } from "vitest";
import { type CurrencyCode, currencies, minorUnitsPerUnit, parseCurrency } from "./currency.ts";

const codes = Object.keys(currencies) as CurrencyCode[];

/** Intl follows everyday use (CLDR) where ISO 4217 keeps two digits: coins out of circulation. */
const fewerDigitsInIntl: readonly string[] = ["AFN", "IRR", "PKR"];

test.each(codes)("agrees with Intl on the minor digits of %s, save known differences", (code) => {
  const format = new Intl.NumberFormat("en", { style: "currency", currency: code });
  const expected = fewerDigitsInIntl.includes(code) ? 0 : currencies[code].minorDigits;
  expect(format.resolvedOptions().maximumFractionDigits).toBe(expected);
});

test("has the currencies of the region with their numeric codes", () => {
  const numericCodes = Object.fromEntries(
    (["KZT", "UZS", "KGS", "TJS", "TMT", "RUB", "AZN"] as const).map((code) => [
      code,
      currencies[code].numericCode,
    ]),
  );
  expect(numericCodes).toEqual({
    KZT: "398",
    UZS: "860",
    KGS: "417",
    TJS: "972",
    TMT: "934",
    RUB: "643",
    AZN: "944",
  });
});

test("gives every currency its own numeric code of three digits", () => {
  const numericCodes = codes.map((code) => currencies[code].numericCode);
  expect(new Set(numericCodes).size).toBe(codes.length);
  for (const numericCode of numericCodes) expect(numericCode).toMatch(/^\d{3}$/);
});

test("knows tiyn, yen and fils", () => {
  expect([minorUnitsPerUnit("KZT"), minorUnitsPerUnit("JPY"), minorUnitsPerUnit("KWD")]).toEqual([
    100n,
    1n,
    1000n,
  ]);
});

test("cannot be changed", () => {
  expect(Object.isFrozen(currencies)).toBe(true);
  expect(Object.values(currencies).every((currency) => Object.isFrozen(currency))).toBe(true);
});

test("reads a code of the table and refuses any other", () => {
  expect(parseCurrency("KZT")).toBe("KZT");
  for (const text of ["kzt", "XXX", "", "toString"]) {
    expect(() => parseCurrency(text)).toThrow("CURRENCY_UNKNOWN");
  }
});
