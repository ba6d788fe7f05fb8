import { expect } from "vitest";
import type { PlanContext } from "./course-search.ts";
import { createSearch } from "./course-search.ts";
import { createDayBound } from "./day-bound.ts";
import { type CoursePlan, createDemand, type TimedHub } from "./demand.ts";
import { testNow } from "./hub.builder.ts";
import { createHubTime, minuteOfInstant } from "./hub-time.ts";
import { type FittingCourse, planCourse, tryCourses, waysOf } from "./planner.ts";
import type { CaseSpan, CaseUse, SearchCase, SmallHub } from "./search-cases.builder.ts";
import { findEarliest, type HubSearch } from "./search-earliest.ts";
import { createHubIndex, type HubIndex, type HubTaken } from "./search-index.ts";
import { allCourses, type OracleCourse } from "./search-oracle.builder.ts";
import { type Plans, prepareSearch, toAsked } from "./search-plan.ts";

type TimedCase = SmallHub & { readonly timed: TimedHub };

/** How many courses the cases had. */
export type Tally = { courses: number; madeUp: number; none: number };

/** Checks one case: the exhaustive search, the planner without an index and the index find the same earliest courses. */
export function checkSearchCase(given: SearchCase, tally: Tally): void {
  const hubs = given.hubs.map((hub): TimedCase => ({ ...hub, timed: timedHub(hub) }));
  const expected = hubs
    .flatMap((hub) =>
      oracleOf(given, hub).map((course) => ({ hub: hub.document.name as string, course })),
    )
    .toSorted((one, other) => compare(keyOf(one.hub, one.course), keyOf(other.hub, other.course)))
    .slice(0, given.limit);
  const indexes = hubs.map((hub) => createHubIndex(hub.timed, takenOf(hub.spans, hub.uses)));
  const found = searched(given, indexes);
  expect(found.map(({ hub, course }) => ({ hub, course: plain(course) }))).toEqual(expected);
  for (const [at, hub] of hubs.entries()) {
    const lazy = lazyOf(given, hub);
    const ofHub = found.filter((one) => one.hub === hub.document.name).map(({ course }) => course);
    expect(ofHub).toEqual(lazy.slice(0, ofHub.length));
    const planned = planCourse(contextOf(given, hub));
    // Of several at one time it takes the first in the document's order.
    const first = planned.kind === "fits" ? planned.course : undefined;
    expect(first?.sessions[0]?.start).toBe(lazy[0]?.sessions[0]?.start);
    if (first !== undefined) expect(lazy).toContainEqual(first);
    const changed = changedIndex(given, hub);
    expect(searched(given, indexes.with(at, changed))).toEqual(found);
    const [index] = indexes.slice(at, at + 1);
    if (index !== undefined) expect(startsOf(given, changed)).toEqual(startsOf(given, index));
  }
  tally.courses += found.length;
  tally.none += found.length === 0 ? 1 : 0;
  tally.madeUp += found.some(({ course }) => course.sessions.some((one) => one.compensation))
    ? 1
    : 0;
}

function searched(given: SearchCase, indexes: readonly HubIndex[]) {
  const searches = indexes.map((index) => searchOf(given, index));
  const { courses } = findEarliest(searches, { limit: given.limit, onLook: () => undefined });
  return courses.map(({ search, course }) => ({
    hub: search.demand.document.name as string,
    course,
  }));
}

// What it asks for is prepared once for an index, as a service does.
const plansOf = new WeakMap<HubIndex, Plans>();

function searchOf(given: SearchCase, index: HubIndex): HubSearch {
  const asked = toAsked(given.plan, "ROUTINE", given.now);
  const plans = plansOf.get(index) ?? new Map();
  plansOf.set(index, plans);
  const template = `${index.hub.document.name}/templates/visit`;
  return prepareSearch(index, plans, { asked, template });
}

// An index that was searched before, and then took in each course, some of them twice and with other times at first.
function changedIndex(given: SearchCase, hub: TimedCase): HubIndex {
  const { timed } = hub;
  const wrong = hub.spans.map((span, at) =>
    at % 3 === 0 ? { ...span, course: `c${(at % 6) + 1}` } : span,
  );
  const index = createHubIndex(timed, takenOf(wrong, hub.uses.slice(1)));
  searched(given, [index]);
  for (const course of ["c1", "c2", "c3", "c4", "c5", "c6"]) {
    const spans = hub.spans.filter((span) => span.course === course);
    const uses = hub.uses.filter((use) => use.course === course);
    const touched = [...index.bucketsOf(course), ...uses];
    const buckets = takenOf([], hub.uses).buckets.filter(({ pool, bucket }) =>
      touched.some((one) => one.pool === pool && one.bucket === bucket),
    );
    if (course === "c3") searched(given, [index]);
    index.apply([course], { ...takenOf(spans, uses), buckets });
  }
  return index;
}

