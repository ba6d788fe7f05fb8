import type { Database } from "@carehub/database/pool";
import { rejectedCourses } from "../wire/rejected-courses.builder.ts";

const isOf = (kind: "BED" | "BEAM") => `exists (
      select from hub, jsonb_array_elements(document->'pools') as part
      where hub.name = known.hub and hub.name || '/pools/' || (part->>'id') = known.pool
        and part->>'kind' = '${kind}')`;

/*
 * No double booking, asked of the rows themselves: every query names what breaks a rule, so all must be empty.
 */
const queries: Readonly<Record<string, string>> = {
  overlaps: `select one.resource, one.during::text from reservation as one
    join reservation as other on one.resource = other.resource and one.during && other.during
      and one.during <> other.during`,
  "sessions without a live course": `select reservation.course from reservation
    left join course on course.id = reservation.course
    where kind = 'SESSION' and (course.id is null or state not in ('HELD','BOOKED','IN_TREATMENT','INTERRUPTED','ENDED'))`,
  "courses with a part of their sessions": `select course.id from course
    left join reservation on reservation.course = course.id
    where state in ('HELD', 'BOOKED') group by course.id
    having count(reservation.course) <> (
      select coalesce(sum(jsonb_array_length(part->'uses')), 0)
      from jsonb_array_elements(course.facts->'hold'->'sessions'
        || coalesce(course.facts->'hold'->'preparation', '[]')) as part)`,
  "pools whose plan is not the sum of its uses": `select known.pool, known.bucket from pool_bucket as known
    left join pool_use on pool_use.pool = known.pool and pool_use.bucket = known.bucket
    group by known.pool, known.bucket
    having known.planned <> coalesce(sum(amount) filter (where not excess), 0) + known.external
      or known.actual_excess <> coalesce(sum(amount) filter (where excess), 0)`,
  "places of courses that keep nothing": `select pool_use.course from pool_use
    left join course on course.id = pool_use.course
    where course.id is null or state not in ('HELD','BOOKED','IN_TREATMENT','INTERRUPTED','ENDED')`,
  "uncertain stays of courses that keep nothing": `select distinct stay_risk.course from stay_risk
    left join course on course.id = stay_risk.course
    where course.id is null or state not in ('HELD','BOOKED','IN_TREATMENT','INTERRUPTED')`,
  "waiting courses that nobody will try": `select course.id from course left join log.due
    on due.aggregate = course.hub and due.kind = 'waiting-list'
    where state = 'WAITLISTED' and due.aggregate is null`,
  "closed cases that wait": `select id from course where state = 'WAITLISTED' and closed`,
  "pools planned beyond their capacity": `select pool, bucket from pool_bucket
    where planned > capacity + overbooked`,
  "overbooked beds that are not the sum of their uses": `select known.pool, known.bucket from pool_bucket as known
    left join pool_use on pool_use.pool = known.pool and pool_use.bucket = known.bucket
    group by known.pool, known.bucket having known.overbooked <> coalesce(sum(pool_use.overbooked), 0)`,
  "overbooked beds of courses without a used override": `select pool_use.course, pool_use.pool, pool_use.bucket
    from pool_use left join course on course.id = pool_use.course
    left join override on override.name = course.facts->'hold'->>'override'
    where pool_use.overbooked > 0 and (override.state is distinct from 'USED' or override.course <> course.id
      or course.state not in ('HELD','BOOKED','IN_TREATMENT','INTERRUPTED','ENDED'))`,
  "imported time that is free": `select source_id, resource from external_booking as booked
    where status = 'BOOKED' and end_at > app.now() and exists (
      select from hub, jsonb_array_elements(document->'resources') as known
      where hub.name = booked.hub and hub.name || '/resources/' || (known->>'id') = booked.resource)
    and not coalesce((select range_agg(kept.during) from reservation as kept
      where kept.resource = booked.resource and kept.during && booked.during), '{}') @> booked.during`,
  "kept time that was not imported": `select resource, during::text from reservation as kept
    where kind = 'EXTERNAL' and upper(during) > app.now()
    and not coalesce((select range_agg(booked.during) from external_booking as booked
      where booked.resource = kept.resource and status = 'BOOKED' and booked.during && kept.during), '{}')
      @> kept.during`,
  "imported beds that are free or too many": `select known.pool, known.bucket from pool_bucket as known
    cross join lateral (select coalesce(sum(beds), 0) as beds from external_booking as booked
      where booked.pool = known.pool and status = 'BOOKED'
        and known.bucket between first_day and last_day) as needed
    where known.bucket > extract(epoch from app.now()) / 86400 + 1 and ${isOf("BED")}
      and (external > beds or external < beds and planned + actual_excess < capacity)`,
  "imported beam that is free or too much": `select known.pool, known.bucket from pool_bucket as known
    cross join lateral (
      select coalesce(sum(extract(epoch from upper(part) - lower(part)) / 60), 0) as minutes
      from external_booking as booked cross join lateral (select beam * tstzrange(
        to_timestamp(known.bucket * 1800.0), to_timestamp(known.bucket * 1800.0 + 1800))) as cut (part)
      where booked.beam_pool = known.pool and status = 'BOOKED' and not isempty(part)) as needed
    where known.bucket > extract(epoch from app.now()) / 1800 and ${isOf("BEAM")}
      and (external > minutes or external < minutes and planned + actual_excess < capacity)`,
  "imported beam without a bucket": `select source_id, beam_pool from external_booking as booked
    where status = 'BOOKED' and lower(beam) > app.now() and not exists (
      select from pool_bucket as known where known.pool = beam_pool
        and known.bucket = floor(extract(epoch from lower(beam)) / 1800))
    and exists (select from hub, jsonb_array_elements(document->'pools') as part
      where hub.name || '/pools/' || (part->>'id') = beam_pool and (part->>'capacity')::integer > 0)`,
};

/** What breaks a rule of this service's rows, by rule; empty where nothing does. */
export async function brokenInvariants(db: Database): Promise<Record<string, unknown[]>> {
  const broken: Record<string, unknown[]> = {};
  for (const [rule, sql] of Object.entries(queries)) {
    const rows = await db.run(`invariant-${rule}`, sql);
    if (rows.length > 0) broken[rule] = rows;
  }
  const rejected = await rejectedCourses(db);
  if (rejected.length > 0) broken["courses that verify-course rejects"] = [...rejected];
  return broken;
}

/** How many deadlocks PostgreSQL has counted in this database, with those of sessions that end just now. */
export async function countedDeadlocks(db: Database): Promise<number> {
  // Each session reports its counts when it is idle or told to; whoever met one here reports in its next statement.
  await Promise.all(
    Array.from({ length: db.pool.options.max ?? 1 }, () =>
      db.run("test-flush", "select pg_stat_force_next_flush(), pg_sleep(0.05)"),
    ),
  );
  const rows = await db.run<{ deadlocks: string }>(
    "test-deadlocks",
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  return Number(rows[0]?.deadlocks);
}
