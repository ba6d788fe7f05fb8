import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";

/** A pool that holds more than its capacity on some days, and the courses that were to come then. */
export type Shortfall = {
  readonly pool: string;
  readonly days: readonly number[];
  /** Who should be postponed first comes first: the least urgent, of these the one booked last. */
  readonly courses: readonly Uuid[];
};

/** Of these buckets, those that are now over their capacity, by pool; the course itself displaces nobody. */
export function findShortfalls(
  db: { readonly run: Run },
  course: Uuid,
  uses: readonly { readonly pool: string; readonly bucket: number }[],
): Promise<Shortfall[]> {
  return db.run<Shortfall>("shortfalls", shortfallSql, [
    course,
    uses.map(({ pool }) => pool),
    uses.map(({ bucket }) => bucket),
  ]);
}

// Who is in treatment stays; who has not come yet is displaced, and before all others who is not even booked.
const shortfallSql = `
  with short as (
    select distinct known.pool, known.bucket
    from unnest($2::text[], $3::integer[]) as asked (pool, bucket)
    join pool_bucket as known on known.pool = asked.pool and known.bucket = asked.bucket
    where known.planned + known.actual_excess > known.capacity + known.overbooked),
  displaced as (
    select distinct short.pool, course.id, course.created_at,
      case course.facts->>'priority' when 'EMERGENCY' then 1 when 'URGENT' then 2 else 3 end as rank,
      case when course.state = 'BOOKED' then coalesce(
        (course.facts->>'bookedAt')::timestamptz, course.created_at) end as booked_at
    from short join pool_use on pool_use.pool = short.pool and pool_use.bucket = short.bucket
      and not pool_use.excess and pool_use.course <> $1::uuid
    join course on course.id = pool_use.course and course.state in ('HELD', 'BOOKED'))
  select short.pool, array_agg(short.bucket order by short.bucket) as days, coalesce((
    select array_agg(id::text order by rank desc, booked_at desc nulls first, created_at desc, id)
    from displaced where displaced.pool = short.pool), '{}') as courses
  from short group by short.pool order by short.pool`;