// Every free start of every session around the days of the plan.
function startsOf(given: SearchCase, index: HubIndex) {
  const { demand } = searchOf(given, index);
  const times = index.timesFor(demand);
  return [...new Set(demand.shapes)].flatMap((shape) =>
    demand.siteGroups.flatMap((group) =>
      Array.from({ length: daysCompared }, (_, day) => {
        const wanted = { shape, withExtra: day % 7 === 5 };
        return times.startsAt(group, demand.readyDay + day - 2, wanted);
      }),
    ),
  );
}

const daysCompared = 18;

function takenOf(spans: readonly CaseSpan[], uses: readonly CaseUse[]): HubTaken {
  const byBucket = Map.groupBy(uses, ({ pool, bucket }) => `${pool} ${bucket}`);
  return {
    spans: Map.groupBy(spans, ({ course }) => course),
    poolUses: Map.groupBy(uses, ({ course }) => course),
    buckets: [...byBucket.values()].flatMap(([first, ...rest]) => {
      if (first === undefined) return [];
      const used = rest.reduce((sum, { amount }) => sum + amount, first.amount);
      const { pool, bucket } = first;
      return [{ pool, bucket, used, uncertain: 0, presences: [] }];
    }),
  };
}

function timedHub({ document }: SmallHub): TimedHub {
  const time = createHubTime(document);
  return { document, version: 1, createdAt: testNow, updatedAt: testNow, time };
}

function planOf({ plan }: SearchCase, hub: string): CoursePlan {
  return { ...plan, template: `${hub}/templates/visit` };
}

function contextOf(given: SearchCase, hub: TimedCase): PlanContext {
  const demand = createDemand(hub.timed, planOf(given, hub.document.name), given.now);
  const busy = Map.groupBy(
    hub.spans.toSorted((one, other) => one.start - other.start),
    ({ resource }) => resource,
  );
  const used = new Map<string, Map<number, number>>();
  for (const { pool, bucket, used: amount } of takenOf([], hub.uses).buckets) {
    used.set(pool, (used.get(pool) ?? new Map()).set(bucket, amount));
  }
  return { demand, availability: { busy, used } };
}

// Every course that the planner finds where it finds out by itself what is free.
function lazyOf(given: SearchCase, hub: TimedCase): FittingCourse[] {
  const context = contextOf(given, hub);
  for (const compensations of waysOf(context.demand.compensations)) {
    const way = { ...context, demand: { ...context.demand, compensations } };
    const search = createSearch(way);
    const mayFit = createDayBound(search);
    const courses = [...tryCourses(way, search)].flatMap((tried) => {
      if (!("place" in tried)) return [];
      expect(mayFit(tried)).toBe(true);
      return [{ course: tried.place(), site: tried.placement.site }];
    });
    if (courses.length === 0) continue;
    const key = ({ course, site }: (typeof courses)[0]) =>
      [course.sessions[0]?.start ?? 0, site] as const;
    return courses
      .toSorted((one, other) => compare(key(one), key(other)))
      .map(({ course }) => course);
  }
  return [];
}

function oracleOf(given: SearchCase, hub: SmallHub): OracleCourse[] {
  const [template] = hub.document.templates;
  if (template === undefined) return [];
  const used = new Map<string, number>();
  for (const { pool, bucket, amount } of hub.uses) {
    const key = `${pool} ${bucket}`;
    used.set(key, (used.get(key) ?? 0) + amount);
  }
  const taken = { spans: hub.spans, used };
  const { document } = hub;
  return allCourses({
    document,
    template,
    plan: given.plan,
    taken,
    now: minuteOfInstant(given.now),
  });
}

function plain({ sessions, preparation }: FittingCourse): OracleCourse {
  return {
    sessions: sessions.map(({ site, start, compensation }) => ({
      ...{ site, start },
      makesUp: compensation ?? "",
    })),
    preparation: preparation.map(({ step, start }) => ({ step, start })),
  };
}

function keyOf(hub: string, { sessions }: OracleCourse) {
  return [sessions[0]?.start ?? 0, hub, sessions[0]?.site ?? ""] as const;
}

function compare(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  for (const [at, part] of one.entries()) {
    const against = other[at] ?? part;
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}
