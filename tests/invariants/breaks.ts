import type { DatabaseName } from "./invariant.ts";

/** One way to break an invariant by hand, and where the checker must point. */
export type Break = {
  readonly invariant: string;
  readonly name: string;
  readonly database: DatabaseName;
  readonly statements: string;
  /** The table that a violation must name, and what it must say. */
  readonly table: string;
  readonly found: RegExp;
};

const session =
  "(select ctid from reservation where kind = 'SESSION' order by resource, during limit 1)";
const ended = "(select id from course where state = 'ENDED' order by id limit 1)";
const closedReferral = "(select id from referral where closed_at is not null order by id limit 1)";
const ended2 = `(select aggregate from log.event where type like '%.CourseEnded' order by aggregate limit 1)`;

/** Ways to break what capacity, agreements and billing keep. */
export const breaks: readonly Break[] = [
  {
    invariant: "I1",
    name: "two users of a room at once",
    database: "capacity",
    statements: `alter table reservation drop constraint reservation_pkey;
      insert into reservation select resource, tstzrange(lower(during) + interval '1 minute', upper(during)), hub,
        lock_key, 'MAINTENANCE', null, null, 'by hand' from reservation where ctid = ${session}`,
    table: "reservation",
    found: /^overlaps /,
  },
  {
    invariant: "I1",
    name: "a course without one of its sessions",
    database: "capacity",
    statements: `delete from reservation where ctid = ${session}`,
    table: "reservation",
    found: /^is not kept at /,
  },
  {
    invariant: "I1",
    name: "sessions of a course that was released",
    database: "capacity",
    statements: `update course set state = 'RELEASED' where id = ${ended}`,
    table: "reservation",
    found: /^the course is RELEASED$/,
  },
  {
    invariant: "I1",
    name: "a course that is booked again without its bed-days",
    database: "capacity",
    statements: `update course set state = 'BOOKED' where state = 'ENDED' and jsonb_array_length(facts->'hold'->'stays') > 0;
      delete from pool_use where course in (select id from course where state = 'BOOKED')`,
    table: "pool_use",
    found: /^wants 1, keeps 0$/,
  },
  {
    invariant: "I1",
    name: "a pool planned beyond its capacity",
    database: "capacity",
    statements: `alter table pool_bucket drop constraint pool_bucket_never_overplanned;
      update pool_bucket set planned = capacity + 1
        where (pool, bucket) = (select pool, bucket from pool_bucket order by 1, 2 limit 1)`,
    table: "pool_bucket",
    found: /^planned \d+ of \d+ .* but its uses are/,
  },
  {
    invariant: "I1",
    name: "a bed beyond its unit without the word of two",
    database: "capacity",
    statements: `update pool_use set overbooked = 1 where ctid = (select ctid from pool_use where not excess limit 1)`,
    table: "pool_use",
    found: /^1 beyond, by nothing, which is unknown$/,
  },
  {
    invariant: "I3",
    name: "a counter moved without a posting",
    database: "agreements",
    statements: `alter table seat_account drop constraint seats_are_somewhere;
      update seat_account set reserved = reserved + 1 where ctid = (select ctid from seat_account order by quota limit 1)`,
    table: "seat_account",
    found: /but (the postings give|entitlements have)/,
  },
  {
    invariant: "I3",
    name: "a grant that was smaller than what was reserved of it",
    database: "agreements",
    statements: `alter table seat_posting drop constraint seat_posting_seats_check;
      update seat_posting set seats = 0 where move = 'GRANT' and (quota, period, part) in (
        select quota, period, part from seat_posting where move = 'RESERVE')`,
    table: "seat_posting",
    found: /^0 granted, -1 available, 1 reserved/,
  },
  {
    invariant: "I3",
    name: "a released seat that is consumed",
    database: "agreements",
    statements: `insert into seat_posting (quota, period, part, debit, credit, seats, move, entitlement, seat, posted_at)
      select quota, period, part, 'committed', 'consumed', 1, 'CONSUME', entitlement, seat, posted_at
      from seat_posting where move = 'RELEASE' order by id limit 1`,
    table: "seat_posting",
    found: /RELEASE CONSUME$/,
  },
  {
    invariant: "I3",
    name: "an entitlement whose seat is not where its postings are",
    database: "agreements",
    statements: `update entitlement set seat_state = 'COMMITTED'
      where id = (select id from entitlement where seat_state = 'CONSUMED' order by id limit 1)`,
    table: "entitlement",
    found: /is COMMITTED, its postings are RESERVE COMMIT CONSUME$/,
  },
  {
    invariant: "I3",
    name: "a place in the order of one who waits for nothing",
    database: "agreements",
    statements: `insert into seat_wait select id, quota, period, array[part], 1, 1000, null, now()
      from entitlement where seat_state is not null order by id limit 1`,
    table: "seat_wait",
    found: /^is in the order, but |who wait, but/,
  },
  {
    invariant: "I4",
    name: "a leg that is one unit more",
    database: "billing",
    statements: "update leg set amount_minor = amount_minor + 1 where (journal, position) = (1, 1)",
    table: "journal",
    found: /legs of .* sum to 1$/,
  },
  {
    invariant: "I4",
    name: "a balance moved without a leg",
    database: "billing",
    statements: `update ledger_account set balance_minor = balance_minor + 1
      where id = (select id from ledger_account where kind = 'RECEIVABLE' order by id limit 1)`,
    table: "ledger_account",
    found: /^balance 1, its legs sum to 0$/,
  },
  {
    invariant: "I4",
    name: "a debt that the debtor does not know",
    database: "billing",
    statements: `update leg set amount_minor = amount_minor - 1 from ledger_account as account
        where account.id = leg.ledger_account and kind = 'PAYABLE' and (journal, position) in (
          select journal, position from leg as other join ledger_account on id = other.ledger_account
          where kind = 'PAYABLE' order by 1 limit 1);
      update ledger_account as account set balance_minor = (
        select coalesce(sum(amount_minor), 0) from leg where leg.ledger_account = account.id)`,
    table: "ledger_account",
    found: /^DEBT of the creditor 0, of the debtor -1$/,
  },
  {
    invariant: "I4",
    name: "a deposit that is not in the ledger",
    database: "billing",
    statements: `update account set facts = jsonb_set(facts, '{deposit,receivedMinor}',
        to_jsonb(((facts->'deposit'->>'receivedMinor')::bigint + 1)::text)) where facts ? 'deposit'`,
    table: "ledger_account",
    found: /^accounts have \d+ deposited and \d+ refundable, the ledger \d+ and \d+$/,
  },
  {
    invariant: "I4",
    name: "an invoice without its journal",
    database: "billing",
    statements: `delete from leg where journal = (select min(id) from journal where kind = 'INVOICE');
      delete from journal where id = (select min(id) from journal where kind = 'INVOICE')`,
    table: "account",
    found: /is posted as nothing$/,
  },
  {
    invariant: "I4",
    name: "lines that were paid and are open again",
    database: "billing",
    statements: `alter table invoice_line drop constraint line_is_paid_whole;
      update invoice_line set paid_minor = 0`,
    table: "invoice_line",
    found: /^lines leave \d+ open, the ledger 0$/,
  },
  {
    invariant: "I4",
    name: "a statement that lost an entry",
    database: "billing",
    statements:
      "delete from statement_entry where ctid = (select ctid from statement_entry limit 1)",
    table: "statement",
    found: /^total \d+ of entries \d+/,
  },
  {
    invariant: "I7",
    name: "a course booked after its hold was released",
    database: "capacity",
    statements: `update log.event set type = replace(type, 'CourseHeld', 'CourseReleased')
      where aggregate = ${ended2} and type like '%.CourseHeld'`,
    table: "log.event",
    found: /^CourseBooked after CourseReleased$/,
  },
  {
    invariant: "I7",
    name: "a closed case with a live hold",
    database: "capacity",
    statements: `update course set state = 'HELD', release_at = now() where id = ${ended}`,
    table: "course",
    found: /^the course is HELD, but the case is closed/,
  },
  {
    invariant: "I7",
    name: "a closed case with a seat",
    database: "agreements",
    statements: `update entitlement set seat_state = 'RESERVED'
      where id = (select id from entitlement where seat_state = 'RELEASED' order by id limit 1)`,
    table: "entitlement",
    found: /^its seat is RESERVED, (but the case is closed|intake knows)/,
  },
  {
    invariant: "I7",
    name: "a closed case with a guarantee",
    database: "billing",
    statements: `update account set facts = jsonb_set(facts, '{guarantee,standing}', '"STANDING"')
      where facts ? 'guarantee'`,
    table: "account",
    found: /^its guarantee stands, but the case is closed/,
  },
  {
    invariant: "I7",
    name: "a case that one service never heard of",
    database: "billing",
    statements: `delete from account where id = (select id from account where facts->'terms' is null order by id limit 1)`,
    table: "account",
    found: /^has no row, but intake closed it/,
  },
  {
    invariant: "I7",
    name: "a case that is closed here and open there",
    database: "agreements",
    statements:
      "update entitlement set closed = false where id = (select min(id::text)::uuid from entitlement)",
    table: "entitlement",
    found: /^closed is false, in intake true$/,
  },
  {
    invariant: "I7",
    name: "a case that ended here so and there so",
    database: "agreements",
    statements: "update entitlement set closed_state = 'OTHERWISE' where closed",
    table: "entitlement",
    found: /^was closed as OTHERWISE, in intake as /,
  },
  {
    invariant: "I7",
    name: "a closed case with a time to act",
    database: "intake",
    statements: `insert into log.due values ('referrals/' || ${closedReferral}, 'guarantee', now() + interval '9 years')`,
    table: "log.due",
    found: /^guarantee stands, but the case is closed$/,
  },
  {
    invariant: "I7",
    name: "a patient whose key is gone",
    database: "intake_keys",
    statements: "delete from patient_key where ctid = (select ctid from patient_key limit 1)",
    table: "patient_key",
    found: /^has no key/,
  },
];
