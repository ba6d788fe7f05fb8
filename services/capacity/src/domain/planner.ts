import type { PoolUse } from "./availability.ts";
import { createSearch, firstSessions, longestPath, type PlanContext } from "./course-search.ts";
import { type DemandedStay, firstSessionDays } from "./demand.ts";
import type { Day } from "./hub-time.ts";
import { fullBuckets, type Obstacle, type Placement } from "./session-placement.ts";

/** A stay on its days. */
export type PlacedStay = {
  readonly stay: string;
  readonly pool: string;
  readonly firstDay: Day;
  readonly days: number;
};

/** A course that fits: every session and stay. */
export type FittingCourse = {
  readonly sessions: readonly Placement[];
  readonly stays: readonly PlacedStay[];
};

/** A search that failed: the longest part that fits, empty where not even a first session does. */
export type FailedSearch = {
  readonly sessions: readonly Placement[];
  /** The sites of that part. */
  readonly group: readonly string[];
};

/** What the search came to. */
export type Found =
  | { readonly kind: "fits"; readonly course: FittingCourse }
  | { readonly kind: "blocked"; readonly failed: FailedSearch };

/**
 * Finds the earliest course between the ready and the due day: the first session as early as can be, then each next
 * one, with every gap, the time of day, the site and the numbers per day and week kept. Whole or none; pure, and the
 * same for the same input.
 */
export function planCourse(context: PlanContext): Found {
  const { demand } = context;
  const search = createSearch(context);
  const total = demand.phases.length;
  let failed: FailedSearch = { sessions: [], group: demand.siteGroups[0] ?? [] };
  const { first: firstDay, last: lastDay } = firstSessionDays(demand);
  for (let day = firstDay; day <= lastDay; day += 1) {
    const stays = placeStays(demand.stays, day);
    if (stayObstacles(context, stays).length > 0) continue;
    for (const first of firstSessions(search, day)) {
      const sessions = longestPath(search, first);
      if (sessions.length >= total) return { kind: "fits", course: { sessions, stays } };
      if (sessions.length > failed.sessions.length) failed = { sessions, group: first.group };
    }
  }
  return { kind: "blocked", failed };
}

/** The stays of a course whose first session is on that day. */
export function placeStays(stays: readonly DemandedStay[], day: Day): PlacedStay[] {
  return stays.map(({ stay, pool, fromDay, days }) => {
    return { stay, pool, firstDay: day + fromDay, days };
  });
}

// The bed-days of stays; two stays in one pool on one day are two beds.
function bedDays(stays: readonly PlacedStay[]): PoolUse[] {
  return addUp(
    stays.flatMap(({ pool, firstDay, days }) =>
      Array.from({ length: days }, (_, index) => ({ pool, bucket: firstDay + index, amount: 1 })),
    ),
  );
}

/** The days on which a pool of beds is too full for the stays. */
export function stayObstacles(context: PlanContext, stays: readonly PlacedStay[]): Obstacle[] {
  return fullBuckets(context, bedDays(stays));
}

/** Everything that a course uses of pools: bed-days and beam minutes. */
export function poolUses(course: FittingCourse): PoolUse[] {
  return addUp([...bedDays(course.stays), ...course.sessions.flatMap(({ beam }) => beam)]);
}

/** One entry for each pool and bucket, ascending. */
function addUp(uses: readonly PoolUse[]): PoolUse[] {
  const sums = new Map<string, PoolUse>();
  for (const use of uses) {
    const key = `${use.pool} ${use.bucket}`;
    sums.set(key, { ...use, amount: use.amount + (sums.get(key)?.amount ?? 0) });
  }
  return [...sums.values()].toSorted((one, other) =>
    one.pool === other.pool ? one.bucket - other.bucket : one.pool < other.pool ? -1 : 1,
  );
}
