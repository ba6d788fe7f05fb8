import type { Partner } from "./partner.ts";

const pageSize = 200;

/** What all cases together came to, as the platform's own books say. Amounts are in minor units. */
export type Totals = {
  readonly seats: readonly SeatTotal[];
  readonly resources: readonly {
    readonly resource: string;
    readonly bookedHours: number;
    readonly usedHours: number;
  }[];
  readonly pools: readonly { readonly pool: string; readonly plannedDays: number }[];
  readonly money: readonly MoneyTotal[];
};

export type SeatTotal = {
  readonly quota: string;
  readonly period: string;
  /** Empty for the general part. */
  readonly setAside: string;
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly committed: number;
  readonly consumed: number;
};

export type MoneyTotal = {
  readonly debtor: string;
  readonly creditor: string;
  readonly currency: string;
  readonly invoicedMinor: bigint;
  readonly settledMinor: bigint;
  readonly outstandingMinor: bigint;
};

/** The days between which use is counted. */
export type Period = { readonly first: Temporal.PlainDate; readonly last: Temporal.PlainDate };

/** Reads seats per quota, used hours and bed-days per hub, and money per pair of parties and currency. */
export async function readTotals(
  operator: Partner,
  hubs: readonly string[],
  period: Period,
): Promise<Totals> {
  const [quotas, balances, ...usages] = await Promise.all([
    operator.entitlements.listQuotas({ pageSize }),
    operator.statements.listBalances({ pageSize }),
    ...hubs.map((name) => operator.hubs.getHubUsage({ name, ...datesOf(period) })),
  ]);
  return {
    seats: quotas.quotas.flatMap(({ quota, period, parts }) =>
      parts.map((part) => ({
        quota,
        period,
        setAside: part.setAside,
        granted: part.grantedCount,
        available: part.availableCount,
        reserved: part.reservedCount,
        committed: part.committedCount,
        consumed: part.consumedCount,
      })),
    ),
    resources: usages.flatMap((usage) =>
      usage.resources.map(({ resource, bookedMinutes, usedMinutes }) => ({
        resource,
        bookedHours: Number(bookedMinutes) / 60,
        usedHours: Number(usedMinutes) / 60,
      })),
    ),
    pools: usages.flatMap((usage) =>
      usage.pools.map(({ pool, plannedDays }) => ({ pool, plannedDays: Number(plannedDays) })),
    ),
    money: balances.balances.map(({ debtor, creditor, invoiced, settled, outstanding }) => ({
      debtor,
      creditor,
      currency: invoiced?.currencyCode ?? "",
      invoicedMinor: invoiced?.amountMinor ?? 0n,
      settledMinor: settled?.amountMinor ?? 0n,
      outstandingMinor: outstanding?.amountMinor ?? 0n,
    })),
  };
}

function datesOf({ first, last }: Period) {
  const proto = ({ year, month, day }: Temporal.PlainDate) => ({ year, month, day });
  return { firstDate: proto(first), lastDate: proto(last) };
}
