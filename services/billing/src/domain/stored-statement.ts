import type { Statement } from "./statement.ts";

/** A statement as it is stored. */
export type StoredStatement = {
  readonly statement: Statement;
  readonly revision: number;
  readonly closedAt: Temporal.Instant;
};

/** What one party owes another in one currency, in minor units, as the creditor's side of the book has it. */
export type Balance = {
  readonly debtor: string;
  readonly creditor: string;
  readonly currency: string;
  readonly invoicedMinor: bigint;
  readonly creditedMinor: bigint;
  readonly settledMinor: bigint;
  readonly outstandingMinor: bigint;
};
