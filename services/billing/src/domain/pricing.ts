import type { CurrencyCode } from "@carehub/money/currency";
import { type Money, multiplyMoney, requireCurrency, sumMoney } from "@carehub/money/money";
import { refusal } from "./refusal.ts";
import type { ServiceItem, TariffPrice } from "./terms.ts";

/** One priced line; the amount is exactly quantity times price. */
export type PricedLine = {
  /** Counts the lines from 1; a service keeps its number from estimate to invoice. */
  readonly sequence: number;
  readonly serviceCode: string;
  readonly quantity: number;
  readonly unitPrice: Money;
  readonly amount: Money;
};

/** A tariff as an account knows it. */
export type Tariff = {
  readonly tariff: string;
  readonly tariffVersion: number;
  readonly currency: CurrencyCode;
  readonly prices: readonly TariffPrice[];
};

/** More than any course costs, and little enough that sums of many fit into 64 bits. */
export const amountMinorMax = 10n ** 15n;

/** The price of one unit; a service without one fails with SERVICE_NOT_IN_TARIFF. */
export function priceOf(
  serviceCode: string,
  { tariff, tariffVersion, prices, currency }: Tariff,
): Money {
  const price = prices.find((entry) => entry.serviceCode === serviceCode);
  if (price === undefined) {
    throw refusal("SERVICE_NOT_IN_TARIFF", {
      service: serviceCode,
      tariff,
      version: String(tariffVersion),
    });
  }
  requireCurrency(price.unitPrice, currency);
  return price.unitPrice;
}

/** Prices items: one line for each service, in the order in which the services first come, from 1. */
export function priceItems(items: readonly ServiceItem[], tariff: Tariff): readonly PricedLine[] {
  return numberLines(mergeItems(items), [], tariff);
}

/**
 * Prices what was delivered: a service of the estimate keeps its number there, another service takes
 * the next one, and each charge beside the plan has a line of its own behind them.
 */
export function priceDelivered(
  delivered: { readonly items: readonly ServiceItem[]; readonly charges: readonly ServiceItem[] },
  estimated: readonly PricedLine[],
  tariff: Tariff,
): readonly PricedLine[] {
  const planned = numberLines(mergeItems(delivered.items), estimated, tariff);
  const last = lastSequence([...estimated, ...planned]);
  const charged = delivered.charges.map((item, index) => priceLine(item, last + 1 + index, tariff));
  return [...planned, ...charged].toSorted((one, other) => one.sequence - other.sequence);
}

/** The total of the lines; more than an amount can hold fails with AMOUNT_TOO_LARGE. */
export function sumLines(
  lines: readonly { readonly amount: Money }[],
  currency: CurrencyCode,
): Money {
  const total = sumMoney(
    lines.map(({ amount }) => amount),
    currency,
  );
  if (total.amountMinor > amountMinorMax) {
    throw refusal("AMOUNT_TOO_LARGE", { maxMinor: String(amountMinorMax), currency });
  }
  return total;
}

function numberLines(
  items: readonly ServiceItem[],
  known: readonly PricedLine[],
  tariff: Tariff,
): PricedLine[] {
  let next = lastSequence(known) + 1;
  return items.map((item) => {
    const before = known.find(({ serviceCode }) => serviceCode === item.serviceCode);
    const sequence = before?.sequence ?? next;
    if (before === undefined) next += 1;
    return priceLine(item, sequence, tariff);
  });
}

function priceLine({ serviceCode, quantity }: ServiceItem, sequence: number, tariff: Tariff) {
  const unitPrice = priceOf(serviceCode, tariff);
  const amount = multiplyMoney(unitPrice, BigInt(quantity));
  return { sequence, serviceCode, quantity, unitPrice, amount };
}

function mergeItems(items: readonly ServiceItem[]): ServiceItem[] {
  const quantityByCode = new Map<string, number>();
  for (const { serviceCode, quantity } of items) {
    quantityByCode.set(serviceCode, (quantityByCode.get(serviceCode) ?? 0) + quantity);
  }
  return [...quantityByCode].map(([serviceCode, quantity]) => ({ serviceCode, quantity }));
}

function lastSequence(lines: readonly PricedLine[]): number {
  return Math.max(0, ...lines.map(({ sequence }) => sequence));
}
