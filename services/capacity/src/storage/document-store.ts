import type { Run } from "@carehub/database/pool";
import type { BucketsByKind } from "../domain/availability.ts";
import type { HubDocument } from "../domain/hub.ts";
import { dayOfDate, type Minute } from "../domain/hub-time.ts";
import { poolName } from "../domain/names.ts";
import type { ClosureSpan, KeptPlace, KeptSession } from "../domain/stranded.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** Every use of the hub's resources that is not over and belongs to a course. */
export function readKeptSessions(db: Reader, hub: string): Promise<KeptSession[]> {
  return db.run<KeptSession>(
    "document-kept-sessions",
    `select reservation.resource, reservation.course,
       (extract(epoch from lower(during)) / 60)::integer as start,
       (extract(epoch from upper(during)) / 60)::integer as "end",
       ${lapsedSql} as lapsed
     from reservation join course on course.id = reservation.course
     where reservation.hub = $1 and reservation.kind = 'SESSION' and upper(during) > app.now()
     order by during, resource`,
    [hub],
  );
}

/** Everything that courses use of the hub's pools, with the plan of its bucket but for what overrides opened. */
export function readKeptBeds(db: Reader, hub: string): Promise<KeptPlace[]> {
  return db.run<KeptPlace>(
    "document-kept-beds",
    `select pool_use.pool, pool_use.bucket, known.planned - known.overbooked as planned,
       pool_use.course, ${lapsedSql} as lapsed
     from pool_use
     join pool_bucket as known on known.pool = pool_use.pool and known.bucket = pool_use.bucket
     join course on course.id = pool_use.course
     where pool_use.hub = $1 and not pool_use.excess and course.state in ('HELD', 'BOOKED', 'IN_TREATMENT', 'INTERRUPTED')
     order by pool_use.bucket, pool_use.pool, pool_use.course`,
    [hub],
  );
}

/** Puts the document's closures in the place of those that the hub had, under the locks of all its resources. */
export async function replaceClosures(
  tx: Reader,
  hub: string,
  closures: readonly ClosureSpan[],
): Promise<void> {
  await tx.run(
    "document-closures-delete",
    "delete from reservation where hub = $1 and kind not in ('SESSION', 'EXTERNAL')",
    [hub],
  );
  await addClosures(tx, hub, closures);
}

/** Adds closures under the locks of their resources; they leave out what took place, and what still waits to be moved. */
export async function addClosures(
  tx: Reader,
  hub: string,
  closures: readonly ClosureSpan[],
): Promise<void> {
  if (closures.length === 0) return;
  await tx.run(
    "document-closures-insert",
    `insert into reservation (resource, during, hub, lock_key, kind, reason)
     select closure.resource, span, $1, closure.lock_key, closure.kind, closure.reason
     from unnest($2::text[], $3::integer[], $4::integer[], $5::text[], $6::text[], $7::bigint[])
       as closure (resource, start, "end", kind, reason, lock_key)
     cross join lateral unnest(tstzmultirange(
         tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0)))
       - coalesce((select range_agg(during) from reservation as taken
           where taken.resource = closure.resource and taken.during
             && tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0))),
         '{}'::tstzmultirange)) as span`,
    [
      hub,
      closures.map(({ resource }) => resource),
      closures.map(({ start }) => start),
      closures.map(({ end }) => end),
      closures.map(({ kind }) => kind),
      closures.map(({ reason }) => reason),
      closures.map(({ resource }) => lockKeyOf(resource)),
    ],
  );
}

/**
 * Closes what the hub's document closes of times that a course gave back, under the locks of their resources: where it
 * was booked before the closure, nobody else may come in once it is gone.
 */
export async function closeFreed(
  tx: Reader,
  hub: string,
  times: readonly { readonly resource: string; readonly start: Minute; readonly end: Minute }[],
): Promise<void> {
  await tx.run("document-close-freed", closeFreedSql, [
    hub,
    times.map(({ resource }) => resource),
    times.map(({ start }) => start),
    times.map(({ end }) => end),
    times.map(({ resource }) => lockKeyOf(resource)),
  ]);
}

const closeFreedSql = `
  with freed as (
    select resource, lock_key,
      tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0)) as during
    from unnest($2::text[], $3::integer[], $4::integer[], $5::bigint[])
      as freed (resource, start, "end", lock_key)),
  closure as (
    select closed->'resources' as ids, closed->>'kind' as kind, closed->>'reason' as reason, tstzrange(
      (closed->>'firstDate')::timestamp at time zone (document->>'zone')
        + make_interval(mins => (closed->>'start')::integer),
      (closed->>'lastDate')::timestamp at time zone (document->>'zone')
        + make_interval(mins => (closed->>'end')::integer)) as during
    from hub cross join lateral jsonb_array_elements(document->'closures') as closed where name = $1),
  shut as (
    select resource, lock_key, min(kind) as kind, min(reason) as reason,
      range_agg(closure.during * freed.during) as during
    from freed join closure on closure.during && freed.during
      and (ids = '[]' or ids ? substring(resource from '[^/]+$'))
    group by resource, lock_key)
  insert into reservation (resource, during, hub, lock_key, kind, reason)
  select shut.resource, span, $1, lock_key, kind, reason from shut
  cross join lateral unnest(shut.during - coalesce((
    select range_agg(taken.during) from reservation as taken
    where taken.resource = shut.resource and taken.during && shut.during), '{}'::tstzmultirange)) as span`;

/**
 * Gives the buckets of the hub's pools the document's capacity where their plan fits it; the past keeps what it had.
 */
export async function setCapacities(
  tx: Reader,
  { name, pools }: HubDocument,
  from: BucketsByKind,
): Promise<void> {
  const changes = pools.flatMap((pool) =>
    (pool.changes ?? []).map((change) => ({ ...change, pool: poolName(name, pool.id) })),
  );
  await tx.run("document-capacities", setCapacitiesSql, [
    pools.map(({ id }) => poolName(name, id)),
    pools.map(({ capacity }) => capacity),
    pools.map(({ kind }) => from[kind]),
    changes.map(({ pool }) => pool),
    changes.map(({ firstDate }) => dayOfDate(firstDate)),
    changes.map(({ lastDate }) => dayOfDate(lastDate)),
    changes.map(({ capacity }) => capacity),
  ]);
}

// Of the changes that name a day the last one in the document counts.
const setCapacitiesSql = `
  with change as (
    select * from unnest($4::text[], $5::integer[], $6::integer[], $7::integer[]) with ordinality
      as change (pool, first, last, capacity, place)),
  wanted as (
    select known.pool, known.bucket, coalesce((
        select change.capacity from change
        where change.pool = known.pool and known.bucket between change.first and change.last
        order by place desc limit 1), pool.capacity) as capacity
    from pool_bucket as known
    join unnest($1::text[], $2::integer[], $3::integer[]) as pool (name, capacity, first)
      on known.pool = pool.name and known.bucket >= pool.first)
  update pool_bucket as known set capacity = wanted.capacity from wanted
  where known.pool = wanted.pool and known.bucket = wanted.bucket
    and known.capacity <> wanted.capacity
    and known.planned - known.overbooked <= wanted.capacity`;

const lapsedSql = "(course.state = 'HELD' and course.release_at <= app.now())";
