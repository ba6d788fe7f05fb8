import type { Run } from "@carehub/database/pool";
import { type Availability, beamBucketMinutes } from "../domain/availability.ts";
import { type Demand, horizonOf, poolsOf, resourcesOf } from "../domain/demand.ts";
import type { HubDocument, Pool } from "../domain/hub.ts";
import type { Day } from "../domain/hub-time.ts";
import { poolName, resourceName } from "../domain/names.ts";
import { boundedPools } from "../domain/overflow-rule.ts";
import { presenceBranches } from "./stay-risk-store.ts";

type Reader = { readonly run: Run };

/** What is taken, and whether the hub has holds past their release time that could give way. */
export type Taken = {
  readonly availability: Availability;
  readonly hasLapsed: boolean;
};

type Row = {
  readonly kind: "resource" | "pool" | "presence" | "uncertain" | "lapsed";
  readonly name: string;
  /** Starts, or buckets. */
  readonly first: readonly number[];
  /** Ends, what is used, or probabilities. */
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
  const bounded = boundedPools(document.pools, demand.stays);
  const isBed = (pool: Pool) => pool.kind === "BED";
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
      bounded.map(({ id }) => poolName(document.name, id)),
    ],
  );
  const names = [
    ...ids.map((id) => [resourceName(document.name, id), id] as const),
    ...pools.map(({ id }) => [poolName(document.name, id), id] as const),
  ];
  return toTaken(rows, new Map(names));
}

/** Days of a pool of beds, both inclusive. */
export type PoolDays = { readonly pool: string; readonly first: Day; readonly last: Day };

/** Reads from the primary who is in these pools of a hub, certainly or not; by the pools' ids, and nothing else. */
export async function readPresences(
  db: Reader,
  { name }: Pick<HubDocument, "name">,
  days: readonly PoolDays[],
): Promise<Availability> {
  const names = days.map(({ pool }) => poolName(name, pool));
  const rows = await db.run<Row>("availability-presences", presencesSql, [
    names,
    days.map(({ first }) => first),
    days.map(({ last }) => last),
  ]);
  return toTaken(rows, new Map(days.map(({ pool }, index) => [names[index] ?? "", pool])))
    .availability;
}

function toTaken(rows: readonly Row[], idByName: ReadonlyMap<string, string>): Taken {
  const busy = new Map<string, { start: number; end: number }[]>();
  const used = new Map<string, Map<number, number>>();
  const uncertain = new Map<string, Map<number, number>>();
  const presences = new Map<string, Map<number, number[]>>();
  let hasLapsed = false;
  for (const { kind, name, first, second } of rows) {
    const id = idByName.get(name) ?? name;
    const pairs = first.map((value, index) => [value, second[index] ?? value] as const);
    switch (kind) {
      case "resource":
        busy.set(
          id,
          pairs.map(([start, end]) => ({ start, end })),
        );
        break;
      case "pool":
        used.set(id, new Map(pairs));
        break;
      case "presence":
        presences.set(id, listsOf(pairs));
        break;
      case "uncertain":
        uncertain.set(id, new Map(pairs));
        break;
      case "lapsed":
        hasLapsed = true;
        break;
      default:
        kind satisfies never;
    }
  }
  return { availability: { busy, used, uncertain, presences }, hasLapsed };
}

function listsOf(pairs: readonly (readonly [number, number])[]): Map<number, number[]> {
  const lists = Map.groupBy(pairs, ([bucket]) => bucket);
  return new Map(
    [...lists].map(([bucket, list]) => [bucket, list.map(([, presence]) => presence)]),
  );
}

const minutesOf = (bound: "lower" | "upper") => `array(
  select (extract(epoch from ${bound}(span)) / 60)::integer from unnest(spans) as span order by span)`;

const isLapsed = "course.state = 'HELD' and course.release_at <= app.now()";

type Leaving = {
  readonly join: string;
  readonly where: string;
  readonly planned: string;
  readonly courses?: string;
};

// Resource by resource: the key's index cannot look for several at once, and would read the time of every hub. A value
// that comes by a select of its own tells the planner nothing, so that it keeps one plan instead of making it anew for
// each call, which takes three times as long as the reading.
function sql({ join, where, planned, courses }: Leaving): string {
  return `
    with asked as (select * from unnest((select $4::text[]), (select $5::integer[]), (select $6::integer[]))
        as asked (pool, first, last)),
    bounded as (select * from asked where pool = any ((select $8::text[])::text[]))
    select 'resource' as kind, resource as name, ${minutesOf("lower")} as first,
      ${minutesOf("upper")} as second
    from unnest((select $1::text[])) as asked_for (resource) cross join lateral (
      select range_agg(during) as spans
      from reservation ${join}
      where reservation.resource = asked_for.resource
        and during && tstzrange(
          to_timestamp((select $2::integer) * 60.0), to_timestamp((select $3::integer) * 60.0))
        ${where}) as taken
    where spans is not null
    union all
    ${placesBranch(planned)}
    union all
    ${presenceBranches("bounded", courses)}
    union all
    select 'lapsed', '', '{}'::integer[], '{}'::integer[]
    where exists (select from course where hub = (select $7::text) and ${isLapsed})`;
}

function placesBranch(planned: string): string {
  return `
    select 'pool' as kind, bucket.pool as name, array_agg(bucket.bucket order by bucket.bucket) as first,
      array_agg(bucket.planned + bucket.actual_excess ${planned} order by bucket.bucket) as second
    from asked join pool_bucket as bucket on bucket.pool = asked.pool
      and bucket.bucket between asked.first and asked.last
    group by bucket.pool`;
}

const takenSql = sql({ join: "", where: "", planned: "" });
const exceptLapsedSql = sql({
  join: "left join course on course.id = reservation.course",
  where: `and not coalesce(${isLapsed}, false)`,
  planned: `- coalesce((
    select sum(amount) from pool_use join course on course.id = pool_use.course
    where pool_use.pool = bucket.pool and pool_use.bucket = bucket.bucket
      and not pool_use.excess and ${isLapsed}), 0)::integer`,
  courses: isLapsed,
});
const presencesSql = `
  with asked as (select * from unnest($1::text[], $2::integer[], $3::integer[]) as asked (pool, first, last))
  ${placesBranch("")} union all ${presenceBranches("asked")}`;
