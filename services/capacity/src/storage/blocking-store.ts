import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import type { HeldUse } from "../domain/hold.ts";
import type { Keeper } from "../domain/unavailable.ts";
import type { PlaceUse } from "./reservation-store.ts";

type Reader = { readonly run: Run };

const keepersMax = 50;

/** What keeps these resources at these times; a hold past its release time is still a hold. */
export function readKeepers(db: Reader, uses: readonly HeldUse[]): Promise<Keeper[]> {
  return db.run<Keeper>("blocking-keepers", keepersSql, [...columnsOf(uses), keepersMax]);
}

/**
 * The courses whose holds have passed their release time and are in the way of these uses: all that overlap in time,
 * and of those in a pool as many as free enough, the longest lapsed first.
 */
export async function findLapsed(
  db: Reader,
  uses: readonly HeldUse[],
  poolUses: readonly Omit<PlaceUse, "capacity">[],
): Promise<Uuid[]> {
  const overlapping = await db.run<{ course: Uuid }>("blocking-lapsed", lapsedSql, columnsOf(uses));
  const courses = new Set(overlapping.map(({ course }) => course));
  type Row = { course: Uuid; pool: string; bucket: number; amount: number; missing: number };
  const inPools = await db.run<Row>("blocking-lapsed-pools", lapsedPoolsSql, [
    poolUses.map(({ pool }) => pool),
    poolUses.map(({ bucket }) => bucket),
    poolUses.map(({ amount }) => amount),
    poolUses.map(({ reserve, overbooked = 0 }) => reserve - overbooked),
  ]);
  const buckets = Map.groupBy(inPools, ({ pool, bucket }) => `${pool} ${bucket}`);
  for (const rows of buckets.values()) {
    const freed = rows.filter(({ course }) => courses.has(course));
    let missing = (rows[0]?.missing ?? 0) - freed.reduce((sum, { amount }) => sum + amount, 0);
    for (const { course, amount } of rows) {
      if (missing <= 0) break;
      if (courses.has(course)) continue;
      courses.add(course);
      missing -= amount;
    }
  }
  return [...courses];
}

function columnsOf(uses: readonly HeldUse[]): unknown[] {
  return [
    uses.map(({ resource }) => resource),
    uses.map(({ start }) => start),
    uses.map(({ end }) => end),
  ];
}

const overlapSql = `
  from unnest($1::text[], $2::integer[], $3::integer[]) as wanted (resource, start, "end")
  join reservation on reservation.resource = wanted.resource and reservation.during
    && tstzrange(to_timestamp(wanted.start * 60.0), to_timestamp(wanted."end" * 60.0))`;

const keepersSql = `
  select distinct reservation.resource,
    (extract(epoch from lower(during)) / 60)::integer as start,
    (extract(epoch from upper(during)) / 60)::integer as "end",
    case when kind = 'EXTERNAL' then 'EXTERNAL' when kind <> 'SESSION' then 'CLOSURE'
      when course.state = 'HELD' then 'HOLD' else 'BOOKING' end as kind
  ${overlapSql} left join course on course.id = reservation.course
  order by start, resource limit $4`;

const lapsedSql = `
  select distinct reservation.course ${overlapSql}
  join course on course.id = reservation.course
  where course.state = 'HELD' and course.release_at <= app.now() order by course`;

const lapsedPoolsSql = `
  select pool_use.course, pool_use.pool, pool_use.bucket, pool_use.amount,
    known.planned + known.actual_excess + wanted.amount + wanted.reserve - known.capacity as missing
  from unnest($1::text[], $2::integer[], $3::integer[], $4::integer[])
    as wanted (pool, bucket, amount, reserve)
  join pool_bucket as known on known.pool = wanted.pool and known.bucket = wanted.bucket
    and known.planned + known.actual_excess + wanted.amount + wanted.reserve > known.capacity
  join pool_use on pool_use.pool = wanted.pool and pool_use.bucket = wanted.bucket
    and not pool_use.excess
  join course on course.id = pool_use.course
  where course.state = 'HELD' and course.release_at <= app.now()
  order by course.release_at, course.id`;
