/*
 * The plan of a whole course that a hub could make possible: like the planner's, but where no time on a day is open and
 * free a session may ask for openings, and where even these do not help a gap may be torn. Of all such plans the one
 * with the fewest torn gaps, then with the fewest sessions outside of the opening hours, then with the fewest openings,
 * the earliest first; so it shows every hole of the course at once, and what would bridge it.
 *
 * Of each day only a few times are looked at (the first and the last that is free, and that nearest to the course's
 * time of day), so that the cost of the rest, which is computed once for a time and a number of sessions left, stays small.
 * A wide hub with long gaps has more ways than can be looked at all the same: past a limit there is no plan.
 */
import { countsAfter, isNearTimeOfDay, rangeAfter, shapeAt } from "./course-rules.ts";
import { createSearch, type PlanContext, type Search } from "./course-search.ts";
import { firstSessionDays } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { type OpenedSession, placeOpened } from "./opened-session.ts";
import { type FailedSearch, placeStays, stayObstacles } from "./planner.ts";
import type { Shape } from "./session-shape.ts";

/** A session of the plan. */
export type PossibleSession = OpenedSession & {
  /** Whether the gap before it is longer than its rule allows, and no opening helps. */
  readonly torn: boolean;
};

type Step = PossibleSession & { readonly ofDay: number; readonly ofWeek: number };
type Rest = { readonly cost: number; readonly next: Step | undefined };
/** Where and when a course's sessions are to be. */
type Setting = {
  readonly context: PlanContext;
  readonly search: Search;
  readonly group: readonly string[];
  /** The course's time of day. */
  readonly minuteOfDay: Minute;
};
type Planning = Setting & {
  readonly rests: Map<string, Rest>;
  /** How many days may still be looked at, by all plans of one explanation together. */
  readonly looks: { left: number };
};
type Range = {
  readonly earliest: Minute;
  readonly latest: Minute;
  /** Whether the time of day has to be near the course's own. */
  readonly near: boolean;
  /** What the session uses. */
  readonly shape: Shape;
};

const firstsMax = 4;
// A second or two with eight rooms on a grid of five minutes, where all ways took minutes; thirty fractions under
// anaesthesia in the example hub take 1,800.
const looksMax = 10_000;
const usualStart: Minute = 9 * 60;
const anyTime = { earliest: 0, latest: Number.POSITIVE_INFINITY };
const tornCost = 1_000_000;
const openedCost = 1_000;

/**
 * Plans a course that the planner could not place, from the same first session where there is one. Undefined where not
 * even openings help, the days are over before enough sessions are placed, or there are too many ways to look at.
 */
export function planWithOpenings(
  context: PlanContext,
  failed: FailedSearch,
): readonly PossibleSession[] | undefined {
  const search = createSearch(context);
  const total = context.demand.phases.length - (context.demand.begun?.done ?? 0);
  const looks = { left: looksMax };
  const plans = firstsOf(context, search, failed).map(({ group, first }) => {
    const { placement } = first;
    const minuteOfDay = placement.start - context.demand.time.startOf(placement.day);
    const rests = new Map<string, Rest>();
    const planning: Planning = { context, search, group, minuteOfDay, rests, looks };
    const step: Step = { ...first, ofDay: 1, ofWeek: 1 };
    const cost = costOf(step) + restAfter(planning, step, total - 1).cost;
    return { planning, step, cost };
  });
  const best = plans.toSorted((one, other) => one.cost - other.cost)[0];
  const isFound = best !== undefined && best.cost < Number.POSITIVE_INFINITY;
  if (!isFound || looks.left === 0) return undefined;
  return follow(best.planning, best.step, total);
}

type First = { readonly group: readonly string[]; readonly first: PossibleSession };

function firstsOf(context: PlanContext, search: Search, failed: FailedSearch): First[] {
  const [placement] = failed.sessions;
  if (placement !== undefined) {
    return [{ group: failed.group, first: { placement, openings: [], torn: false } }];
  }
  const { demand } = context;
  const { first: from, last } = firstSessionDays(demand);
  const firsts: First[] = [];
  for (let day = from; day <= last; day += 1) {
    if (stayObstacles(context, placeStays(demand.stays, day)).length > 0) continue;
    for (const group of demand.siteGroups) {
      const setting: Setting = { context, search, group, minuteOfDay: usualStart };
      const shape = shapeAt(demand, demand.begun?.done ?? 0);
      const range = { ...anyTime, near: false, shape };
      firsts.push(...openedOn(setting, day, range).map((first) => ({ group, first })));
    }
  }
  return firsts
    .toSorted((one, other) => costOf(one.first) - costOf(other.first))
    .slice(0, firstsMax);
}

function follow(planning: Planning, first: Step, total: number): PossibleSession[] {
  const sessions: Step[] = [first];
  let step: Step | undefined = first;
  for (let left = total - 1; left > 0 && step !== undefined; left -= 1) {
    step = restAfter(planning, step, left).next;
    if (step !== undefined) sessions.push(step);
  }
  return sessions;
}

