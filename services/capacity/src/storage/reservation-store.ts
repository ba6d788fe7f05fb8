import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { beamBucketMinutes, type PoolUse } from "../domain/availability.ts";
import type { HeldSession } from "../domain/hold.ts";
import type { Minute } from "../domain/hub-time.ts";
import { lockKeyOf } from "./lock-keys.ts";
import { waitingListKind } from "./waiting-store.ts";

type Reader = { readonly run: Run };

/** Everything that one course takes, by full names. */
export type ToKeep = {
  readonly course: Uuid;
  readonly hub: string;
  /** The version of the hub that it was planned on. */
  readonly version: number;
  /** Whether it gives way to the courses that wait, where their list is due. */
  readonly afterWaiting: boolean;
  readonly sessions: readonly HeldSession[];
  readonly poolUses: readonly (PoolUse & { readonly capacity: number })[];
};

/** How taking ended; whatever is not `kept` must be rolled back. */
export type Taken = "kept" | "in-the-way" | "other-version" | "list-due";

/**
 * Takes all that a course needs in one statement, under the locks of its resources and pools. It looks first, so that
 * who comes second writes nothing that is then rolled back; the key and the guard are the arbiters all the same, and
 * what they refuse is counted instead of raised, because an error would cost more.
 */
export async function keepAll(tx: Reader, toKeep: ToKeep): Promise<Taken> {
  const { course, hub, version, sessions, poolUses, afterWaiting } = toKeep;
  const uses = sessions.flatMap(({ number, uses: used }) =>
    used.map((use) => ({ ...use, number })),
  );
  const keys = new Map(
    [...uses.map(({ resource }) => resource), ...poolUses.map(({ pool }) => pool)].map((name) => [
      name,
      lockKeyOf(name),
    ]),
  );
  type Row = { current: boolean; due: boolean; kept: number; counted: number };
  const rows = await tx.run<Row>("reservation-keep-all", keepAllSql, [
    course,
    hub,
    version,
    uses.map(({ resource }) => resource),
    uses.map(({ start }) => start),
    uses.map(({ end }) => end),
    uses.map(({ number }) => number),
    uses.map(({ resource }) => keys.get(resource)),
    poolUses.map(({ pool }) => pool),
    poolUses.map(({ bucket }) => bucket),
    poolUses.map(({ amount }) => amount),
    poolUses.map(({ capacity }) => capacity),
    poolUses.map(({ pool }) => keys.get(pool)),
    afterWaiting ? waitingListKind : "",
  ]);
  const [row] = rows;
  if (row?.due) return "list-due";
  if (row === undefined || !row.current) return "other-version";
  return row.kept === uses.length && row.counted === poolUses.length ? "kept" : "in-the-way";
}

// By the time that it is now: what made the list due may have begun after this transaction and ended before its locks.
const keepAllSql = `
  with due as (
    select 1 from log.due where aggregate = $2 and kind = $14
      and due_at <= app.now() + (clock_timestamp() - now())),
  current as (
    select 1 from hub where name = $2 and version = $3 and valid_until_at > app.now()
      and not exists (select from due)),
  wanted as (
    select resource, number, lock_key,
      tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0)) as during
    from unnest($4::text[], $5::integer[], $6::integer[], $7::integer[], $8::bigint[])
      as wanted (resource, start, "end", number, lock_key)),
  free as (
    select 1 from current where not exists (
      select from wanted join reservation as taken
        on taken.resource = wanted.resource and taken.during && wanted.during)),
  kept as (
    insert into reservation (resource, during, hub, lock_key, kind, course, session_number)
    select resource, during, $2, lock_key, 'SESSION', $1::uuid, number from free cross join wanted
    on conflict do nothing returning 1),
  places as (
    select wanted.* from free cross join
      unnest($9::text[], $10::integer[], $11::integer[], $12::integer[], $13::bigint[])
      as wanted (pool, bucket, amount, capacity, lock_key)),
  counted as (
    insert into pool_bucket as known (pool, bucket, hub, lock_key, capacity, planned)
    select pool, bucket, $2, lock_key, capacity, amount from places where amount <= capacity
    on conflict (pool, bucket) do update set planned = known.planned + excluded.planned
    where known.planned + known.actual_excess + excluded.planned <= known.capacity
    returning 1),
  used as (
    insert into pool_use (course, pool, bucket, excess, hub, lock_key, amount)
    select $1::uuid, pool, bucket, false, $2, lock_key, amount from places)
  select exists (select from current) as current, exists (select from due) as due,
    (select count(*)::integer from kept) as kept,
    (select count(*)::integer from counted) as counted`;

