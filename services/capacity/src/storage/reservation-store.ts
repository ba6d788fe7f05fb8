import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { beamBucketMinutes, type PoolUse } from "../domain/availability.ts";
import type { HeldUse } from "../domain/hold.ts";
import type { Minute } from "../domain/hub-time.ts";
import type { StayRisk } from "../domain/overflow-rule.ts";
import type { Freed } from "./external-keep.ts";
import { lockKeyOf } from "./lock-keys.ts";
import { keepRisks } from "./stay-risk-store.ts";
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
  /** By the number of the session, or of the step of the preparation. */
  readonly uses: readonly { readonly number: number; readonly uses: readonly HeldUse[] }[];
  readonly poolUses: readonly PlaceUse[];
  /** For how likely its patient is in which pool, where that is not certain; absent where it is. */
  readonly risks?: readonly StayRisk[];
};

/** A part of a pool that a course takes. */
export type PlaceUse = PoolUse & {
  /** What the pool has in the bucket. */
  readonly capacity: number;
  /** What of it is kept for others. */
  readonly reserve: number;
  /** How many of the amount are beyond what the pool has for it, by the course's override; absent for none. */
  readonly overbooked?: number;
};

/** How taking ended; whatever is not `kept` must be rolled back. */
export type Taken = "kept" | "in-the-way" | "other-version" | "list-due";

/**
 * Takes all that a course needs in one statement, under the locks of its resources and pools. It looks first, so that
 * who comes second writes nothing that is then rolled back; the key and the guard are the arbiters all the same, and
 * what they refuse is counted instead of raised, because an error would cost more.
 */
export async function keepAll(tx: Reader, toKeep: ToKeep): Promise<Taken> {
  const { course, hub, version, poolUses, afterWaiting } = toKeep;
  const uses = toKeep.uses.flatMap(({ number, uses: used }) =>
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
    poolUses.map(({ reserve }) => reserve),
    poolUses.map(({ overbooked = 0 }) => overbooked),
  ]);
  const [row] = rows;
  if (row?.due) return "list-due";
  if (row === undefined || !row.current) return "other-version";
  if (row.kept < uses.length || row.counted < poolUses.length) return "in-the-way";
  await keepRisks(tx, { course, hub }, toKeep.risks ?? []);
  return "kept";
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
      unnest($9::text[], $10::integer[], $11::integer[], $12::integer[], $13::bigint[], $15::integer[],
        $16::integer[])
      as wanted (pool, bucket, amount, capacity, lock_key, reserve, overbooked)),
  kept_back as (select pool, bucket, reserve from places where reserve > 0),
  -- What others overbooked is nobody else's to have: only the course's own word counts beside the capacity.
  counted as (
    insert into pool_bucket as known (pool, bucket, hub, lock_key, capacity, planned, overbooked)
    select pool, bucket, $2, lock_key, capacity, amount, overbooked from places
    where amount <= capacity - reserve + overbooked
    on conflict (pool, bucket) do update set planned = known.planned + excluded.planned,
      overbooked = known.overbooked + excluded.overbooked
    where known.planned + known.actual_excess + excluded.planned
      <= known.capacity + excluded.overbooked - coalesce((
        select reserve from kept_back
        where kept_back.pool = known.pool and kept_back.bucket = known.bucket), 0)
    returning 1),
  used as (
    insert into pool_use (course, pool, bucket, excess, hub, lock_key, amount, overbooked)
    select $1::uuid, pool, bucket, false, $2, lock_key, amount, overbooked from places)
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

/**
 * Gives time and beam (or all) back, under the locks of the resources and pools, and answers what came free: before the
 * transaction ends it is offered to `keepFreed`.
 */
export async function giveBack(tx: Reader, course: Uuid, what: GiveBack): Promise<Freed> {
  const all = what === "everything";
  type Row = { is_time: boolean; name: string; first: number; last: number };
  const rows = await tx.run<Row>(
    "reservation-give-back",
    `with gone as (
       delete from reservation where course = $1
         and ($2 or (session_number > 0 and not session_number = any ($3::integer[])))
       returning resource, during),
     freed as (
       delete from pool_use where course = $1 and not excess and ($2 or (
         bucket >= $4 and not pool = any ($5::text[])))
       returning pool, bucket, amount, overbooked),
     left_behind as (
       delete from stay_risk where course = $1 and ($2 or (
         bucket >= $4 and not pool = any ($5::text[])))),
     back as (
       update pool_bucket set planned = planned - freed.amount,
         overbooked = pool_bucket.overbooked - freed.overbooked from freed
       where pool_bucket.pool = freed.pool and pool_bucket.bucket = freed.bucket)
     select true as is_time, resource as name, (extract(epoch from lower(during)) / 60)::integer as first,
       (extract(epoch from upper(during)) / 60)::integer as last from gone
     union all select false, pool, bucket, bucket from freed`,
    [
      course,
      all,
      all ? [] : what.recorded,
      all ? 0 : Math.ceil(what.from / beamBucketMinutes),
      all ? [] : what.bedPools,
    ],
  );
  const of = (isTime: boolean) => rows.filter(({ is_time }) => is_time === isTime);
  return {
    times: of(true).map(({ name, first, last }) => ({ resource: name, start: first, end: last })),
    places: of(false).map(({ name, first }) => ({ pool: name, bucket: first })),
  };
}
