/*
 * The first sessions after which a course could go on to its end, by what must be so at least: from one free start near
 * enough to its time of day to another, with gaps as the rules have them, there must be as many as the course has
 * sessions. Nearly every first session of a full hub fails this; those that do not are kept by their day until the hub
 * changes, so that a hub with none costs a search a look at each day.
 */
import { type FirstSession, firstSessions, idealFrom, type Search } from "./course-search.ts";
import type { Demand } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { entryOf, type SessionTimes, type Wanted } from "./session-times.ts";

/** What is known of the sessions of one plan on one state of a hub, for some days. */
export type Firsts = {
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly byDay: Map<Day, readonly FirstSession[]>;
  readonly points: Map<readonly string[], readonly LaterPoint[]>;
  readonly chains: Map<readonly string[], Map<Minute, Chain>>;
};

/** A free start of a later session. */
type LaterPoint = { readonly start: Minute; readonly end: Minute; readonly ofDay: Minute };

/** The same, with the times from today on, whenever a search begins: of them is what is kept. */
type KnownFirsts = Firsts & { readonly allTimes: () => SessionTimes };

/** Nothing is known yet. */
export function createFirsts(firstDay: Day, lastDay: Day): Firsts {
  return { firstDay, lastDay, byDay: new Map(), points: new Map(), chains: new Map() };
}

/** Counts what is known; the same as before where a search found out nothing more. */
export function knownOf({ byDay, points, chains }: Firsts): number {
  return chains.values().reduce((sum, { size }) => sum + size, byDay.size + points.size);
}

/** Those of a day that may have a course, the earliest first; the same for every search of that plan from now on. */
export function promisingFirsts(
  search: Search,
  firsts: KnownFirsts,
): (day: Day) => readonly FirstSession[] {
  const { demand } = search;
  const lastPastDay = demand.time.dayOf(demand.notBefore);
  const find = (day: Day) =>
    [...firstSessions(search, day)].filter((first) => mayFit(search, firsts, first));
  return (day) => (day <= lastPastDay ? find(day) : entryOf(firsts.byDay, day, () => find(day)));
}

/** Starts of later sessions, ascending, with how many can follow each other from there. */
type Chain = { readonly starts: readonly Minute[]; readonly longest: Int32Array };

function mayFit(search: Search, firsts: KnownFirsts, { placement, group }: FirstSession): boolean {
  const { demand } = search;
  const { phases, rules, shapes, time } = demand;
  if (phases.length < 2) return true;
  const isAnyTime = !isNearBound(demand);
  const ofDay = isAnyTime ? 0 : placement.start - time.startOf(placement.day);
  const ofGroup = entryOf(firsts.chains, group, () => new Map());
  const chain = entryOf(ofGroup, ofDay, () => chainOf(search, firsts, { group, ofDay }));
  const end = placement.start + (shapes[0]?.minutes ?? 0);
  if (1 + longestAfter(chain, end, gapsOf(demand)) < phases.length) return false;
  if (rules.prolongationDaysMax === undefined) return true;
  const ideal = idealFrom(search, { placement, group }).at(-1) ?? placement.day;
  const limit = time.startOf(ideal + rules.prolongationDaysMax + 1);
  const within = firstAt(chain.starts, limit) - firstAt(chain.starts, placement.start + 1);
  return within >= phases.length - 1;
}

type ChainFor = { readonly group: readonly string[]; readonly ofDay: Minute };

// From the last to the first.
function chainOf(search: Search, firsts: KnownFirsts, { group, ofDay }: ChainFor): Chain {
  const { demand } = search;
  const all = entryOf(firsts.points, group, () => laterPoints(demand, firsts, group));
  const window = isNearBound(demand)
    ? demand.rules.timeOfDayWindowMinutes
    : Number.POSITIVE_INFINITY;
  const points = all.filter((point) => Math.abs(point.ofDay - ofDay) <= window);
  const gaps = gapsOf(demand);
  const longest = new Int32Array(points.length);
  const chain = { starts: points.map(({ start }) => start), longest };
  for (let at = points.length - 1; at >= 0; at -= 1) {
    longest[at] = 1 + longestAfter(chain, points[at]?.end ?? 0, gaps);
  }
  return chain;
}

function laterPoints(
  demand: Demand,
  { firstDay, lastDay, allTimes }: KnownFirsts,
  group: readonly string[],
): LaterPoint[] {
  const points: LaterPoint[] = [];
  const times = allTimes();
  const wanted = laterSessions(demand);
  for (let day = firstDay; day <= lastDay; day += 1) {
    const dayStart = demand.time.startOf(day);
    for (const one of wanted) {
      const { minutes } = one.shape;
      for (const at of times.startsAt(group, day, one)) {
        if (!times.onlyFree && !times.isFree(at, one)) continue;
        const { start } = at;
        points.push({ start, end: start + minutes, ofDay: start - dayStart });
      }
    }
  }
  return points.sort((one, other) => one.start - other.start);
}

function longestAfter({ starts, longest }: Chain, end: Minute, { least, most }: Gaps): number {
  let length = 0;
  for (let at = firstAt(starts, end + least); at < starts.length; at += 1) {
    if ((starts[at] ?? 0) > end + most) break;
    length = Math.max(length, longest[at] ?? 0);
  }
  return length;
}

function firstAt(starts: readonly Minute[], from: Minute): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? from) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Only the first session of a day has to be near the course's time of day.
function isNearBound({ rules, compensations }: Demand): boolean {
  const isOne = rules.sessionsPerDay === 1 && !compensations.includes("SAME_DAY");
  return isOne && rules.timeOfDayWindowMinutes > 0;
}

function laterSessions({ shapes, compensations }: Demand): Wanted[] {
  const extras = compensations.includes("EXTRA_DAY") ? [false, true] : [false];
  return [...new Set(shapes.slice(1))].flatMap((shape) =>
    extras.map((withExtra) => ({ shape, withExtra })),
  );
}

type Gaps = { readonly least: Minute; readonly most: Minute };

const minutesOfHour = 60;
const gapHoursMax = 720;

function gapsOf({ rules }: Demand): Gaps {
  const { minGapHours, maxGapHours, sameDayGapHours = 0 } = rules;
  const least = sameDayGapHours === 0 ? minGapHours : Math.min(minGapHours, sameDayGapHours);
  const most = maxGapHours === 0 ? gapHoursMax : maxGapHours;
  return { least: least * minutesOfHour, most: most * minutesOfHour };
}
