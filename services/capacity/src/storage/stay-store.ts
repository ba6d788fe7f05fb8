import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import type { Bucket } from "../domain/availability.ts";
import type { KeptBeds } from "../domain/stay-days.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** By how much what a course has of a bed-day changes, and what the pool has on that day where no row says it yet. */
export type BedChange = KeptBeds & { readonly capacity: number };

/** What a pool of beds has on a day by its row, and how many of them are taken, also beyond. */
export type BedRow = {
  readonly bucket: Bucket;
  readonly capacity: number;
  readonly used: number;
};

/** Everything that a course has of these pools of beds. */
export function readKeptBeds(
  db: Reader,
  course: Uuid,
  pools: readonly string[],
): Promise<KeptBeds[]> {
  return db.run<KeptBeds>(
    "stay-kept-beds",
    `select pool, bucket, coalesce(sum(amount) filter (where not excess), 0)::integer as planned,
       coalesce(sum(amount) filter (where excess), 0)::integer as excess
     from pool_use where course = $1 and pool = any ($2::text[])
     group by pool, bucket order by pool, bucket`,
    [course, pools],
  );
}

/** The rows of a pool on these days; a day without a row has nothing taken. */
export function readBedRows(db: Reader, pool: string, days: readonly Bucket[]): Promise<BedRow[]> {
  return db.run<BedRow>(
    "stay-bed-rows",
    `select bucket, capacity, planned + actual_excess as used from pool_bucket
     where pool = $1 and bucket = any ($2::integer[])`,
    [pool, days],
  );
}

/** Changes what a course has of beds, under the locks of their pools. */
export async function changeBeds(
  tx: Reader,
  { course, hub }: { readonly course: Uuid; readonly hub: string },
  changes: readonly BedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.run("stay-change-beds", changeBedsSql, [
    course,
    hub,
    changes.map(({ pool }) => pool),
    changes.map(({ bucket }) => bucket),
    changes.map(({ planned }) => planned),
    changes.map(({ excess }) => excess),
    changes.map(({ capacity }) => capacity),
    changes.map(({ pool }) => lockKeyOf(pool)),
  ]);
}

// The row of a bucket is made only for more than nothing: what is less was taken before, so it has one. A change below
// nothing would not be inserted either: its check speaks before the conflict.
const changeBedsSql = `
  with change as (
    select * from unnest($3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
      $8::bigint[]) as change (pool, bucket, planned, excess, capacity, lock_key)),
  part as (
    select pool, bucket, lock_key, false as excess, planned as amount from change where planned <> 0
    union all
    select pool, bucket, lock_key, true, excess from change where excess <> 0),
  emptied as (
    delete from pool_use as used using part where used.course = $1::uuid and used.pool = part.pool
      and used.bucket = part.bucket and used.excess = part.excess and used.amount + part.amount = 0
    returning used.pool, used.bucket, used.overbooked),
  changed as (
    update pool_use as used set amount = used.amount + part.amount,
      overbooked = least(used.overbooked, used.amount + part.amount) from part
    where used.course = $1::uuid and used.pool = part.pool and used.bucket = part.bucket
      and used.excess = part.excess and used.amount + part.amount <> 0
    returning new.pool, new.bucket, old.overbooked - new.overbooked as overbooked),
  freed as (
    select pool, bucket, sum(overbooked)::integer as overbooked
    from (select * from emptied union all select * from changed) as gone group by 1, 2),
  added as (
    insert into pool_use (course, pool, bucket, excess, hub, lock_key, amount)
    select $1::uuid, pool, bucket, excess, $2, lock_key, amount from part
    where not exists (select from pool_use as used where used.course = $1::uuid
      and used.pool = part.pool and used.bucket = part.bucket and used.excess = part.excess)),
  counted as (
    update pool_bucket as known set planned = known.planned + change.planned,
      actual_excess = known.actual_excess + change.excess,
      overbooked = known.overbooked - coalesce((select freed.overbooked from freed
        where freed.pool = known.pool and freed.bucket = known.bucket), 0)
    from change where known.pool = change.pool and known.bucket = change.bucket)
  insert into pool_bucket (pool, bucket, hub, lock_key, capacity, planned, actual_excess)
  select pool, bucket, $2, lock_key, capacity, planned, excess from change
  where not exists (select from pool_bucket as known
    where known.pool = change.pool and known.bucket = change.bucket)`;
