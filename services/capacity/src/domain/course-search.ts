/*
 * The graph of sessions under the planner. Sessions of one course cannot be in each other's way (the least gap counts
 * from the end of the last resource), so a session is a point and a course is a path. How far a path goes on from a
 * point is computed once and kept, hence a search that fails is bounded by points times steps, never by paths.
 */
import { must } from "@carehub/rules/fault";
import type { Availability } from "./availability.ts";
import { type Demand, horizonOf } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { type Placement, placeSession, startsOn } from "./session-placement.ts";

/** What the planner decides by. */
export type PlanContext = { readonly demand: Demand; readonly availability: Availability };

/** A search over one demand and one availability, with what it has found out so far. */
export type Search = PlanContext & {
  readonly lastDay: Day;
  readonly placements: Map<string, Map<Minute, Placement | undefined>>;
  readonly starts: Map<string, Map<Day, readonly Start[]>>;
  readonly reachedByPath: Map<string, ReachedBy>;
};

/** A first session, and the sites that its course may be treated at. */
export type FirstSession = { readonly placement: Placement; readonly group: readonly string[] };

/** Where a next session may start. */
export type NextRange = { readonly earliest: Minute; readonly latest: Minute };

type Start = { readonly site: string; readonly day: Day; readonly start: Minute };
type Reached = { readonly length: number; readonly exact: boolean };
type Counts = { readonly ofDay: number; readonly ofWeek: number };
type Step = Counts & { readonly placement: Placement };
type Path = {
  readonly group: readonly string[];
  readonly firstOfDay: Minute;
  readonly reached: ReachedBy;
};
/** By the counts of the day and week, and by the session. */
type ReachedBy = Map<number, Map<Placement, Reached>>;

const minutesOfHour = 60;
const gapHoursMax = 720;
const daysOfWeek = 7;

/** Begins a search. */
export function createSearch(context: PlanContext): Search {
  const { lastDay } = horizonOf(context.demand);
  return {
    ...context,
    lastDay,
    placements: new Map(),
    starts: new Map(),
    reachedByPath: new Map(),
  };
}

/** The sessions with which a course could begin on a day, the earliest first. */
export function* firstSessions(search: Search, day: Day): Generator<FirstSession> {
  const starts = search.demand.siteGroups
    .flatMap((group) => startsAt(search, group, day).map((at) => ({ ...at, group })))
    .toSorted((one, other) => one.start - other.start);
  for (const { site, start, group } of starts) {
    const placement = placeAt(search, { site, day, start });
    if (placement !== undefined) yield { placement, group };
  }
}

/** The longest course from that session on, up to the demanded length, each session as early as the next allow. */
export function longestPath(search: Search, { placement, group }: FirstSession): Placement[] {
  const { demand } = search;
  const total = demand.phases.length;
  const firstOfDay = placement.start - demand.time.startOf(placement.day);
  const path: Path = { group, firstOfDay, reached: reachedOn(search, group, firstOfDay) };
  let step: Step = { placement, ofDay: 1, ofWeek: 1 };
  const sessions = [placement];
  for (let left = reach(search, path, { step, wanted: total }) - 1; left > 0; left -= 1) {
    step = must(
      nextSteps(search, path, step).find(
        (next) => reach(search, path, { step: next, wanted: left }) >= left,
      ),
      "a step that reaches further has a next one",
    );
    sessions.push(step.placement);
  }
  return sessions;
}

/** The least and the greatest start after a session's end. */
export function rangeAfter({ rules }: Demand, end: Minute): NextRange {
  const maxGap = rules.maxGapHours === 0 ? gapHoursMax : rules.maxGapHours;
  return {
    earliest: end + rules.minGapHours * minutesOfHour,
    latest: end + maxGap * minutesOfHour,
  };
}

