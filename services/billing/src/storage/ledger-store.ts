import type { Tx } from "@carehub/database/pool";
import { assert, must } from "@carehub/rules/fault";
import type { Journal, Pair } from "../domain/ledger.ts";
import { privatePayer } from "../domain/names.ts";

/** The book of a pair, locked until the end of the transaction. */
export type LockedPair = {
  /** The last day that a statement closed. */
  readonly closedUntil?: Temporal.PlainDate;
};

/**
 * Locks the book of a pair, and opens it with its ledger accounts where it is new. Whoever posts or
 * closes a period does this last of all locks, so that postings of a pair come one after the other.
 */
export async function lockPair(tx: Tx, pair: Pair): Promise<LockedPair> {
  const found = await readLocked(tx, pair);
  if (found !== undefined) return found;
  await tx.run("pair-open", openSql, valuesOf(pair));
  return must(await readLocked(tx, pair), "a pair that was just opened is there");
}

/**
 * Posts a journal on the day on which it happened, or on the first day that is still open where that
 * one is closed. The database refuses a journal that does not sum to zero, or a second one of the
 * same document.
 */
export async function postJournal(
  tx: Tx,
  journal: Journal,
  occurredOn: Temporal.PlainDate,
): Promise<void> {
  const { closedUntil } = await lockPair(tx, journal.pair);
  const firstOpen = closedUntil?.add({ days: 1 }) ?? occurredOn;
  const isClosed = Temporal.PlainDate.compare(occurredOn, firstOpen) < 0;
  const { kind, reference, reverses = null, legs } = journal;
  const booked = await tx.run("journal-post", postSql, [
    ...valuesOf(journal.pair),
    ...[kind, reference, reverses, occurredOn, isClosed ? firstOpen : occurredOn],
    legs.map(({ owner }) => owner),
    legs.map((leg) => leg.kind),
    legs.map(({ amountMinor }) => amountMinor),
  ]);
  assert(booked.length === legs.length, "every leg of a journal has its ledger account");
}

async function readLocked(tx: Tx, pair: Pair): Promise<LockedPair | undefined> {
  const rows = await tx.run<{ closedUntil: Temporal.PlainDate | null }>(
    "pair-lock",
    `select closed_until as "closedUntil" from pair
     where debtor = $1 and creditor = $2 and currency = $3 for no key update`,
    valuesOf(pair),
  );
  if (rows[0] === undefined) return undefined;
  const { closedUntil } = rows[0];
  return closedUntil === null ? {} : { closedUntil };
}

function valuesOf({ debtor, creditor, currency }: Pair): string[] {
  return [debtor, creditor, currency];
}

// In one statement: who lost the race to open it waits for the winner's commit and finds all of it.
const openSql = `
  with opened as (
    insert into pair (debtor, creditor, currency) values ($1, $2, $3) on conflict do nothing returning *)
  insert into ledger_account (debtor, creditor, currency, owner, kind)
  select debtor, creditor, currency, side.owner, side.kind from opened cross join lateral (values
    (creditor, 'RECEIVABLE'), (creditor, 'CHARGES'), (creditor, 'CREDIT_NOTES'), (creditor, 'CASH'),
    (debtor, 'PAYABLE'), (debtor, 'CHARGES'), (debtor, 'CREDIT_NOTES'), (debtor, 'CASH'),
    (creditor, 'DEPOSITS'), (creditor, 'REFUNDABLE'), (debtor, 'DEPOSITS'), (debtor, 'REFUNDABLE')
  ) as side (owner, kind)
  where side.kind not in ('DEPOSITS', 'REFUNDABLE') or debtor = '${privatePayer}'`;

const postSql = `
  with posted as (
    insert into journal (debtor, creditor, currency, kind, reference, reverses, occurred_on, booked_on)
    values ($1, $2, $3, $4, $5, (select id from journal where reference = $6), $7, $8) returning *)
  insert into leg (journal, position, ledger_account, currency, amount_minor)
  select posted.id, side.position, ledger_account.id, posted.currency, side.amount_minor
  from posted cross join unnest($9::text[], $10::text[], $11::bigint[])
    with ordinality as side (owner, kind, amount_minor, position)
  join ledger_account using (debtor, creditor, currency, owner)
  where ledger_account.kind = side.kind
  returning 1`;
