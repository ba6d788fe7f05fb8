import { isNearTimeOfDay, rangeAfter, shapeAt } from "./course-rules.ts";
import type { PlanContext } from "./course-search.ts";
import { type Demand, firstSessionDays, horizonOf } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { placeStays, stayObstacles } from "./planner.ts";
import { placePreparation } from "./preparation.ts";
import type { Blocker, Refusal, UnavailableReason } from "./refusal.ts";
import {
  type Obstacle,
  type Placement,
  placeSession,
  startsOn,
  type Try,
} from "./session-placement.ts";
import type { Shape } from "./session-shape.ts";

/** What is in the way at one place of a course. */
export type Blocked = Pick<Refusal, "reason" | "blockers">;

/** A place at which a course breaks: the sessions before it, and when it goes on. */
export type Break = {
  readonly before: readonly [Placement, ...Placement[]];
  readonly group: readonly string[];
  readonly after: Minute | undefined;
};

/**
 * What is in the way of the session after those: the least of what is taken where the hub is open, or the gap rule
 * where it is not open for all of a session before the gap is too long.
 */
export function blockersOfBreak(context: PlanContext, { before, group, after }: Break): Blocked {
  const { demand } = context;
  const { time } = demand;
  const [first] = before;
  const last = before.at(-1) ?? first;
  const index = (demand.begun?.done ?? 0) + before.length;
  const sessionNumber = index + 1;
  const shape = shapeAt(demand, index);
  const range = rangeAfter(demand, last.end);
  const firstOfDay = first.start - time.startOf(first.day);
  const tries = group.flatMap((site) =>
    daysBetween(time.dayOf(range.earliest), time.dayOf(range.latest)).flatMap((day) =>
      startsOn(demand, { site, day, shape })
        .filter((start) => start >= range.earliest && start <= range.latest)
        .filter((start) => isNearTimeOfDay(demand, start - time.startOf(day), firstOfDay))
        .map((start) => obstaclesOf(context, { site, day, start, shape })),
    ),
  );
  const taken = fewestOf(
    tries.filter((obstacles) => obstacles.every(({ kind }) => kind !== "NO_OPENING")),
  );
  if (taken !== undefined) {
    const blockers = taken.map((found) => ({ ...found, sessionNumber }));
    return { reason: reasonOf(taken), blockers };
  }
  const end =
    after ?? nextOpenStart(context, { sites: group, shape }, range.latest) ?? range.latest;
  const hole: Blocker = { kind: "GAP_RULE", at: last.site, start: last.end, end, sessionNumber };
  return { reason: "GAP_TOO_LONG", blockers: [hole] };
}

/** What is in the way of every first session and of the stays with it. */
export function blockersOfStart(context: PlanContext): Blocked {
  const { demand } = context;
  const { first, last } = firstSessionDays(demand);
  const days = daysBetween(first, last);
  const sites = demand.siteGroups.flat();
  const index = demand.begun?.done ?? 0;
  const shape = shapeAt(demand, index);
  const sessionNumber = index + 1;
  const openDays = days.filter((day) =>
    sites.some((site) => startsOn(demand, { site, day, shape }).length > 0),
  );
  if (openDays.length === 0) {
    if (isDueTooSoon(demand)) return { reason: "DUE_BEFORE_ANSWER", blockers: [] };
    const start = demand.time.startOf(demand.readyDay);
    const end = demand.time.startOf(demand.dueDay + 1);
    const closed = sites.map((at) => ({
      kind: "NO_OPENING" as const,
      at,
      start,
      end,
      sessionNumber,
    }));
    return { reason: "HUB_CLOSED", blockers: closed };
  }
  const fullByDay = openDays.map((day) => ({
    day,
    full: stayObstacles(context, placeStays(demand.stays, day)),
  }));
  const daysWithBeds = fullByDay.filter(({ full }) => full.length === 0);
  if (daysWithBeds.length === 0) {
    const fewest = fewestOf(fullByDay.map(({ full }) => full)) ?? [];
    return { reason: "NO_BED", blockers: fewest.map((full) => ({ ...full, sessionNumber: 0 })) };
  }
  const unprepared = blockersOfPreparation(
    context,
    daysWithBeds.map(({ day }) => day),
  );
  if (unprepared !== undefined) return unprepared;
  const tries = daysWithBeds.flatMap(({ day }) =>
    sites.flatMap((site) =>
      startsOn(demand, { site, day, shape }).map((start) =>
        obstaclesOf(context, { site, day, start, shape }),
      ),
    ),
  );
  const fewest = fewestOf(tries) ?? [];
  return {
    reason: reasonOf(fewest),
    blockers: fewest.map((found) => ({ ...found, sessionNumber })),
  };
}

// What is in the way of the preparation, where it can be done before none of these days; counted as of no session.
function blockersOfPreparation(context: PlanContext, days: readonly Day[]): Blocked | undefined {
  const tries = days.map((day) => placePreparation(context, day));
  if (tries.some((tried) => "steps" in tried)) return undefined;
  const found = tries.map((tried) => ("obstacles" in tried ? tried.obstacles : []));
  const fewest = fewestOf(found) ?? [];
  if (fewest.length === 0 && isDueTooSoon(context.demand)) return undefined;
  const blockers = fewest.map((obstacle) => ({ ...obstacle, sessionNumber: 0 }));
  return { reason: fewest.length === 0 ? "DUE_BEFORE_ANSWER" : reasonOf(fewest), blockers };
}

// Whether the days are over before the course may begin; the last of them where nothing but the hour is in the way.
function isDueTooSoon(demand: Demand): boolean {
  const { first, last } = firstSessionDays(demand);
  const allDay: Demand = { ...demand, notBefore: demand.time.startOf(first) };
  const shape = shapeAt(demand, demand.begun?.done ?? 0);
  const isOpen = (site: string) => startsOn(allDay, { site, day: first, shape }).length > 0;
  return first > last || (first === last && demand.siteGroups.flat().some(isOpen));
}

function obstaclesOf(context: PlanContext, at: Try): Obstacle[] {
  const tried = placeSession(context, at);
  return "obstacles" in tried ? [...tried.obstacles] : [];
}

// Of equally many, what is taken says more than what is closed, and the earliest wins.
function fewestOf(tries: readonly (readonly Obstacle[])[]): readonly Obstacle[] | undefined {
  const weight = (obstacles: readonly Obstacle[]) =>
    obstacles.length * 2 + (obstacles.some(({ kind }) => kind === "NO_OPENING") ? 1 : 0);
  return tries
    .filter((obstacles) => obstacles.length > 0)
    .reduce<readonly Obstacle[] | undefined>(
      (best, next) => (best === undefined || weight(next) < weight(best) ? next : best),
      undefined,
    );
}

function reasonOf(obstacles: readonly Obstacle[]): UnavailableReason {
  return obstacles.every(({ kind }) => kind === "NO_OPENING") ? "HUB_CLOSED" : "NO_FREE_TIME";
}

function nextOpenStart(
  { demand }: PlanContext,
  { sites, shape }: { readonly sites: readonly string[]; readonly shape: Shape },
  after: Minute,
): Minute | undefined {
  const { lastDay } = horizonOf(demand);
  for (let day = demand.time.dayOf(after); day <= lastDay; day += 1) {
    const starts = sites.flatMap((site) => startsOn(demand, { site, day, shape }));
    const next = starts.filter((start) => start > after);
    if (next.length > 0) return Math.min(...next);
  }
  return undefined;
}

// All days from the first to the last.
function daysBetween(first: Day, last: Day): Day[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
