import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";

/** What is kept of all hubs now. */
export type Figures = {
  readonly holds: number;
  readonly lapsed: number;
  readonly bookings: number;
  readonly waiting: number;
  readonly interrupted: number;
};

/** Counts live holds, those past their release time among them, booked or treated courses, those that wait, and interrupted treatments. */
export async function readFigures(db: Database): Promise<Figures> {
  const rows = await db.run<Figures>(
    "figures-courses",
    `select count(*) filter (where state = 'HELD')::integer as holds,
       count(*) filter (where state = 'HELD' and release_at <= app.now())::integer as lapsed,
       count(*) filter (where state in ('BOOKED', 'IN_TREATMENT', 'INTERRUPTED'))::integer as bookings,
       count(*) filter (where state = 'WAITLISTED')::integer as waiting,
       count(*) filter (where state = 'INTERRUPTED')::integer as interrupted
     from course`,
  );
  return must(rows[0], "an aggregate without groups has a row");
}

/** How full a bucket of a pool is, as a share of its capacity; what is not in the table is empty. */
export async function readPoolUsage(db: Database, pool: string, bucket: number): Promise<number> {
  const rows = await db.run<{ share: number }>(
    "figures-pool",
    `select ((planned + actual_excess)::float8 / greatest(capacity, 1)) as share
     from pool_bucket where pool = $1 and bucket = $2`,
    [pool, bucket],
  );
  return rows[0]?.share ?? 0;
}
