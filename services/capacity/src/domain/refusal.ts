import type { PlanContext } from "./course-search.ts";
import { isNearTimeOfDay, rangeAfter } from "./course-search.ts";
import { type Demand, firstSessionDays, horizonOf, searchedLater } from "./demand.ts";
import type { Day, Minute, Span } from "./hub-time.ts";
import { suggestOpenings } from "./openings.ts";
import { type FailedSearch, placeStays, planCourse, stayObstacles } from "./planner.ts";
import { type Obstacle, placeSession, startsOn } from "./session-placement.ts";

/** Why a course does not fit, as a closed code. */
export type UnavailableReason =
  | "NO_FREE_TIME"
  | "NO_BED"
  | "HUB_CLOSED"
  | "DUE_BEFORE_ANSWER"
  | "GAP_TOO_LONG"
  | "CAPACITY_STALE"
  | "TEMPLATE_UNKNOWN"
  | "PLAN_OUTSIDE_TEMPLATE"
  | "CALENDAR_YEAR_UNKNOWN";

/** One thing in the way of one session; 0 for a stay. */
export type Blocker = Obstacle & { readonly sessionNumber: number };

/** More time at a resource, or one more place in a pool; ids are the hub's own. */
export type Opening = Span & { readonly at: string };

/** What stands in the way of a course, and what would change it. */
export type Refusal = {
  readonly reason: UnavailableReason;
  /**
   * The smallest set found at the point where the longest part of the course breaks off; where that is a gap, also the
   * gaps that would tear the rest.
   */
  readonly blockers: readonly Blocker[];
  /** Openings with all of which the course would fit, tried by the planner; empty when none of a few does. */
  readonly openings: readonly Opening[];
  /** Undefined when there is none within the search. */
  readonly firstPossibleDay: Day | undefined;
};

// How far beyond the ready day a first possible date is searched.
const searchDays = 180;

const blockersMax = 20;

/** Explains a failed search. `wide` is the availability of the longer range in which a first date is searched. */
export function explainRefusal(
  context: PlanContext,
  failed: FailedSearch,
  wide: PlanContext,
): Refusal {
  const { reason, blockers } = findBlockers(context, failed);
  const openings = suggestOpenings(context, failed, blockers);
  const later = planCourse(wide);
  const first = later.kind === "fits" ? later.course : undefined;
  const days = first && [
    first.sessions[0]?.day ?? 0,
    ...first.stays.map(({ firstDay }) => firstDay),
  ];
  const firstPossibleDay = days === undefined ? undefined : Math.min(...days);
  return { reason, blockers: blockers.slice(0, blockersMax), openings, firstPossibleDay };
}

/** The same demand after its due day, where a first possible date is searched once there is none before. */
export function widened(demand: Demand): Demand {
  const from = Math.max(demand.readyDay, demand.time.dayOf(demand.notBefore));
  return searchedLater(demand, from + searchDays);
}

type Blocked = Pick<Refusal, "reason" | "blockers">;

function findBlockers(context: PlanContext, failed: FailedSearch): Blocked {
  const last = failed.sessions.at(-1);
  if (last === undefined) return blockersOfStart(context);
  const { demand } = context;
  const { time } = demand;
  const sessionNumber = failed.sessions.length + 1;
  const range = rangeAfter(demand, last.end);
  const first = failed.sessions[0] ?? last;
  const firstOfDay = first.start - time.startOf(first.day);
  const tries = failed.group.flatMap((site) =>
    daysBetween(time.dayOf(range.earliest), time.dayOf(range.latest)).flatMap((day) =>
      startsOn(demand, site, day)
        .filter((start) => start >= range.earliest && start <= range.latest)
        .filter((start) => isNearTimeOfDay(demand, start - time.startOf(day), firstOfDay))
        .map((start) => obstaclesOf(context, { site, day, start })),
    ),
  );
  const fewest = fewestOf(tries);
  if (fewest === undefined) {
    const next = nextOpenStart(context, failed.group, range.latest);
    const span = { start: last.end, end: next ?? range.latest };
    const hole: Blocker = { kind: "GAP_RULE", at: last.site, ...span, sessionNumber };
    const later = next === undefined ? [] : holesFrom(context, failed, next);
    return { reason: "GAP_TOO_LONG", blockers: [hole, ...later] };
  }
  return {
    reason: reasonOf(fewest),
    blockers: fewest.map((found) => ({ ...found, sessionNumber })),
  };
}

// The holes that would still tear the rest of the course, were this one bridged; each pass places at least one session.
function holesFrom(context: PlanContext, failed: FailedSearch, next: Minute): Blocker[] {
  const { demand } = context;
  const placed = failed.sessions.length;
  const day = demand.time.dayOf(next);
  const rest: Demand = {
    ...demand,
    phases: demand.phases.slice(placed),
    siteGroups: [failed.group],
    stays: [],
    readyDay: day,
    dueDay: day,
  };
  const found = planCourse({ ...context, demand: rest });
  if (found.kind === "fits") return [];
  const { reason, blockers } = findBlockers({ ...context, demand: rest }, found.failed);
  if (reason !== "GAP_TOO_LONG") return [];
  return blockers.map((hole) => ({ ...hole, sessionNumber: hole.sessionNumber + placed }));
}

function blockersOfStart(context: PlanContext): Blocked {
  const { demand } = context;
  const { first, last } = firstSessionDays(demand);
  const days = daysBetween(first, last);
  const sites = demand.siteGroups.flat();
  const openDays = days.filter((day) =>
    sites.some((site) => startsOn(demand, site, day).length > 0),
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
      sessionNumber: 1,
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
  const tries = daysWithBeds.flatMap(({ day }) =>
    sites.flatMap((site) =>
      startsOn(demand, site, day).map((start) => obstaclesOf(context, { site, day, start })),
    ),
  );
  const fewest = fewestOf(tries) ?? [];
  return {
    reason: reasonOf(fewest),
    blockers: fewest.map((found) => ({ ...found, sessionNumber: 1 })),
  };
}

// Whether the days are over before the course may begin; the last of them where nothing but the hour is in the way.
function isDueTooSoon(demand: Demand): boolean {
  const { first, last } = firstSessionDays(demand);
  const allDay: Demand = { ...demand, notBefore: demand.time.startOf(first) };
  const isOpen = (site: string) => startsOn(allDay, site, first).length > 0;
  return first > last || (first === last && demand.siteGroups.flat().some(isOpen));
}

function obstaclesOf(
  context: PlanContext,
  at: { site: string; day: Day; start: Minute },
): Obstacle[] {
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
  sites: readonly string[],
  after: Minute,
): Minute | undefined {
  const { lastDay } = horizonOf(demand);
  for (let day = demand.time.dayOf(after); day <= lastDay; day += 1) {
    const starts = sites.flatMap((site) => startsOn(demand, site, day));
    const next = starts.filter((start) => start > after);
    if (next.length > 0) return Math.min(...next);
  }
  return undefined;
}

// All days from the first to the last.
function daysBetween(first: Day, last: Day): Day[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
