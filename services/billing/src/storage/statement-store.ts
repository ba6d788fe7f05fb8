import type { Tx } from "@carehub/database/pool";
import { parseCurrency } from "@carehub/money/currency";
import type { Uuid } from "@carehub/rules/ids";
import { invoiceNumber } from "../domain/charges.ts";
import type { Pair } from "../domain/ledger.ts";
import { parseParty } from "../domain/names.ts";
import type { Statement, StatementEntry } from "../domain/statement.ts";
import type { StoredStatement } from "../domain/stored-statement.ts";

/** The columns of a statement, by the names that Prisma gives them. */
export type StatementRow = {
  readonly id: string;
  readonly revision: number;
  readonly debtor: string;
  readonly creditor: string;
  readonly currency: string;
  readonly periodEnd: Temporal.PlainDate;
  readonly totalMinor: bigint;
  readonly paidMinor: bigint;
  readonly entriesHash: string;
  readonly closedAt: Temporal.Instant;
};

/** The columns of an entry, by the names that Prisma gives them. */
export type EntryRow = {
  readonly account: string;
  readonly sequence: number;
  readonly amountMinor: bigint;
};

/** Every line between a pair that was accepted before an instant and is on no statement. */
export async function readStatableLines(
  tx: Tx,
  { debtor, creditor, currency }: Pair,
  before: Temporal.Instant,
): Promise<StatementEntry[]> {
  const rows = await tx.run<EntryRow>(
    "statement-lines",
    `select line.account, line.sequence,
       line.amount_minor - line.credited_minor as "amountMinor"
     from invoice_line as line join account on account.id = line.account
     where account.payer = $1 and account.creditor = $2 and account.currency = $3
       and line.state = 'ACCEPTED' and line.accepted_at < $4
       and not exists (select from statement_entry as entry
         where entry.account = line.account and entry.sequence = line.sequence)
     order by line.account, line.sequence`,
    [debtor, creditor, currency, before],
  );
  return rows.map(toEntry);
}

/** Writes a statement that was just closed with its entries, and closes the pair's book up to its end. */
export async function insertStatement(
  tx: Tx,
  { id, pair, periodEnd, entries, total, entriesHash }: Statement,
  closedAt: Temporal.Instant,
): Promise<StoredStatement["closedAt"]> {
  const { debtor, creditor, currency } = pair;
  const rows = await tx.run<{ closedAt: Temporal.Instant }>(
    "statement-insert",
    `insert into statement (id, revision, debtor, creditor, currency, period_end, total_minor,
       entries_hash, closed_at) values ($1, 1, $2, $3, $4, $5, $6, $7, date_trunc('milliseconds', $8::timestamptz))
     returning closed_at as "closedAt"`,
    [id, debtor, creditor, currency, periodEnd, total.amountMinor, entriesHash, closedAt],
  );
  await tx.run(
    "statement-entries-insert",
    `insert into statement_entry (statement, position, account, sequence, amount_minor)
     select $1, position, account, sequence, amount_minor
     from unnest($2::uuid[], $3::integer[], $4::bigint[])
       with ordinality as entry (account, sequence, amount_minor, position)`,
    [
      id,
      entries.map(({ account }) => account),
      entries.map(({ sequence }) => sequence),
      entries.map(({ amountMinor }) => amountMinor),
    ],
  );
  await tx.run(
    "pair-close",
    "update pair set closed_until = $4 where debtor = $1 and creditor = $2 and currency = $3",
    [debtor, creditor, currency, periodEnd],
  );
  return rows[0]?.closedAt ?? closedAt;
}

/** Locks a statement for its creditor; undefined when there is none, or not of this creditor. */
export async function lockStatementOf(
  tx: Tx,
  id: Uuid,
  creditor: string,
): Promise<StoredStatement | undefined> {
  const rows = await tx.run<StatementRow>(
    "statement-lock",
    `select id, revision, debtor, creditor, currency, period_end as "periodEnd",
       total_minor as "totalMinor", paid_minor as "paidMinor", entries_hash as "entriesHash",
       closed_at as "closedAt"
     from statement where id = $1 and creditor = $2 for no key update`,
    [id, creditor],
  );
  if (rows[0] === undefined) return undefined;
  const entries = await tx.run<EntryRow>(
    "statement-entries",
    `select account, sequence, amount_minor as "amountMinor" from statement_entry
     where statement = $1 order by position`,
    [id],
  );
  return toStoredStatement(rows[0], entries);
}

/** Writes a payment and what the statement has been paid by it; false when the reference was used. */
export async function insertPayment(
  tx: Tx,
  { statement, revision }: StoredStatement,
  payment: {
    readonly reference: string;
    readonly amountMinor: bigint;
    readonly valueDate: Temporal.PlainDate;
  },
): Promise<boolean> {
  const { reference, amountMinor, valueDate } = payment;
  const rows = await tx.run(
    "payment-insert",
    `with taken as (
       insert into payment (creditor, reference, statement, amount_minor, value_date)
       values ($1, $2, $3, $4, $5) on conflict do nothing returning statement)
     update statement set paid_minor = $6, revision = $7 from taken where id = taken.statement returning 1`,
    [
      ...[statement.pair.creditor, reference, statement.id, amountMinor, valueDate],
      ...[statement.paidMinor, revision],
    ],
  );
  return rows.length === 1;
}

/** The statement under which a creditor used a payment's reference; undefined when it did not yet. */
export async function findPayment(
  tx: Tx,
  creditor: string,
  reference: string,
): Promise<Uuid | undefined> {
  const rows = await tx.run<{ statement: Uuid }>(
    "payment-find",
    "select statement from payment where creditor = $1 and reference = $2",
    [creditor, reference],
  );
  return rows[0]?.statement;
}

/** Makes the statement of its row and the rows of its entries, in their order. */
export function toStoredStatement(
  row: StatementRow,
  entries: readonly EntryRow[],
): StoredStatement {
  const currency = parseCurrency(row.currency);
  return {
    revision: row.revision,
    closedAt: row.closedAt,
    statement: {
      id: row.id as Uuid,
      pair: {
        debtor: parseParty(row.debtor, "debtor"),
        creditor: parseParty(row.creditor, "creditor"),
        currency,
      },
      periodEnd: row.periodEnd,
      entries: entries.map(toEntry),
      total: { amountMinor: row.totalMinor, currency },
      paidMinor: row.paidMinor,
      entriesHash: row.entriesHash,
    },
  };
}

function toEntry({ account, sequence, amountMinor }: EntryRow): StatementEntry {
  return { account: account as Uuid, invoiceNumber, sequence, amountMinor };
}