/** Whether the time of day is near enough to that of the first session. */
export function isNearTimeOfDay(demand: Demand, minuteOfDay: number, firstOfDay: number): boolean {
  const window = demand.rules.timeOfDayWindowMinutes;
  return window === 0 || Math.abs(minuteOfDay - firstOfDay) <= window;
}

/** Which session of its day and week one on that day would be after this one; undefined where that is one too many. */
export function countsAfter({ rules }: Demand, step: Step, day: Day): Counts | undefined {
  const ofDay = day === step.placement.day ? step.ofDay + 1 : 1;
  if (ofDay > rules.sessionsPerDay) return undefined;
  // Counted only where it matters, so that fewer points differ.
  const counts = rules.sessionsPerWeek > 0 && weekOf(day) === weekOf(step.placement.day);
  const ofWeek = counts ? step.ofWeek + 1 : 1;
  return counts && ofWeek > rules.sessionsPerWeek ? undefined : { ofDay, ofWeek };
}

/** The starts on a day at one of the sites, the earliest first. */
export function startsAt(search: Search, sites: readonly string[], day: Day): readonly Start[] {
  const byDay = entryOf(search.starts, sites[0] ?? "", () => new Map<Day, readonly Start[]>());
  return entryOf(byDay, day, () =>
    sites
      .flatMap((site) => startsOn(search.demand, site, day).map((start) => ({ site, day, start })))
      .toSorted((one, other) => one.start - other.start),
  );
}

/** A session placed at that start, where all of it is open and free. */
export function placeAt(search: Search, at: Start): Placement | undefined {
  const ofSite = entryOf(search.placements, at.site, () => new Map());
  if (ofSite.has(at.start)) return ofSite.get(at.start);
  const tried = placeSession(search, at);
  const placement = "placement" in tried ? tried.placement : undefined;
  ofSite.set(at.start, placement);
  return placement;
}

// Lazy: a search that succeeds looks at one or two of them.
function* nextSteps(search: Search, path: Path, step: Step): Generator<Step> {
  const { demand, lastDay } = search;
  const { time } = demand;
  const { earliest, latest } = rangeAfter(demand, step.placement.end);
  const until = Math.min(time.dayOf(latest), lastDay);
  for (let day = time.dayOf(earliest); day <= until; day += 1) {
    const counts = countsAfter(demand, step, day);
    if (counts === undefined) continue;
    for (const at of startsAt(search, path.group, day)) {
      if (at.start < earliest || at.start > latest) continue;
      const minuteOfDay = at.start - time.startOf(day);
      if (counts.ofDay === 1 && !isNearTimeOfDay(demand, minuteOfDay, path.firstOfDay)) continue;
      const placement = placeAt(search, at);
      if (placement !== undefined) yield { placement, ...counts };
    }
  }
}

// How many sessions a path can have from this step on, counted up to what is wanted.
function reach(search: Search, path: Path, at: { step: Step; wanted: number }): number {
  const { step, wanted } = at;
  if (wanted <= 1) return 1;
  const { placement, ofDay, ofWeek } = step;
  const reached = entryOf(path.reached, ofDay * daysOfWeek * 4 + ofWeek, () => new Map());
  const known = reached.get(placement);
  if (known !== undefined && (known.exact || known.length >= wanted)) {
    return Math.min(known.length, wanted);
  }
  let length = 1;
  for (const next of nextSteps(search, path, step)) {
    length = Math.max(length, 1 + reach(search, path, { step: next, wanted: wanted - 1 }));
    if (length >= wanted) break;
  }
  reached.set(placement, { length, exact: length < wanted });
  return length;
}

function reachedOn(search: Search, group: readonly string[], firstOfDay: Minute): ReachedBy {
  const anyTime = search.demand.rules.timeOfDayWindowMinutes === 0;
  const key = `${group[0]} ${anyTime ? 0 : firstOfDay}`;
  return entryOf(search.reachedByPath, key, () => new Map());
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function weekOf(day: Day): number {
  return Math.floor((day + 3) / daysOfWeek);
}
