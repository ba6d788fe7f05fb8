import fc from "fast-check";
import { expect, test } from "vitest";
import { kzt, someTerms } from "./account.builder.ts";
import { priceDelivered, priceItems, sumLines } from "./pricing.ts";
import type { ServiceItem, TariffPrice } from "./terms.ts";

const codes = ["a", "b", "c", "d", "e"];
const item = fc.record({
  serviceCode: fc.constantFrom(...codes),
  quantity: fc.integer({ min: 1, max: 10_000 }),
});
const items = fc.array(item, { maxLength: 20 });
const prices = fc
  .tuple(...codes.map(() => fc.bigInt({ min: 0n, max: 10n ** 9n })))
  .map((minor) =>
    codes.map((serviceCode, at) => ({ serviceCode, unitPrice: kzt(minor[at] ?? 0n) })),
  );

test("an estimate is exactly the sum of quantity times price, whatever the items and their order", () => {
  fc.assert(
    fc.property(items, prices, (asked, tariff) => {
      const lines = priceItems(asked, someTerms({ prices: tariff }));
      expect(sumLines(lines, "KZT").amountMinor).toBe(worth(asked, tariff));
      expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, at) => at + 1));
      for (const { amount, unitPrice, quantity } of lines) {
        expect(amount.amountMinor).toBe(unitPrice.amountMinor * BigInt(quantity));
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

test("an invoice is worth what was delivered and charged, and each number stands once", () => {
  fc.assert(
    fc.property(items, items, items, prices, (planned, delivered, charges, tariff) => {
      const terms = someTerms({ prices: tariff });
      const estimated = priceItems(planned, terms);
      const lines = priceDelivered({ items: delivered, charges }, estimated, terms);
      expect(sumLines(lines, "KZT").amountMinor).toBe(worth([...delivered, ...charges], tariff));
      expect(new Set(lines.map(({ sequence }) => sequence)).size).toBe(lines.length);
      for (const line of estimated) {
        const same = lines.find(({ sequence }) => sequence === line.sequence);
        expect(same?.serviceCode ?? line.serviceCode).toBe(line.serviceCode);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

function worth(all: readonly ServiceItem[], tariff: readonly TariffPrice[]): bigint {
  const priceByCode = new Map(
    tariff.map((price) => [price.serviceCode, price.unitPrice.amountMinor]),
  );
  return all.reduce(
    (sum, { serviceCode, quantity }) =>
      sum + (priceByCode.get(serviceCode) ?? 0n) * BigInt(quantity),
    0n,
  );
}
