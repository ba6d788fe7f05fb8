import type { Run } from "@carehub/database/pool";
import { beamBucketMinutes } from "../domain/availability.ts";
import type { HubDocument } from "../domain/hub.ts";
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

/** Everything that courses use of the hub's pools, with the plan of its bucket. */
export function readKeptBeds(db: Reader, hub: string): Promise<KeptPlace[]> {
  return db.run<KeptPlace>(
    "document-kept-beds",
    `select pool_use.pool, pool_use.bucket, known.planned, pool_use.course, ${lapsedSql} as lapsed
     from pool_use
     join pool_bucket as known on known.pool = pool_use.pool and known.bucket = pool_use.bucket
     join course on course.id = pool_use.course
     where pool_use.hub = $1 and not pool_use.excess and course.state in ('HELD', 'BOOKED', 'IN_TREATMENT')
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
    "delete from reservation where hub = $1 and kind <> 'SESSION'",
    [hub],
  );
  if (closures.length === 0) return;
  // A closure that began before now leaves out what took place under it.
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
 * Gives the buckets of the hub's pools the document's capacity where their plan fits it; the past keeps what it had.
 */
export async function setCapacities(
  tx: Reader,
  { name, pools }: HubDocument,
  from: { readonly day: number; readonly minute: number },
): Promise<void> {
  const firstBucket = { BED: from.day, BEAM: Math.floor(from.minute / beamBucketMinutes) };
  await tx.run(
    "document-capacities",
    `update pool_bucket as known set capacity = pool.capacity
     from unnest($1::text[], $2::integer[], $3::integer[]) as pool (name, capacity, first)
     where known.pool = pool.name and known.bucket >= pool.first
       and known.capacity <> pool.capacity and known.planned <= pool.capacity`,
    [
      pools.map(({ id }) => poolName(name, id)),
      pools.map(({ capacity }) => capacity),
      pools.map(({ kind }) => firstBucket[kind]),
    ],
  );
}

const lapsedSql = "(course.state = 'HELD' and course.release_at <= app.now())";
