import type { Run } from "@carehub/database/pool";
import { type Availability, beamBucketMinutes } from "../domain/availability.ts";
import { type Demand, horizonOf, poolsOf, resourcesOf } from "../domain/demand.ts";
import type { Pool } from "../domain/hub.ts";
import { poolName, resourceName } from "../domain/names.ts";

type Reader = { readonly run: Run };

/** What is taken, and whether the hub has holds past their release time that could give way. */
export type Taken = { readonly availability: Availability; readonly hasLapsed: boolean };

type Row = {
  readonly kind: "resource" | "pool" | "lapsed";
  readonly name: string;
  /** Starts, or buckets. */
  readonly first: readonly number[];
  /** Ends, or what is used. */
  readonly second: readonly number[];
};

/**
 * Reads from the primary what is taken of everything that a demand can touch: one statement, so one moment. Adjacent
 * rows of a resource come as one. With `exceptLapsed`, holds past their release time count as free.
 */
export async function readAvailability(
  db: Reader,
  demand: Demand,
  { exceptLapsed }: { readonly exceptLapsed: boolean },
): Promise<Taken> {
  const { document, time } = demand;
  const { firstDay, lastDay } = horizonOf(demand);
  const ids = resourcesOf(demand);
  const pools = poolsOf(demand);
  const start = time.startOf(firstDay);
  const end = time.startOf(lastDay + 2);
  const isBed = (pool: Pool) => pool.kind === "BED";
  const idByName = new Map([
    ...ids.map((id) => [resourceName(document.name, id), id] as const),
    ...pools.map(({ id }) => [poolName(document.name, id), id] as const),
  ]);
  const rows = await db.run<Row>(
    exceptLapsed ? "availability-except-lapsed" : "availability",
    exceptLapsed ? exceptLapsedSql : takenSql,
    [
      ids.map((id) => resourceName(document.name, id)),
      start,
      end,
      pools.map(({ id }) => poolName(document.name, id)),
      pools.map((pool) => (isBed(pool) ? firstDay : Math.floor(start / beamBucketMinutes))),
      pools.map((pool) => (isBed(pool) ? lastDay + 1 : Math.ceil(end / beamBucketMinutes))),
      document.name,
    ],
  );
  const busy = new Map<string, { start: number; end: number }[]>();
  const used = new Map<string, Map<number, number>>();
  let hasLapsed = false;
  for (const { kind, name, first, second } of rows) {
    const id = idByName.get(name) ?? name;
    const pairs = first.map((value, index) => [value, second[index] ?? value] as const);
    if (kind === "lapsed") hasLapsed = true;
    else if (kind === "pool") used.set(id, new Map(pairs));
    else
      busy.set(
        id,
        pairs.map(([start, end]) => ({ start, end })),
      );
  }
  return { availability: { busy, used }, hasLapsed };
}

const minutesOf = (bound: "lower" | "upper") => `array(
  select (extract(epoch from ${bound}(span)) / 60)::integer from unnest(spans) as span order by span)`;

const isLapsed = "course.state = 'HELD' and course.release_at <= app.now()";

function sql({ join, where, lapsed }: { join: string; where: string; lapsed: string }): string {
  return `
    select 'resource' as kind, resource as name, ${minutesOf("lower")} as first,
      ${minutesOf("upper")} as second
    from (
      select resource, range_agg(during) as spans
      from reservation ${join}
      where resource = any ($1::text[])
        and during && tstzrange(to_timestamp($2::integer * 60.0), to_timestamp($3::integer * 60.0))
        ${where}
      group by resource) as taken
    union all
    select 'pool', bucket.pool, array_agg(bucket.bucket order by bucket.bucket),
      array_agg(bucket.planned + bucket.actual_excess ${lapsed} order by bucket.bucket)
    from unnest($4::text[], $5::integer[], $6::integer[]) as asked (pool, first, last)
    join pool_bucket as bucket on bucket.pool = asked.pool
      and bucket.bucket between asked.first and asked.last
    group by bucket.pool
    union all
    select 'lapsed', '', '{}'::integer[], '{}'::integer[]
    where exists (select from course where hub = $7 and ${isLapsed})`;
}

const takenSql = sql({ join: "", where: "", lapsed: "" });
const exceptLapsedSql = sql({
  join: "left join course on course.id = reservation.course",
  where: `and not coalesce(${isLapsed}, false)`,
  lapsed: `- coalesce((
    select sum(amount) from pool_use join course on course.id = pool_use.course
    where pool_use.pool = bucket.pool and pool_use.bucket = bucket.bucket
      and not pool_use.excess and ${isLapsed}), 0)::integer`,
});
