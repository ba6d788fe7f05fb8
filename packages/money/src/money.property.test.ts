import fc from "fast-check";
import { expect, test } from "vitest";
import { allocate } from "./allocate.ts";
import { type CurrencyCode, currencies, minorUnitsPerUnit } from "./currency.ts";
import { formatAmount, parseMoney } from "./decimal.ts";
import { convertMoney } from "./exchange.ts";
import { sumMoney } from "./money.ts";
import { divideRounded, divideWithRemainder, roundingModes } from "./rounding.ts";

const settings = { seed: 20261107, numRuns: 500 };

const currency = fc.constantFrom(...(Object.keys(currencies) as CurrencyCode[]));
const amountMinor = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
const money = fc.record({ amountMinor, currency });
const mode = fc.constantFrom(...roundingModes);
const divisor = fc.bigInt({ min: -1_000n, max: 1_000n }).filter((value) => value !== 0n);
const rate = fc.record({
  base: fc.constantFrom<CurrencyCode>("USD", "JPY", "KWD"),
  quote: fc.constantFrom<CurrencyCode>("KZT", "UZS", "KRW"),
  rate: fc.bigInt({ min: 1n, max: 10n ** 9n }),
  scale: fc.integer({ min: 0, max: 8 }),
  nominal: fc.constantFrom(1n, 10n, 100n, 1_000n),
  date: fc.constant(Temporal.PlainDate.from("2026-01-15")),
  source: fc.constant("nationalbank.kz"),
});

const magnitude = (value: bigint) => (value < 0n ? -value : value);

test("allocation sums to the total and stays within one minor unit of the fair share", () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 6n }), { minLength: 1, maxLength: 20 })
    .filter((values) => values.some((weight) => weight > 0n));
  fc.assert(
    fc.property(money, weights, (total, values) => {
      const parts = allocate(total, values);
      expect(sumMoney(parts, total.currency)).toEqual(total);
      const weightSum = values.reduce((sum, weight) => sum + weight, 0n);
      for (const [index, weight] of values.entries()) {
        const share = (parts[index]?.amountMinor ?? 0n) * weightSum;
        expect(magnitude(share - total.amountMinor * weight)).toBeLessThan(weightSum);
      }
    }),
    settings,
  );
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(money, (amount) => {
      expect(parseMoney(formatAmount(amount), amount.currency)).toEqual(amount);
    }),
    settings,
  );
});

test("rounding is less than one unit off, the half modes at most half a unit", () => {
  fc.assert(
    fc.property(amountMinor, divisor, mode, (dividend, by, chosen) => {
      const { quotient, remainder } = divideWithRemainder(dividend, by, chosen);
      const { numerator, denominator } = remainder;
      expect(denominator).toBeGreaterThan(0n);
      expect((quotient * denominator + numerator) * by).toBe(dividend * denominator);
      const share = chosen.startsWith("HALF") ? magnitude(numerator) * 2n : magnitude(numerator);
      if (chosen.startsWith("HALF")) expect(share).toBeLessThanOrEqual(denominator);
      else expect(share).toBeLessThan(denominator);
    }),
    settings,
  );
});

test("rounding keeps whole numbers and mirrors its opposite", () => {
  fc.assert(
    fc.property(amountMinor, divisor, mode, (value, by, chosen) => {
      expect(divideRounded(value * by, by, chosen)).toBe(value);
      expect(divideRounded(value, by, "CEILING")).toBe(-divideRounded(-value, by, "FLOOR"));
    }),
    settings,
  );
});

test("conversion to the nearest is never more than half a minor unit off, either way", () => {
  fc.assert(
    fc.property(amountMinor, rate, fc.boolean(), (amount, given, isForward) => {
      const from = isForward ? given.base : given.quote;
      const source = { amountMinor: amount, currency: from };
      const { converted } = convertMoney(source, given, "HALF_EVEN");
      const quoteSide = given.rate * minorUnitsPerUnit(given.quote);
      const baseSide = given.nominal * 10n ** BigInt(given.scale) * minorUnitsPerUnit(given.base);
      const [times, by] = isForward ? [quoteSide, baseSide] : [baseSide, quoteSide];
      const error = converted.amountMinor * by - amount * times;
      expect(magnitude(error) * 2n).toBeLessThanOrEqual(by);
    }),
    settings,
  );
});
