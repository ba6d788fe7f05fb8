/*
 * The earliest courses of many hubs together. Each hub's search tells its first sessions one after the other, and always
 * the one is asked on that is least far: with enough courses found, nobody has looked at a day past the last of them.
 */
import type { PlanContext } from "./course-search.ts";
import { createSearch } from "./course-search.ts";
import { type Demand, horizonOf } from "./demand.ts";
import type { HubName } from "./names.ts";
import { type FittingCourse, type TriedCourse, tryCourses, waysOf } from "./planner.ts";
import { createFirsts, type Firsts, promisingFirsts } from "./search-firsts.ts";
import type { HubIndex } from "./search-index.ts";
import { entryOf } from "./session-times.ts";

/** What is looked for at one hub. */
export type HubSearch = {
  readonly index: HubIndex;
  readonly demand: Demand;
  /** What may be kept from search to search of the same sessions while the hub does not change. */
  readonly firsts: Map<string, Firsts>;
};

/** A course that fits, and what it was found by. */
export type FoundCourse = { readonly search: HubSearch; readonly course: FittingCourse };

/** The earliest of all, and the searches that were at their end without any. */
export type Earliest = {
  readonly courses: readonly FoundCourse[];
  readonly without: readonly HubSearch[];
};

type FittingTry = Extract<TriedCourse, { place: () => FittingCourse }>;

type Stream = {
  readonly search: HubSearch;
  readonly tries: Iterator<TriedCourse>;
  readonly hub: HubName;
  head: TriedCourse;
  hasCourse: boolean;
};

/**
 * Finds the earliest courses by their first session's start, then hub, site and template. `onLook` is told of each day
 * that is looked at, and ends it all by throwing.
 */
export function findEarliest(
  searches: readonly HubSearch[],
  { limit, onLook }: { readonly limit: number; readonly onLook: () => void },
): Earliest {
  const without: HubSearch[] = [];
  const streams: Stream[] = [];
  for (const search of searches) {
    const tries = coursesOf(search, onLook);
    const { value: head, done } = tries.next();
    if (done === true) without.push(search);
    else
      insert(streams, { search, tries, hub: search.demand.document.name, head, hasCourse: false });
  }
  const found: { stream: Stream; tried: FittingTry }[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (let stream = streams.shift(); stream !== undefined; stream = streams.shift()) {
    const { head } = stream;
    if (head.placement.start > last) break;
    if ("place" in head) {
      stream.hasCourse = true;
      found.push({ stream, tried: head });
      if (found.length === limit) last = head.placement.start;
    }
    const { value, done } = stream.tries.next();
    if (done !== true) {
      stream.head = value;
      insert(streams, stream);
    } else if (!stream.hasCourse) without.push(stream.search);
  }
  const courses = found
    .toSorted((one, other) => compare(keyOf(one), keyOf(other)))
    .slice(0, limit)
    .map(({ stream, tried }) => ({ search: stream.search, course: tried.place() }));
  return { courses, without };
}

type Key = readonly [number, string, string, string];

function keyOf({ stream, tried }: { stream: Stream; tried: TriedCourse }): Key {
  const { start, site } = tried.placement;
  return [start, stream.hub, site, stream.search.demand.template.id];
}

function compare(one: Key, other: Key): number {
  for (const [at, part] of one.entries()) {
    const against = other[at] ?? part;
    if (part !== against) return part < against ? -1 : 1;
  }
  return 0;
}

function insert(streams: Stream[], stream: Stream): void {
  const { start } = stream.head.placement;
  let low = 0;
  let high = streams.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((streams[middle]?.head.placement.start ?? start) < start) low = middle + 1;
    else high = middle;
  }
  streams.splice(low, 0, stream);
}

// Lost days are made up for only where no course fits without that; so where they may be, nothing is told before one does.
function* coursesOf(search: HubSearch, onLook: () => void): Generator<TriedCourse> {
  const ways = waysOf(search.demand.compensations);
  for (const compensations of ways) {
    const tries = triesOf({ ...search, demand: { ...search.demand, compensations } }, onLook);
    if (ways.length === 1) return yield* tries;
    let hasCourse = false;
    for (const tried of tries) {
      if (!("place" in tried)) continue;
      hasCourse = true;
      yield tried;
    }
    if (hasCourse) return;
  }
}

function triesOf({ index, demand, firsts }: HubSearch, onLook: () => void): Generator<TriedCourse> {
  const times = index.timesFor(demand, onLook);
  const context: PlanContext = { demand, availability: index.availability() };
  const search = createSearch(context, times);
  // What is kept serves searches that begin later or earlier; what lies before a first session does not matter to it.
  const allTimes = () => {
    const notBefore = demand.time.startOf(demand.today);
    return index.timesFor({ ...demand, notBefore }, onLook);
  };
  const known = { ...firstsFor(demand, firsts), allTimes };
  return tryCourses(context, search, promisingFirsts(search, known));
}

// For some weeks more than are asked for, so that the next search finds them too.
const spareDays = 28;

function firstsFor(demand: Demand, kept: Map<string, Firsts>): Firsts {
  const { lastDay } = horizonOf(demand);
  const way = demand.compensations.join(" ");
  const known = kept.get(way);
  if (known !== undefined && known.firstDay <= demand.today && known.lastDay >= lastDay) {
    return known;
  }
  kept.delete(way);
  return entryOf(kept, way, () => createFirsts(demand.today, lastDay + spareDays));
}
