import type { PoolUse } from "./availability.ts";
import type { Step } from "./course-rules.ts";
import {
  createSearch,
  type FirstSession,
  firstSessions,
  idealFrom,
  longestPath,
  type PlanContext,
  type Point,
  placedSteps,
  type Search,
} from "./course-search.ts";
import { createDayBound } from "./day-bound.ts";
import { type DemandedStay, firstSessionDays } from "./demand.ts";
import type { Compensation } from "./hub.ts";
import type { Day } from "./hub-time.ts";
import { overflowObstacles } from "./overflow-rule.ts";
import { type PlacedStep, type Prepared, placePreparation } from "./preparation.ts";
import { prolongationOf } from "./prolongation.ts";
import { fullBuckets, type Obstacle, type Placement } from "./session-placement.ts";

/** A stay on its days. */
export type PlacedStay = {
  readonly stay: string;
  readonly pool: string;
  readonly firstDay: Day;
  readonly days: number;
  /** The probabilities, in millionths, that the patient is there on its days; absent where the days are certain. */
  readonly presence?: readonly number[];
};

/** A course that fits: every session, stay and step of the preparation. */
export type FittingCourse = {
  readonly sessions: readonly Placement[];
  readonly stays: readonly PlacedStay[];
  readonly preparation: readonly PlacedStep[];
  /** The days by which it lasts longer than with no day lost. */
  readonly prolongationDays: number;
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
 * one, with every gap, the time of day, the site and the numbers per day and week kept. Lost days are made up for only
 * where no course fits without that. Whole or none; pure, and the same for the same input.
 */
export function planCourse(context: PlanContext): Found {
  const { demand } = context;
  for (const compensations of waysOf(demand.compensations)) {
    const course = planSo({ ...context, demand: { ...demand, compensations } });
    if (course !== undefined) return { kind: "fits", course };
  }
  // Only who explains the refusal asks for it, and it costs as much as all that was tried.
  return {
    kind: "blocked",
    get failed() {
      return longestPart(context);
    },
  };
}

/** The sets of compensations in the order in which they are tried: none, each alone, and both. */
export function waysOf(allowed: readonly Compensation[]): (readonly Compensation[])[] {
  return [[], ...allowed.map((one) => [one]), ...(allowed.length > 1 ? [allowed] : [])];
}

function planSo(context: PlanContext): FittingCourse | undefined {
  const search = createSearch(context);
  for (const tried of tryCourses(context, search, likelyFirsts(search))) {
    if ("place" in tried) return tried.place();
  }
  return undefined;
}

// Most searches end with one of these.
const firstsTriedMax = 8;

// Of a hub that is full nearly all first sessions cannot have a course, and are told from the others at little cost. The
// rest of a course that has begun is short.
function likelyFirsts(search: Search): (day: Day) => Iterable<FirstSession> {
  const mayFit = search.demand.begun === undefined ? createDayBound(search) : () => true;
  let tried = 0;
  return (day) =>
    firstSessions(search, day).filter((first) => {
      tried += 1;
      return tried <= firstsTriedMax || mayFit(first);
    });
}

// With nothing made up for, and as long as it gets: the limit of prolongation is explained apart.
function longestPart(context: PlanContext): FailedSearch {
  const { prolongationDaysMax: _, ...rules } = context.demand.rules;
  const unbound = { ...context, demand: { ...context.demand, rules, compensations: [] } };
  const search = { ...createSearch(unbound), onlyWhole: false };
  let longest: readonly Point[] = [];
  let group = context.demand.siteGroups[0] ?? [];
  for (const tried of tryCourses(unbound, search)) {
    if ("place" in tried || tried.points.length <= longest.length) continue;
    longest = tried.points;
    group = tried.group;
  }
  const sessions = placedSteps(search, longest).map(toPlacement);
  return { sessions, group };
}

/** What came of one first session: a course, or the part of it that fits. */
export type TriedCourse = FirstSession &
  (
    | { /** Places everything that the course uses. */ readonly place: () => FittingCourse }
    | { readonly points: readonly Point[] }
  );

/**
 * Tries every first session, the earliest first, with the compensations that the demand names. Who knows which of them
 * cannot have a course may leave these out.
 */
export function* tryCourses(
  context: PlanContext,
  search: Search,
  firstsOn: (day: Day) => Iterable<FirstSession> = (day) => firstSessions(search, day),
): Generator<TriedCourse> {
  const { demand } = context;
  const wanted = demand.phases.length - (demand.begun?.done ?? 0);
  const { first: firstDay, last: lastDay } = firstSessionDays(demand);
  for (let day = firstDay; day <= lastDay; day += 1) {
    let stays: readonly PlacedStay[] | undefined;
    let prepared: Prepared | undefined;
    for (const first of firstsOn(day)) {
      if (search.looks.left < 0) return;
      // Stays and preparation depend on the day alone.
      if (stays === undefined) {
        stays = placeStays(demand.stays, day);
        if (stays.length > 0 && stayObstacles(context, stays).length > 0) break;
      }
      const points = longestPath(search, first);
      if (points.length < wanted) {
        yield { ...first, points };
        continue;
      }
      prepared ??= placePreparation(context, day);
      if (!("steps" in prepared)) break;
      const around = { stays, preparation: prepared.steps };
      yield { ...first, place: () => placeCourse(search, { first, points, ...around }) };
    }
  }
}

type ToPlace = Pick<FittingCourse, "stays" | "preparation"> & {
  readonly first: FirstSession;
  readonly points: readonly Point[];
};

function placeCourse(search: Search, { first, points, ...around }: ToPlace): FittingCourse {
  const sessions = placedSteps(search, points).map(toPlacement);
  const lastDay = sessions.at(-1)?.day ?? first.placement.day;
  const prolongationDays = prolongationOf(idealFrom(search, first), lastDay);
  return { sessions, ...around, prolongationDays };
}

function toPlacement({ placement, compensation }: Step): Placement {
  return compensation === undefined ? placement : { ...placement, compensation };
}

/** The stays of a course whose first session is on that day. */
export function placeStays(stays: readonly DemandedStay[], day: Day): PlacedStay[] {
  return stays.map(({ fromDay, ...stay }) => ({ ...stay, firstDay: day + fromDay }));
}

// The bed-days of stays; two stays in one pool on one day are two beds.
function bedDays(stays: readonly PlacedStay[]): PoolUse[] {
  return addUp(
    stays.flatMap(({ pool, firstDay, days }) =>
      Array.from({ length: days }, (_, index) => ({ pool, bucket: firstDay + index, amount: 1 })),
    ),
  );
}

/** The days on which a pool of beds is too full for the stays, or would overflow with too great a probability. */
export function stayObstacles(context: PlanContext, stays: readonly PlacedStay[]): Obstacle[] {
  return [...fullBuckets(context, bedDays(stays)), ...overflowObstacles(context, stays)];
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
