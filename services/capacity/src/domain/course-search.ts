/*
 * The graph of sessions under the planner. Sessions of one course cannot be in each other's way (the least gap counts
 * from the end of the last resource), so a session is a point and a course is a path. How far a path goes on from a
 * point is computed once and kept, hence a search that fails is bounded by points times steps, never by paths.
 */
import { assert, must } from "@carehub/rules/fault";
import type { Availability } from "./availability.ts";
import {
  type Counts,
  countsAfter,
  isNearTimeOfDay,
  type NextDay,
  rangeAfter,
  type Step,
  shapeAt,
} from "./course-rules.ts";
import { type Demand, horizonOf } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { idealDays } from "./prolongation.ts";
import { createSessionTimes, entryOf, type SessionTimes, type Start } from "./session-times.ts";
import { type Week, weekCapOf, weekOfDay } from "./urgent-reserve.ts";

/** What the planner decides by. */
export type PlanContext = { readonly demand: Demand; readonly availability: Availability };

/** A search over one demand, with what it has found out so far. */
export type Search = {
  readonly demand: Demand;
  readonly times: SessionTimes;
  readonly lastDay: Day;
  /** Whether only whole courses count; else how far a part of one gets is found out as well, at a greater cost. */
  readonly onlyWhole: boolean;
  /** How many starts may still be looked at; a search that has none left finds nothing more. */
  readonly looks: { left: number };
  /** From this session on all have the same shape. */
  readonly tail: number;
  /** How many sessions the course may have in a week; undefined where nothing is kept from it. */
  readonly weekCap: ((week: Week) => number) | undefined;
  readonly ideals: Map<string, readonly Day[]>;
  readonly reachedByPath: Map<string, ReachedBy>;
};

/** A first session, and the sites that its course may be treated at. */
export type FirstSession = { readonly placement: Start; readonly group: readonly string[] };

/** A session of a path: what it uses is placed once the path is found. */
export type Point = Omit<Step, "placement"> & { readonly placement: Start };

type Path = {
  readonly group: readonly string[];
  readonly firstOfDay: Minute;
  /** The days with nothing lost; empty where no rule asks for them. */
  readonly ideal: readonly Day[];
  /** No session is later, or the course would be prolonged by too much. */
  readonly limitDay: Day;
  readonly reached: ReachedBy;
};
/**
 * By the session's number and its counts of day and week, and by the session: how many sessions follow, negative where
 * that is all that can, and not only what was asked for.
 */
type ReachedBy = Map<number, Map<Start, number>>;

const countsMax = 128;

// About half a second. A course that fits takes some hundreds; many rooms on a grid of five minutes, with lost days to be
// made up for, would take minutes, and hold up everybody else.
const looksMax = 1_500_000;

/** Begins a search in those times. */
export function createSearch(context: PlanContext, times = createSessionTimes(context)): Search {
  const { demand } = context;
  const { shapes } = demand;
  const tail = shapes.findLastIndex((shape) => shape !== shapes.at(-1)) + 1;
  const { lastDay } = horizonOf(demand);
  const weekCap = weekCapOf(demand, context.availability);
  const found = { ideals: new Map(), reachedByPath: new Map() };
  const looks = { left: looksMax };
  return { demand, times, lastDay, onlyWhole: true, looks, tail, weekCap, ...found };
}

/** The sessions with which a course could begin on a day, or go on where it has begun; the earliest first. */
export function* firstSessions(search: Search, day: Day): Generator<FirstSession> {
  const { demand, times } = search;
  const wanted = { shape: shapeAt(demand, doneOf(demand)), withExtra: false };
  const firsts: FirstSession[] = [];
  for (const group of demand.siteGroups) {
    if (demand.begun !== undefined && !group.includes(demand.begun.last.site)) continue;
    for (const placement of times.startsAt(group, day, wanted)) {
      if (followsBegun(demand, placement)) firsts.push({ placement, group });
    }
  }
  firsts.sort((one, other) => one.placement.start - other.placement.start);
  for (const first of firsts) {
    if (times.onlyFree || times.isFree(first.placement, wanted)) yield first;
  }
}

