import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import type { PoolUse } from "../domain/availability.ts";

/** A pool that holds more than its capacity on some days, and the courses that were to come then. */
export type Shortfall = {
  readonly pool: string;
  readonly days: readonly number[];
  readonly courses: readonly Uuid[];
};

/** Of these buckets, those that are now over their capacity, by pool; the course itself displaces nobody. */
export function findShortfalls(
  db: { readonly run: Run },
  course: Uuid,
  uses: readonly PoolUse[],
): Promise<Shortfall[]> {
  return db.run<Shortfall>("shortfalls", shortfallSql, [
    course,
    uses.map(({ pool }) => pool),
    uses.map(({ bucket }) => bucket),
  ]);
}

// Who is in treatment stays; who has not come yet is displaced.
const shortfallSql = `
  select short.pool, array_agg(distinct short.bucket order by short.bucket) as days,
    coalesce(array_agg(distinct course.id::text) filter (where course.id is not null), '{}') as courses
  from (
    select known.pool, known.bucket
    from unnest($2::text[], $3::integer[]) as asked (pool, bucket)
    join pool_bucket as known on known.pool = asked.pool and known.bucket = asked.bucket
    where known.planned + known.actual_excess > known.capacity) as short
  left join pool_use on pool_use.pool = short.pool and pool_use.bucket = short.bucket
    and not pool_use.excess and pool_use.course <> $1::uuid
  left join course on course.id = pool_use.course and course.state in ('HELD', 'BOOKED')
  group by short.pool order by short.pool`;
