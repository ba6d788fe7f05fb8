import type { Run } from "@carehub/database/pool";
import type { BucketsByKind } from "../domain/availability.ts";
import type { ExternalBooking } from "../domain/external-booking.ts";
import type { ConflictRow } from "../domain/external-conflict.ts";
import { halfHoursOf, minutesIn } from "./half-hours.ts";

type Reader = { readonly run: Run };

/** Where conflicts are looked for: everything that reaches into the range and is not over. */
export type ConflictRange = {
  readonly hub: string;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
  /** The buckets before are over. */
  readonly first: BucketsByKind;
};

/**
 * What these bookings meet, by their beginning. The range covers them whole: of a full pool's day the bookings that were
 * imported last are the ones that do not fit.
 */
export function readConflicts(
  db: Reader,
  { hub, from, to, first }: ConflictRange,
  keys: readonly Pick<ExternalBooking, "source" | "sourceId">[],
): Promise<ConflictRow[]> {
  return db.run<ConflictRow>(
    "external-conflicts",
    `with asked as (
       select * from unnest($6::text[], $7::text[]) with ordinality as asked (source, source_id, place)),
     ${conflictsOf("and (source, source_id) in (select source, source_id from asked)")}
     select source, source_id as "sourceId", kind, at, course, is_bed as "isBed", start, "end"
     from conflict join asked using (source, source_id) order by asked.place, start, at, course`,
    [
      ...[hub, from, to, first.BED, first.BEAM],
      keys.map(({ source }) => source),
      keys.map(({ sourceId }) => sourceId),
    ],
  );
}

/** The keys of all bookings of the range that meet something. */
export async function readConflicting(db: Reader, range: ConflictRange): Promise<Set<string>> {
  const { hub, from, to, first } = range;
  const rows = await db.run<{ key: string }>(
    "external-conflicting",
    `with ${conflictsOf("")} select distinct source || ' ' || source_id as key from conflict`,
    [hub, from, to, first.BED, first.BEAM],
  );
  return new Set(rows.map(({ key }) => key));
}

const live = "('HELD', 'BOOKED', 'IN_TREATMENT', 'INTERRUPTED')";

// Beds and beam are counted with all that the range has, whatever is asked for. Materialized, so that what is asked for is found
// by hash: the planner, which does not know how much it is, would scan the hub's bookings for each.
const conflictsOf = (whichTimes: string) => `
  booked as materialized (
    select * from external_booking where hub = $1 and status = 'BOOKED'
      and start_at < $3 and end_at > $2 and end_at > app.now()),
  booked_time as (
    select source, source_id, resource, during from booked where resource is not null ${whichTimes}),
  place as (
    select source, source_id, created_at, pool, day as bucket, beds as amount, true as is_bed
    from booked cross join generate_series(greatest(first_day, $4), last_day) as day
    where pool is not null
    union all
    select source, source_id, created_at, beam_pool, half_hour, ${minutesIn("half_hour")}, false
    from booked cross join ${halfHoursOf("beam", "$5::integer")} as half_hour
    where beam is not null),
  -- Which of the bookings of a bucket no longer fits is told by the sum of those before it.
  needed as (
    select *, sum(amount) over (partition by pool, bucket order by created_at, source, source_id) as upto
    from place),
  short as (
    select needed.*, known.pool is not null and exists (
      select from pool_use join course on course.id = pool_use.course
      where pool_use.pool = needed.pool and pool_use.bucket = needed.bucket and not excess
        and course.state in ${live}) as has_courses
    from needed left join pool_bucket as known
      on known.pool = needed.pool and known.bucket = needed.bucket
    where upto > coalesce(known.external, 0)),
  place_conflict as (
    select source, source_id, short.pool, is_bed, pool_use.course,
      range_agg(int4range(short.bucket, short.bucket + 1)) as buckets
    from short
    left join (pool_use join course on course.id = pool_use.course and course.state in ${live})
      on has_courses and pool_use.pool = short.pool and pool_use.bucket = short.bucket and not excess
    group by source, source_id, short.pool, is_bed, pool_use.course),
  conflict as (
    select source, source_id, case when kept.kind = 'SESSION' then 'COURSE' else 'CLOSURE' end as kind,
      kept.resource as at, kept.course, false as is_bed,
      (extract(epoch from lower(kept.during * booked_time.during)) / 60)::integer as start,
      (extract(epoch from upper(kept.during * booked_time.during)) / 60)::integer as "end"
    from booked_time join reservation as kept on kept.resource = booked_time.resource
      and kept.during && booked_time.during and kept.kind <> 'EXTERNAL'
    union all
    select source, source_id, case when course is null then 'CAPACITY' else 'COURSE' end, pool, course,
      is_bed, lower(span) * minutes, upper(span) * minutes
    from place_conflict cross join lateral unnest(buckets) as span
    cross join lateral (select case when is_bed then 1 else 30 end) as bucket (minutes))`;
