import type { Database } from "@carehub/database/pool";
import { aPublishedHub, type TestCapacity, type TestHub } from "../capacity.builder.ts";
import type { CoursePlan } from "../domain/demand.ts";
import { aPlan, aResource, monday, surgeryTemplate } from "../domain/hub.builder.ts";
import type { Pool, TemplateStay } from "../domain/hub.ts";
import { overflowProbability } from "../domain/overflow-probability.ts";

/** The pool of these tests. */
export const picu = "picu";

/** Half of all patients leave on each day after the first, and none is there on the fifth. */
export const halving = [1_000_000, 500_000, 250_000, 125_000];

/** Publishes a hub with many theatres and one unit, where an operation is followed by one planned day in it. */
export function aUnitHub(
  deps: TestCapacity["deps"],
  unit: Partial<Pool>,
  stay: Partial<TemplateStay> = {},
): Promise<TestHub> {
  const distributions = [
    { statCategories: [1], ageMonthsMin: 0, ageMonthsMax: 0, presentPpm: halving },
  ];
  const theatres = Array.from({ length: 12 }, (_, index) =>
    aResource(`theatre-${index}`, "THEATRE"),
  );
  const ofUnit = { id: "intensive-care", pool: picu, fromDay: 0, days: 1, distributions, ...stay };
  const stays: readonly TemplateStay[] = [ofUnit];
  const services = surgeryTemplate.services.filter(({ stay: of }) => of !== "ward");
  return aPublishedHub(deps, {
    resources: theatres,
    pools: [{ id: picu, kind: "BED", capacity: 2, serves: [], ...unit }],
    templates: [{ ...surgeryTemplate, stays, services }],
  });
}

/** An operation on one day, so many days after the first Monday. */
export function onDay(hub: TestHub, days: number, parts: Partial<CoursePlan> = {}): CoursePlan {
  const date = monday.add({ days });
  const dates = { readyDate: date, dueDate: date };
  return {
    ...aPlan("", { statCategory: 1, ...dates, ...parts }),
    template: hub.template("surgery"),
  };
}

/** A course's rows, in their order. */
export function risksOf(db: Database, course: string) {
  return db.run<{ bucket: number; present_ppm: number }>(
    "test-risks",
    "select bucket, present_ppm from stay_risk where course = $1 order by bucket",
    [course],
  );
}

/** The greatest probability of overflow on any day, computed from the rows by their own meaning alone. */
export async function worstOfRows(db: Database, hub: TestHub, beds: number): Promise<number> {
  const rows = await db.run<{ bucket: number; certain: number; presences: number[] }>(
    "test-unit",
    `select bucket, array_remove(array_agg(present_ppm), null) as presences,
       (select planned + actual_excess from pool_bucket as known where known.pool = $1
         and known.bucket = day.bucket)
       - (select count(*)::integer from stay_risk join pool_use using (course, pool, bucket)
         where pool = $1 and stay_risk.bucket = day.bucket and not excess) as certain
     from (select bucket from pool_bucket where pool = $1 union select bucket from stay_risk where pool = $1) as day
     left join (select bucket, present_ppm from stay_risk where pool = $1) as risk using (bucket)
     group by bucket`,
    [`${hub.name}/pools/${picu}`],
  );
  const worst = rows.map(({ certain, presences }) =>
    overflowProbability(presences, beds - certain),
  );
  return Math.max(0, ...worst);
}
