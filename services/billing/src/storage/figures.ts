import type { Run } from "@carehub/database/pool";

/** What is shown of all accounts together. */
export type Figures = {
  readonly openEstimates: number;
  readonly outstanding: readonly { readonly currency: string; readonly outstandingMinor: bigint }[];
};

/** Counts the estimates that wait for their payer, and sums what is owed in each currency. */
export async function readFigures(db: { readonly run: Run }): Promise<Figures> {
  const [counted] = await db.run<{ openEstimates: number }>(
    "figures-open-estimates",
    `select count(*)::integer as "openEstimates" from account where state = 'ESTIMATED'`,
  );
  const outstanding = await db.run<Figures["outstanding"][number]>(
    "figures-outstanding",
    `select currency, sum(balance_minor)::bigint as "outstandingMinor" from ledger_account
     where kind = 'RECEIVABLE' group by currency order by currency`,
  );
  return { openEstimates: counted?.openEstimates ?? 0, outstanding };
}