/** What of a course's time and places is given back. */
export type GiveBack =
  | "everything"
  /** The sessions that were not recorded, and beam from this minute on; beds are settled apart. */
  | {
      readonly recorded: readonly number[];
      readonly from: Minute;
      readonly bedPools: readonly string[];
    };

/** Gives time and beam (or all) back, under the locks of the resources and pools. */
export async function giveBack(tx: Reader, course: Uuid, what: GiveBack): Promise<void> {
  const all = what === "everything";
  await tx.run(
    "reservation-give-back",
    `with gone as (
       delete from reservation where course = $1
         and ($2 or not session_number = any ($3::integer[]))),
     freed as (
       delete from pool_use where course = $1 and not excess and ($2 or (
         bucket >= $4 and not pool = any ($5::text[])))
       returning pool, bucket, amount)
     update pool_bucket set planned = planned - freed.amount from freed
     where pool_bucket.pool = freed.pool and pool_bucket.bucket = freed.bucket`,
    [
      course,
      all,
      all ? [] : what.recorded,
      all ? 0 : Math.ceil(what.from / beamBucketMinutes),
      all ? [] : what.bedPools,
    ],
  );
}

/** Changes what a course has of beds after the fact: days given back, days beyond what was planned. */
export async function settleBeds(
  tx: Reader,
  { course, hub }: { readonly course: Uuid; readonly hub: string },
  uses: readonly (PoolUse & { readonly capacity: number; readonly excess: boolean })[],
): Promise<void> {
  const of = (excess: boolean) => uses.filter((use) => use.excess === excess);
  const columns = (part: typeof uses) => [
    part.map(({ pool }) => pool),
    part.map(({ bucket }) => bucket),
    part.map(({ amount }) => amount),
  ];
  await tx.run("beds-settle", settleBedsSql, [
    course,
    hub,
    ...columns(of(false)),
    ...columns(of(true)),
    of(true).map(({ capacity }) => capacity),
    of(true).map(({ pool }) => lockKeyOf(pool)),
  ]);
}

// A day of which a part is given back keeps its row with the rest.
const settleBedsSql = `
  with back as (
    select * from unnest($3::text[], $4::integer[], $5::integer[]) as back (pool, bucket, amount)),
  emptied as (
    delete from pool_use as used using back where used.course = $1::uuid and not used.excess
      and used.pool = back.pool and used.bucket = back.bucket and used.amount = back.amount),
  reduced as (
    update pool_use as used set amount = used.amount - back.amount from back
    where used.course = $1::uuid and not used.excess
      and used.pool = back.pool and used.bucket = back.bucket and used.amount > back.amount),
  freed as (
    update pool_bucket as known set planned = known.planned - back.amount from back
    where known.pool = back.pool and known.bucket = back.bucket),
  more as (
    select * from unnest($6::text[], $7::integer[], $8::integer[], $9::integer[], $10::bigint[])
      as more (pool, bucket, amount, capacity, lock_key)),
  used as (
    insert into pool_use (course, pool, bucket, excess, hub, lock_key, amount)
    select $1::uuid, pool, bucket, true, $2, lock_key, amount from more)
  insert into pool_bucket as known (pool, bucket, hub, lock_key, capacity, planned, actual_excess)
  select pool, bucket, $2, lock_key, capacity, 0, amount from more
  on conflict (pool, bucket) do update
  set actual_excess = known.actual_excess + excluded.actual_excess`;