/** The longest course from that session on, up to the demanded length, each session as early as the next allow. */
export function longestPath(search: Search, first: FirstSession): Point[] {
  const { demand } = search;
  const { placement } = first;
  const path = pathFrom(search, first);
  if (placement.day > path.limitDay) return [];
  const index = doneOf(demand);
  const counts = firstCounts(demand, placement.day);
  if (counts === undefined || isKept(search, placement.day, counts.ofWeek)) return [];
  let point: Point = { placement, index, ...counts };
  const points = [point];
  const wanted = demand.phases.length - index;
  for (let left = reach(search, path, { point, wanted }) - 1; left > 0; left -= 1) {
    let found: Point | undefined;
    const goesOn = (next: Point) => {
      if (reach(search, path, { point: next, wanted: left }) < left) return false;
      found = next;
      return true;
    };
    someNext(search, path, { point, goesOn });
    if (found === undefined) {
      assert(search.looks.left < 0, "a session that reaches further has a next one");
      return points;
    }
    point = found;
    points.push(point);
  }
  return points;
}

/** A path with everything that its sessions use. */
export function placedSteps({ demand, times }: Search, points: readonly Point[]): Step[] {
  return points.map((point) => {
    const withExtra = point.compensation === "EXTRA_DAY";
    const wanted = { shape: shapeAt(demand, point.index), withExtra };
    const placement = times.placeAt(point.placement, wanted);
    return { ...point, placement: must(placement, "a session of a path is free") };
  });
}

/** The days of a course's sessions with nothing lost, from its first one on. */
export function idealFrom(search: Search, { placement, group }: FirstSession): readonly Day[] {
  const { demand, ideals } = search;
  const { begun, time } = demand;
  const firstDay = begun === undefined ? placement.day : time.dayOf(begun.firstStart);
  return entryOf(ideals, `${group[0]} ${firstDay}`, () => idealDays(demand, group, firstDay));
}

function pathFrom(search: Search, first: FirstSession): Path {
  const { demand, lastDay } = search;
  const { rules, time, begun, compensations } = demand;
  const { placement, group } = first;
  const start = begun?.firstStart ?? placement.start;
  const firstOfDay = start - time.startOf(time.dayOf(start));
  const isLimited = isBounded(demand);
  const ideal = isLimited || compensations.length > 0 ? idealFrom(search, first) : [];
  const limit = (ideal.at(-1) ?? lastDay) + (rules.prolongationDaysMax ?? 0);
  const limitDay = isLimited ? Math.min(lastDay, limit) : lastDay;
  const anyTime = rules.timeOfDayWindowMinutes === 0;
  const ofFirst = compensations.length > 0 ? ideal[0] : "";
  const key = `${group[0]} ${anyTime ? 0 : firstOfDay} ${limitDay} ${ofFirst}`;
  const reached = entryOf(search.reachedByPath, key, () => new Map());
  return { group, firstOfDay, ideal, limitDay, reached };
}

type Visit = { readonly point: Point; readonly goesOn: (next: Point) => boolean };

// Shows the sessions that may follow, the earliest first, until one is taken: mostly that is one of the first two.
function someNext(search: Search, path: Path, { point, goesOn }: Visit): boolean {
  const { demand } = search;
  const { time, compensations } = demand;
  const { placement } = point;
  const index = point.index + 1;
  const end = placement.start + shapeAt(demand, point.index).minutes;
  const { sameDay, earliest, latest } = rangeAfter(demand, end);
  const until = untilOf(search, path, { index, latest });
  for (let day = time.dayOf(Math.min(sameDay, earliest)); day <= until; day += 1) {
    const isBehind = compensations.length > 0 && (path.ideal[index] ?? day + 1) <= day;
    const from = day === placement.day ? sameDay : earliest;
    const on = { point, goesOn, day, isBehind, from, latest };
    if (someOn(search, path, { ...on, withExtra: false })) return true;
    if (!isBehind || !compensations.includes("EXTRA_DAY")) continue;
    if (someOn(search, path, { ...on, withExtra: true })) return true;
  }
  return false;
}

type OnDay = NextDay & Visit & { readonly from: Minute; readonly latest: Minute };

