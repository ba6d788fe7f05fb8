import type { Database } from "@carehub/database/pool";

/*
 * No double booking, asked of the rows themselves: every query names what breaks a rule, so all must be empty.
 */
const queries: Readonly<Record<string, string>> = {
  overlaps: `select one.resource, one.during::text from reservation as one
    join reservation as other on one.resource = other.resource and one.during && other.during
      and one.during <> other.during`,
  "sessions without a live course": `select reservation.course from reservation
    left join course on course.id = reservation.course
    where kind = 'SESSION' and (course.id is null or state not in ('HELD','BOOKED','IN_TREATMENT','ENDED'))`,
  "courses with a part of their sessions": `select course.id from course
    left join reservation on reservation.course = course.id
    where state in ('HELD', 'BOOKED') group by course.id
    having count(reservation.course) <> (
      select coalesce(sum(jsonb_array_length(session->'uses')), 0)
      from jsonb_array_elements(course.facts->'hold'->'sessions') as session)`,
  "pools whose plan is not the sum of its courses": `select known.pool, known.bucket from pool_bucket as known
    left join pool_use on pool_use.pool = known.pool and pool_use.bucket = known.bucket
    group by known.pool, known.bucket
    having known.planned <> coalesce(sum(amount) filter (where not excess), 0)
      or known.actual_excess <> coalesce(sum(amount) filter (where excess), 0)`,
  "places of courses that keep nothing": `select pool_use.course from pool_use
    left join course on course.id = pool_use.course
    where course.id is null or state not in ('HELD','BOOKED','IN_TREATMENT','ENDED')`,
  "waiting courses that nobody will try": `select course.id from course left join log.due
    on due.aggregate = course.hub and due.kind = 'waiting-list'
    where state = 'WAITLISTED' and due.aggregate is null`,
  "closed cases that wait": `select id from course where state = 'WAITLISTED' and closed`,
  "pools planned beyond their capacity": `select pool, bucket from pool_bucket where planned > capacity`,
};

/** What breaks a rule of this service's rows, by rule; empty where nothing does. */
export async function brokenInvariants(db: Database): Promise<Record<string, unknown[]>> {
  const broken: Record<string, unknown[]> = {};
  for (const [rule, sql] of Object.entries(queries)) {
    const rows = await db.run(`invariant-${rule}`, sql);
    if (rows.length > 0) broken[rule] = rows;
  }
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