// The cheapest way to place that many more sessions after this one.
function restAfter(planning: Planning, step: Step, left: number): Rest {
  if (left === 0) return { cost: 0, next: undefined };
  const { placement, ofDay, ofWeek } = step;
  const key = `${left} ${placement.start} ${placement.site} ${ofDay} ${ofWeek}`;
  const known = planning.rests.get(key);
  if (known !== undefined) return known;
  let rest: Rest = { cost: Number.POSITIVE_INFINITY, next: undefined };
  for (const next of nextOf(planning, step, left)) {
    const own = costOf(next);
    if (own >= rest.cost) continue;
    const cost = own + restAfter(planning, next, left - 1).cost;
    if (cost < rest.cost) rest = { cost, next };
    if (cost === 0) break;
  }
  planning.rests.set(key, rest);
  return rest;
}

// Only with what is as usual: what makes up for lost days was tried before.
function* nextOf(planning: Planning, step: Step, left: number): Generator<Step> {
  const { demand, lastDay } = planning.search;
  const { time } = demand;
  const shape = shapeAt(demand, demand.phases.length - left);
  const { sameDay, earliest, latest } = rangeAfter(demand, step.placement.end);
  const until = Math.min(time.dayOf(latest), lastDay);
  for (let day = time.dayOf(Math.min(sameDay, earliest)); day <= until; day += 1) {
    const counts = countsAfter(demand, step, { day, isBehind: false, withExtra: false });
    if (counts === undefined) continue;
    if (!mayLook(planning)) return;
    const from = day === step.placement.day ? sameDay : earliest;
    const range = { earliest: from, latest, near: counts.ofDay === 1, shape };
    const regular = regularOn(planning, day, range);
    const found = regular.length > 0 ? regular : openedOn(planning, day, range);
    for (const session of found) yield { ...session, ...counts };
  }
  yield* tornAfter(planning, until + 1, shape);
}

// The first day after a gap that is too long.
function* tornAfter(planning: Planning, from: Day, shape: Shape): Generator<Step> {
  for (let day = from; day <= planning.search.lastDay && mayLook(planning); day += 1) {
    const range = { ...anyTime, near: true, shape };
    const [session] = regularOn(planning, day, range);
    if (session === undefined) continue;
    yield { ...session, torn: true, ofDay: 1, ofWeek: 1 };
    return;
  }
}

// The first, the nearest and the last time on that day at which the hub is open and all is free.
function regularOn(setting: Setting, day: Day, range: Range): PossibleSession[] {
  const { search, group, minuteOfDay } = setting;
  const { demand, times } = search;
  const wanted = { shape: range.shape, withExtra: false };
  const dayStart = demand.time.startOf(day);
  const starts = times
    .startsAt(group, day, wanted)
    .filter(({ start }) => isWithin(setting, start - dayStart, { range, start }));
  const away = (start: Minute) => Math.abs(start - dayStart - minuteOfDay);
  const nearest = starts.toSorted((one, other) => away(one.start) - away(other.start));
  const placements = [starts, nearest, starts.toReversed()].flatMap((order) => {
    for (const at of order) {
      const placement = times.placeAt(at, wanted);
      if (placement !== undefined) return [placement];
    }
    return [];
  });
  return [...new Set(placements)].map((placement) => ({ placement, openings: [], torn: false }));
}

// At the course's time of day, and after hours.
function openedOn(setting: Setting, day: Day, range: Range): PossibleSession[] {
  const { context, search, group, minuteOfDay } = setting;
  const { time, rules } = search.demand;
  const dayStart = time.startOf(day);
  const onGrid = (minute: Minute) => Math.ceil(minute / rules.gridMinutes) * rules.gridMinutes;
  return group.flatMap((site) => {
    const closing = time.openings(site, day).at(-1);
    const minutes = closing === undefined ? [minuteOfDay] : [minuteOfDay, closing.end - dayStart];
    return [...new Set(minutes.map(onGrid))]
      .map((minute) => dayStart + minute)
      .filter((start) => isWithin(setting, start - dayStart, { range, start }))
      .flatMap((start) => {
        const opened = placeOpened(context, { site, day, start, shape: range.shape });
        return opened === undefined ? [] : [{ ...opened, torn: false }];
      });
  });
}

function mayLook({ looks }: Planning): boolean {
  if (looks.left > 0) looks.left -= 1;
  return looks.left > 0;
}

function isWithin(
  { search, minuteOfDay }: Setting,
  ofDay: Minute,
  { range, start }: { readonly range: Range; readonly start: Minute },
): boolean {
  if (start < range.earliest || start > range.latest) return false;
  return !range.near || isNearTimeOfDay(search.demand, ofDay, minuteOfDay);
}

function costOf({ openings, torn }: PossibleSession): number {
  return (torn ? tornCost : 0) + (openings.length > 0 ? openedCost + openings.length : 0);
}