function someOn(search: Search, path: Path, on: OnDay): boolean {
  const { demand, times } = search;
  const { point, goesOn, day, withExtra, from, latest } = on;
  const counts = countsAfter(demand, point, on);
  if (counts === undefined || isKept(search, day, counts.ofWeek)) return false;
  const index = point.index + 1;
  const wanted = { shape: shapeAt(demand, index), withExtra };
  const dayStart = demand.time.startOf(day);
  for (const placement of times.startsAt(path.group, day, wanted)) {
    const { start } = placement;
    if (start < from || start > latest) continue;
    search.looks.left -= 1;
    if (search.looks.left < 0) return false;
    if (counts.ofDay === 1 && !isNearTimeOfDay(demand, start - dayStart, path.firstOfDay)) {
      continue;
    }
    if (!times.onlyFree && !times.isFree(placement, wanted)) continue;
    // What fits in the regular hours needs no opening that is kept for lost days.
    if (withExtra && times.isFree(placement, { ...wanted, withExtra: false })) continue;
    if (goesOn({ placement, index, ...counts })) return true;
  }
  return false;
}

// How many sessions a path can have from this one on, counted up to what is wanted.
function reach(search: Search, path: Path, at: { point: Point; wanted: number }): number {
  const { point, wanted } = at;
  if (wanted <= 1) return 1;
  const reached = entryOf(path.reached, placeOf(search, point), () => new Map());
  const known = reached.get(point.placement);
  if (known !== undefined && (known < 0 || known >= wanted)) {
    return Math.min(Math.abs(known), wanted);
  }
  let length = 1;
  const goesOn = (next: Point) => {
    length = Math.max(length, 1 + reach(search, path, { point: next, wanted: wanted - 1 }));
    return length >= wanted;
  };
  someNext(search, path, { point, goesOn });
  reached.set(point.placement, length < wanted ? -length : length);
  return length;
}

// Where the sessions that follow are all alike, and nothing depends on their number, that does not count.
function placeOf(search: Search, { index, ofDay, ofWeek }: Point): number {
  const { demand, tail, onlyWhole } = search;
  const isNumbered = demand.compensations.length > 0 || (onlyWhole && isBounded(demand));
  const number = isNumbered ? index : Math.min(index, tail);
  return (number * countsMax + ofDay) * countsMax + ofWeek;
}

// Whether so many sessions in the week of that day would take what is kept for urgent courses.
function isKept({ weekCap }: Search, day: Day, ofWeek: number): boolean {
  return weekCap !== undefined && ofWeek > weekCap(weekOfDay(day));
}

function isBounded({ rules }: Demand): boolean {
  return rules.prolongationDaysMax !== undefined;
}

type Next = { readonly index: number; readonly latest: Minute };

// The last day on which the next session may be, if those after it are to be given until the limit.
function untilOf(search: Search, path: Path, { index, latest }: Next): Day {
  const { demand, onlyWhole } = search;
  const { rules, compensations, phases, time } = demand;
  const perDay = rules.sessionsPerDay + (compensations.includes("SAME_DAY") ? 1 : 0);
  const after = onlyWhole && isBounded(demand) ? phases.length - index - 1 : 0;
  return Math.min(time.dayOf(latest), path.limitDay - Math.floor(after / perDay));
}

// Which session of its day and week the first one is: of a course that has begun not the first of all.
function firstCounts(demand: Demand, day: Day): Counts | undefined {
  const { begun, time } = demand;
  if (begun === undefined) return { ofDay: 1, ofWeek: 1 };
  const { ofDay = 1, ofWeek = 1, last } = begun;
  const before = { ofDay, ofWeek, placement: { day: time.dayOf(last.end - 1) } };
  return countsAfter(demand, before, { day, isBehind: false, withExtra: false });
}

function doneOf({ begun }: Demand): number {
  return begun?.done ?? 0;
}

function followsBegun(demand: Demand, at: { readonly day: Day; readonly start: Minute }): boolean {
  const { begun, time } = demand;
  if (begun === undefined) return true;
  const { sameDay, earliest } = rangeAfter(demand, begun.last.end);
  const isSameDay = time.dayOf(begun.last.end - 1) === at.day;
  const firstOfDay = begun.firstStart - time.startOf(time.dayOf(begun.firstStart));
  return (
    at.start >= (isSameDay ? sameDay : earliest) &&
    isNearTimeOfDay(demand, at.start - time.startOf(at.day), firstOfDay)
  );
}
