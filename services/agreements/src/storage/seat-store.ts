import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { generalPart, type SeatSource } from "../domain/grant.ts";
import type { GrantedPart, PartCount } from "../domain/quota.ts";
import { accountsOf, type Seat, type SeatMove } from "../domain/seat.ts";

type Runner = Pick<Tx, "run">;

/** One quota in one period. */
export type QuotaPeriodKey = { readonly quota: string; readonly period: string };

/** The counters of a quota's part, locked. */
export type LockedPart = PartCount & QuotaPeriodKey;

/**
 * Locks every part of these quotas and periods, always in one order, so that no two commits wait
 * for each other.
 */
export async function lockParts(
  tx: Runner,
  keys: readonly QuotaPeriodKey[],
): Promise<LockedPart[]> {
  return await tx.run<LockedPart>(
    "seats-lock",
    `select quota, period, part, granted, available, waiting from seat_account
     where (quota, period) in (select * from unnest($1::text[], $2::text[]))
     order by quota, period, part for update`,
    [keys.map(({ quota }) => quota), keys.map(({ period }) => period)],
  );
}

/** Makes the part's row where there is none, locks it, and answers its counters. */
export async function ensurePart(
  tx: Runner,
  { quota, period, part, days }: GrantedPart,
  agreement: string,
): Promise<PartCount> {
  const rows = await tx.run<PartCount>(
    "seats-ensure",
    `insert into seat_account as found (quota, period, part, agreement, first_date, last_date)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (quota, period, part) do update set first_date = $5, last_date = $6
     returning part, granted, available, waiting`,
    [quota, period, part, agreement, days.first, days.last ?? null],
  );
  return must(rows[0], "an upsert has a row");
}

/** Grants seats (above 0) or withdraws free ones, as one posting; the counters follow it. */
export async function postGrant(
  tx: Runner,
  { quota, period, part }: GrantedPart,
  { seats, version, now }: { seats: number; version: number; now: Temporal.Instant },
): Promise<void> {
  if (seats === 0) return;
  const [move, debit, credit] =
    seats > 0 ? ["GRANT", "granted", "available"] : ["WITHDRAW", "available", "granted"];
  await tx.run(
    "seats-grant",
    `insert into seat_posting
       (quota, period, part, debit, credit, seats, move, version, posted_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [quota, period, part, debit, credit, Math.abs(seats), move, version, now],
  );
}

/**
 * Posts one move of one seat; the counters follow it. The part is locked, and the seat is where it
 * says.
 */
export async function postSeat(
  tx: Runner,
  move: SeatMove,
  { seat, entitlement, now }: { seat: Seat; entitlement: string; now: Temporal.Instant },
): Promise<void> {
  const [debit, credit] = accountsOf(move, seat.state);
  await tx.run(
    "seat-post",
    `insert into seat_posting
       (quota, period, part, debit, credit, seats, move, entitlement, seat, posted_at)
     values ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9)`,
    [
      ...[seat.quota, seat.period, seat.part, debit, credit, move],
      ...[entitlement, seat.number, now],
    ],
  );
}

/** A case that waits for a seat. */
export type Waiting = {
  readonly entitlement: string;
  readonly source: SeatSource;
  readonly priority: number;
  /** Absent where the tables of working days end before it. */
  readonly promisedDate: Temporal.PlainDate | undefined;
};

/**
 * SQL that lets a case wait and answers its `place`, by priority, then by arrival; it follows
 * another of the same `with`, whose values come before. The parts are locked.
 */
export function waitSql(valuesBefore: number): string {
  const sql = `counted as (
       update seat_account set waiting = waiting + 1,
         last_arrival = last_arrival + case when part = '${generalPart}' then 1 else 0 end
       where quota = $2 and period = $3 and part = any ($4::text[]) returning part, last_arrival)
     insert into seat_wait
       (entitlement, quota, period, parts, priority, arrival, promised_date, since)
     select $1::uuid, $2, $3, $4, $5::integer, last_arrival, $6::date, $7::timestamptz from counted
     where part = '${generalPart}'
     returning 1 + (select count(*)::integer from seat_wait ahead
       where ahead.quota = $2 and ahead.period = $3 and ahead.priority >= $5::integer) as place`;
  return sql.replaceAll(/\$(\d+)/g, (_, place) => `$${Number(place) + valuesBefore}`);
}

/** The values of `waitSql`, in its order. */
export function waitValues(
  { entitlement, source: { quota, period, parts }, priority, promisedDate }: Waiting,
  now: Temporal.Instant,
): unknown[] {
  return [entitlement, quota, period, parts, priority, promisedDate ?? null, now];
}

/** What a case waits for; undefined when it does not. */
export async function readWaiting(
  tx: Runner,
  entitlement: string,
): Promise<SeatSource | undefined> {
  const rows = await tx.run<SeatSource>(
    "wait-read",
    "select quota, period, parts from seat_wait where entitlement = $1",
    [entitlement],
  );
  return rows[0];
}

/** Ends the waiting of a case. The parts are locked. */
export async function stopWaiting(tx: Runner, entitlement: string): Promise<void> {
  await tx.run(
    "wait-stop",
    `with gone as (delete from seat_wait where entitlement = $1 returning quota, period, parts)
     update seat_account account set waiting = waiting - 1 from gone
     where account.quota = gone.quota and account.period = gone.period
       and account.part = any (gone.parts)`,
    [entitlement],
  );
}

/** The first in the order for whom a seat is free; undefined when there is none. */
export async function firstWaiting(
  tx: Runner,
  { quota, period }: QuotaPeriodKey,
): Promise<string | undefined> {
  const rows = await tx.run<{ entitlement: string }>(
    "wait-first",
    `select entitlement from seat_wait wait
     where quota = $1 and period = $2 and exists (select from seat_account account
       where account.quota = $1 and account.period = $2 and account.part = any (wait.parts)
         and account.available > 0)
     order by priority desc, arrival limit 1`,
    [quota, period],
  );
  return rows[0]?.entitlement;
}
