import { beamBucketMinutes } from "./availability.ts";
import type { PlanContext } from "./course-search.ts";
import type { Demand } from "./demand.ts";
import { type Day, type HubTime, type Minute, mergeSpans } from "./hub-time.ts";
import type { PossibleSession } from "./opened-plan.ts";
import { planCourse } from "./planner.ts";
import type { Blocker, Opening } from "./refusal.ts";

const minutesOfDay = 1440;

/**
 * Openings with which the course would fit: one more place in each pool that is full or would overflow too probably, or
 * all that the possible plan asks for. They were tried by the planner; empty when they do not help.
 */
export function suggestOpenings(
  context: PlanContext,
  possible: readonly PossibleSession[] | undefined,
  blockers: readonly Blocker[],
): readonly Opening[] {
  const full = blockers.filter(({ kind }) => kind === "POOL_FULL" || kind === "OVERFLOW_RISK");
  const places = placesIn(full);
  const tried = [
    full.length === blockers.length ? places : [],
    joined(possible?.flatMap(({ openings }) => openings) ?? []),
  ];
  return tried.find((openings) => openings.length > 0 && resolves(context, openings)) ?? [];
}

// A pool that is full on a day may be at risk on it as well: one bed more is granted for both, the earliest day first.
function placesIn(blockers: readonly Blocker[]): Opening[] {
  const places = Map.groupBy(blockers, ({ at, start }) => `${at} ${start}`).values();
  return [...places]
    .flatMap(([first]) => (first === undefined ? [] : [first]))
    .map(({ at, start, end }) => ({ at, start, end }));
}

function resolves(context: PlanContext, openings: readonly Opening[]): boolean {
  return planCourse(withOpenings(context, openings)).kind === "fits";
}

// One opening where two of a resource touch.
function joined(openings: readonly Opening[]): Opening[] {
  return Array.from(Map.groupBy(openings, ({ at }) => at)).flatMap(([at, spans]) =>
    mergeSpans(spans).map((span) => ({ at, ...span })),
  );
}

/** The same context with these openings: time in which resources are open as well, and one place more in each bucket. */
export function withOpenings(
  { demand, availability }: PlanContext,
  openings: readonly Opening[],
): PlanContext {
  const pools = new Set(demand.document.pools.map(({ id }) => id));
  const used = new Map(availability.used);
  for (const { at, start } of openings.filter((opening) => pools.has(opening.at))) {
    const bucket = bucketAt(demand, at, start);
    const buckets = new Map(used.get(at) ?? []);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) - neededOf(demand, at));
    used.set(at, buckets);
  }
  const time = openedTime(demand.time, openings);
  return { demand: { ...demand, time }, availability: { ...availability, used } };
}

function bucketAt({ document, time }: Demand, pool: string, start: Minute): number {
  const kind = document.pools.find(({ id }) => id === pool)?.kind;
  return kind === "BED" ? time.dayOf(start) : Math.floor(start / beamBucketMinutes);
}

function neededOf({ document, shapes }: Demand, pool: string): number {
  const kind = document.pools.find(({ id }) => id === pool)?.kind;
  const beam = Math.max(0, ...shapes.map((shape) => shape.beam?.minutes ?? 0));
  return kind === "BED" ? 1 : Math.min(beamBucketMinutes, beam);
}

function openedTime(time: HubTime, openings: readonly Opening[]): HubTime {
  return {
    ...time,
    openings: (resource: string, day: Day, withExtra = false) => {
      const dayStart = time.startOf(day);
      const more = openings.filter(
        ({ at, start }) => at === resource && start >= dayStart && start < dayStart + minutesOfDay,
      );
      const known = time.openings(resource, day, withExtra);
      return more.length === 0 ? known : mergeSpans([...known, ...more]);
    },
  };
}
