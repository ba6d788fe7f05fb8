import { expect, test } from "vitest";
import { kzt, someTerms } from "./account.builder.ts";
import { amountMinorMax, priceDelivered, priceItems, sumLines } from "./pricing.ts";

const tariff = someTerms();

test("prices one line for each service, numbered as they first come", () => {
  const lines = priceItems(
    [
      { serviceCode: "intensive-care-day", quantity: 2 },
      { serviceCode: "operation", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: 3 },
    ],
    tariff,
  );
  expect(lines).toMatchObject([
    { sequence: 1, serviceCode: "intensive-care-day", quantity: 5, amount: kzt(5_000n) },
    { sequence: 2, serviceCode: "operation", quantity: 1, amount: kzt(100_000n) },
  ]);
  expect(sumLines(lines, "KZT")).toEqual(kzt(105_000n));
});

test("keeps a service's number from the estimate, and appends others and charges behind", () => {
  const estimated = priceItems(tariff.serviceItems, tariff);
  const lines = priceDelivered(
    {
      items: [
        { serviceCode: "ultrasound", quantity: 2 },
        { serviceCode: "intensive-care-day", quantity: 12 },
      ],
      charges: [
        { serviceCode: "ultrasound", quantity: 1 },
        { serviceCode: "operation", quantity: 1 },
      ],
    },
    estimated,
    tariff,
  );
  expect(lines.map(({ sequence, serviceCode }) => [sequence, serviceCode])).toEqual([
    [2, "intensive-care-day"],
    [3, "ultrasound"],
    [4, "ultrasound"],
    [5, "operation"],
  ]);
});

test("refuses a service without a price, naming service, tariff and version", () => {
  expect(() => priceItems([{ serviceCode: "transplant", quantity: 1 }], tariff)).toThrow(
    /SERVICE_NOT_IN_TARIFF \(service: transplant, tariff: agreements\/uz-kz\/tariffs\/hearts, version: 3\)/,
  );
});

test("refuses a price in another currency than the tariff's", () => {
  const mixed = {
    ...tariff,
    prices: [{ serviceCode: "x", unitPrice: { amountMinor: 1n, currency: "UZS" as const } }],
  };
  expect(() => priceItems([{ serviceCode: "x", quantity: 1 }], mixed)).toThrow("CURRENCY_MISMATCH");
});

test("refuses a total above what an amount can hold", () => {
  const dear = { ...tariff, prices: [{ serviceCode: "x", unitPrice: kzt(amountMinorMax) }] };
  const line = (quantity: number) => priceItems([{ serviceCode: "x", quantity }], dear);
  expect(sumLines(line(1), "KZT")).toEqual(kzt(amountMinorMax));
  expect(() => sumLines(line(2), "KZT")).toThrow("AMOUNT_TOO_LARGE");
});
