/*
 * Rows of uncertain stays: one for each course, pool and day on which its patient may be there.
 *
 * A course that is counted in a bucket's plan and has such a row on that day is there with its probability instead of
 * for certain; where it was recorded beyond its plan on a day, it is certainly there and the row does not count.
 */
import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import type { StayRisk } from "../domain/overflow-rule.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** Writes a course's rows, by the full names of the pools, under their locks; for a course that has none there. */
export async function keepRisks(
  tx: Reader,
  { course, hub }: { readonly course: Uuid; readonly hub: string },
  risks: readonly StayRisk[],
): Promise<void> {
  if (risks.length === 0) return;
  await tx.run(
    "stay-risk-keep",
    `insert into stay_risk (course, pool, bucket, hub, lock_key, present_ppm)
     select $1::uuid, pool, bucket, $2, lock_key, present_ppm
     from unnest($3::text[], $4::integer[], $5::bigint[], $6::integer[])
       as risk (pool, bucket, lock_key, present_ppm)`,
    [
      course,
      hub,
      risks.map(({ pool }) => pool),
      risks.map(({ bucket }) => bucket),
      risks.map(({ pool }) => lockKeyOf(pool)),
      risks.map(({ presentPpm }) => presentPpm),
    ],
  );
}

/** The rows of these courses, by the full names of the pools. */
export async function readRisks(
  db: Reader,
  courses: readonly Uuid[],
): Promise<Map<Uuid, StayRisk[]>> {
  type Row = { course: Uuid; pool: string; bucket: number; present_ppm: number };
  const rows = await db.run<Row>(
    "stay-risk-read",
    "select course, pool, bucket, present_ppm from stay_risk where course = any ($1::uuid[])",
    [courses],
  );
  const risks = rows.map(({ course, pool, bucket, present_ppm: presentPpm }) => {
    return { course, risk: { pool, bucket, presentPpm } };
  });
  const byCourse = Map.groupBy(risks, ({ course }) => course);
  return new Map([...byCourse].map(([course, of]) => [course, of.map(({ risk }) => risk)]));
}

/** Deletes the rows of a course that ends or whose stays change, under the locks of their pools. */
export async function dropRisks(tx: Reader, course: Uuid): Promise<void> {
  await tx.run("stay-risk-drop", "delete from stay_risk where course = $1", [course]);
}

/** A pool on a day. */
export type PoolDay = { readonly pool: string; readonly bucket: number };

/** The hold that passed its release time first of those that may have a patient in these pools on these days. */
export async function firstLapsedAtRisk(
  db: Reader,
  days: readonly PoolDay[],
): Promise<Uuid | undefined> {
  const rows = await db.run<{ id: Uuid }>(
    "stay-risk-lapsed",
    `select course.id from course where state = 'HELD' and release_at <= app.now() and exists (
       select from unnest($1::text[], $2::integer[]) as day (pool, bucket)
       where exists (select from stay_risk as risk where risk.course = course.id
           and risk.pool = day.pool and risk.bucket = day.bucket)
         or exists (select from pool_use as used where used.course = course.id
           and used.pool = day.pool and used.bucket = day.bucket))
     order by release_at, id limit 1`,
    [days.map(({ pool }) => pool), days.map(({ bucket }) => bucket)],
  );
  return rows[0]?.id;
}

/**
 * Two branches of a union that reads pools: `presence` with a day and a probability for each uncertain patient, and
 * `uncertain` with a day and how many of its plan these are. `asked` is a relation of pool, first and
 * last day; `except` a condition on `course` by which courses are left out.
 */
export function presenceBranches(asked: string, except?: string): string {
  const among = except === undefined ? "" : "join course on course.id = risk.course";
  const rows = `
    from ${asked} as asked join stay_risk as risk on risk.pool = asked.pool
      and risk.bucket between asked.first and asked.last ${among}
    left join pool_use as planned on planned.course = risk.course and planned.pool = risk.pool
      and planned.bucket = risk.bucket and not planned.excess
    where not exists (select from pool_use as recorded where recorded.course = risk.course
      and recorded.pool = risk.pool and recorded.bucket = risk.bucket and recorded.excess)
      ${except === undefined ? "" : `and not (${except})`}`;
  return `
    select 'presence', risk.pool, array_agg(risk.bucket order by risk.bucket, risk.present_ppm),
      array_agg(risk.present_ppm order by risk.bucket, risk.present_ppm)
    ${rows} group by risk.pool
    union all
    select 'uncertain', pool, array_agg(bucket order by bucket), array_agg(amount order by bucket)
    from (select risk.pool, risk.bucket, sum(planned.amount)::integer as amount
      ${rows} and planned.amount is not null group by risk.pool, risk.bucket) as uncertain
    group by pool`;
}
