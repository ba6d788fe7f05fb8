import type { Run } from "@carehub/database/pool";
import type { TimedHub } from "../domain/demand.ts";
import { type Day, instantOfMinute } from "../domain/hub-time.ts";
import { poolName, resourceName } from "../domain/names.ts";

/** What was booked and used of a hub in a range of days. */
export type HubUsage = {
  readonly resources: readonly {
    readonly resource: string;
    readonly bookedMinutes: bigint;
    readonly heldMinutes: bigint;
    readonly usedMinutes: bigint;
  }[];
  readonly pools: readonly {
    readonly pool: string;
    readonly plannedDays: bigint;
    readonly excessDays: bigint;
    readonly capacityDays: bigint;
  }[];
};

type ResourceRow = { resource: string; booked: number; held: number; used: number };
type PoolRow = { pool: string; planned: bigint; excess: bigint };

/** Sums the rows of a hub between two days, both inclusive, in the hub's zone. */
export async function readUsage(
  db: { readonly run: Run },
  { document, time }: TimedHub,
  days: { readonly first: Day; readonly last: Day },
): Promise<HubUsage> {
  const { name, resources, pools } = document;
  const from = instantOfMinute(time.startOf(days.first));
  const to = instantOfMinute(time.startOf(days.last + 1));
  const resourceRows = await db.run<ResourceRow>("usage-resources", resourceSql, [name, from, to]);
  const beds = pools.filter(({ kind }) => kind === "BED");
  const poolRows = await db.run<PoolRow>("usage-pools", poolSql, [name, days.first, days.last]);
  const byResource = new Map(resourceRows.map((row) => [row.resource, row]));
  const byPool = new Map(poolRows.map((row) => [row.pool, row]));
  const length = BigInt(days.last - days.first + 1);
  return {
    resources: resources
      .map(({ id }) => resourceName(name, id))
      .toSorted()
      .map((resource) => {
        const { booked = 0, held = 0, used = 0 } = byResource.get(resource) ?? {};
        const minutes = (part: number) => BigInt(Math.round(part));
        return {
          resource,
          bookedMinutes: minutes(booked),
          heldMinutes: minutes(held),
          usedMinutes: minutes(used),
        };
      }),
    pools: beds
      .map(({ id, capacity }) => ({ pool: poolName(name, id), capacity }))
      .toSorted((one, other) => (one.pool < other.pool ? -1 : 1))
      .map(({ pool, capacity }) => {
        const { planned = 0n, excess = 0n } = byPool.get(pool) ?? {};
        const capacityDays = BigInt(capacity) * length;
        return { pool, plannedDays: planned, excessDays: excess, capacityDays };
      }),
  };
}

// What reaches over the edges of the range counts with the part inside. Used is what was recorded.
const resourceSql = `
  with kept as (
    select reservation.resource, course.state = 'HELD' as held,
      extract(epoch from least(upper(during), $3::timestamptz) - greatest(lower(during), $2::timestamptz))
        / 60 as minutes
    from reservation join course on course.id = reservation.course
    where reservation.hub = $1 and reservation.kind = 'SESSION'
      and during && tstzrange($2::timestamptz, $3::timestamptz)),
  used as (
    select recorded->>'site' as resource,
      extract(epoch from (recorded->>'endAt')::timestamptz - (recorded->>'startAt')::timestamptz)
        / 60 as minutes
    from course cross join jsonb_array_elements(facts->'recorded') as recorded
    where hub = $1 and state in ('IN_TREATMENT', 'INTERRUPTED', 'ENDED')
      and (recorded->>'startAt')::timestamptz >= $2::timestamptz
      and (recorded->>'startAt')::timestamptz < $3::timestamptz)
  select resource, sum(booked)::float8 as booked, sum(held)::float8 as held, sum(used)::float8 as used
  from (
    select resource, case when held then 0 else minutes end as booked,
      case when held then minutes else 0 end as held, 0 as used from kept
    union all
    select resource, 0, 0, minutes from used) as parts
  group by resource`;

const poolSql = `
  select pool, sum(planned) as planned, sum(actual_excess) as excess from pool_bucket
  where hub = $1 and bucket between $2 and $3 group by pool`;
