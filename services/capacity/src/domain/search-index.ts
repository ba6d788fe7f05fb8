/*
 * One hub as searches see it: what is taken of it, and the free starts of the sessions that were asked for, kept until
 * something that they use changes. It proposes; who is to have a time is decided in the database.
 */
import type { Availability } from "./availability.ts";
import type { Demand, TimedHub } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { createFreeTime } from "./search-free-time.ts";
import { createFreeStarts, daysOfBeamBucket, type FreeStarts } from "./search-starts.ts";
import { type CourseTaken, createTaken, type TakenBucket, type TakenSpan } from "./search-taken.ts";
import { placeSession } from "./session-placement.ts";
import type { Shape } from "./session-shape.ts";
import { entryOf, type SessionTimes, type Wanted } from "./session-times.ts";

/** What courses have of a hub, and how full its pools are: all of it, or what changed. */
export type HubTaken = {
  /** What each of these courses has; of one that is named without anything, that it has nothing. */
  readonly spans: ReadonlyMap<string, readonly TakenSpan[]>;
  readonly poolUses: ReadonlyMap<
    string,
    readonly { readonly pool: string; readonly bucket: number }[]
  >;
  readonly buckets: readonly TakenBucket[];
};

/** The index of one version of a hub. */
export type HubIndex = {
  readonly hub: TimedHub;
  /** Counts the changes. */
  readonly changes: () => number;
  /** Counts the days of which free starts were worked out, again or for the first time. */
  readonly daysWorkedOut: () => number;
  readonly availability: () => Availability;
  /** When sessions of a demand on this hub can be; right until the next change. */
  readonly timesFor: (demand: Demand, onLook?: () => void) => SessionTimes;
  /** Takes in what these courses have now. */
  readonly apply: (courses: readonly string[], taken: HubTaken) => void;
  /** The buckets in which a course counted. */
  readonly bucketsOf: (course: string) => readonly { pool: string; bucket: number }[];
  readonly courses: () => readonly string[];
};

// A template has a few shapes; a hub that published a hundred others since has another index.
const shapesMax = 512;

/** Builds the index of a hub from everything that is taken of it. */
export function createHubIndex(hub: TimedHub, all: HubTaken): HubIndex {
  const { document, time } = hub;
  const courses = new Set([...all.spans.keys(), ...all.poolUses.keys()]);
  const taken = createTaken(new Map([...courses].map((course) => [course, courseOf(all, course)])));
  taken.setBuckets(all.buckets);
  const { availability } = taken;
  const free = createFreeTime(time, (resource) => availability().busy.get(resource) ?? []);
  const kept = new Map<string, { starts: FreeStarts; shape: Shape }>();
  let byShape = new WeakMap<Shape, Map<string, FreeStarts>>();
  const kindOf = new Map(document.resources.map(({ id, kind }) => [id, kind]));
  const counts = { changes: 0, daysWorkedOut: 0 };

  const startsOf = (demand: Demand, { shape, withExtra }: Wanted) => {
    const { gridMinutes, anaesthesiaWindow } = demand.rules;
    const { start = 0, end = 0 } = (demand.underAnaesthesia && anaesthesiaWindow) || {};
    const rest = `${withExtra} ${gridMinutes} ${start} ${end}`;
    // What is dropped here hears of no change any more, so nobody may use it again.
    if (kept.size >= shapesMax) {
      kept.clear();
      byShape = new WeakMap();
    }
    return entryOf(
      entryOf(byShape, shape, () => new Map()),
      rest,
      () => {
        return entryOf(kept, `${JSON.stringify(shape)} ${rest}`, () => {
          const context = { demand, availability, free, counts };
          return { starts: createFreeStarts(context, shape, withExtra), shape };
        }).starts;
      },
    );
  };
  const forgetSpan = ({ resource, start, end }: TakenSpan) => {
    const days = { first: time.dayOf(start), last: time.dayOf(end - 1) };
    free.forget(resource, days);
    const kind = kindOf.get(resource);
    for (const { starts, shape } of kept.values()) {
      if (shape.otherUses.some((use) => use.kind === kind)) starts.forget(days, undefined);
      else if (shape.siteUse.kind === kind) starts.forget(days, [resource]);
    }
  };
  const forgetBucket = ({ pool: id, bucket }: { pool: string; bucket: number }) => {
    const pool = document.pools.find((candidate) => candidate.id === id);
    if (pool?.kind !== "BEAM") return;
    for (const { starts, shape } of kept.values()) {
      if (shape.beam !== undefined) starts.forget(daysOfBeamBucket(time, bucket), pool.serves);
    }
  };
  const apply: HubIndex["apply"] = (courses, now) => {
    counts.changes += 1;
    for (const course of courses) {
      for (const span of taken.setCourse(course, courseOf(now, course))) forgetSpan(span);
    }
    taken.setBuckets(now.buckets);
    for (const bucket of now.buckets) forgetBucket(bucket);
  };
  return {
    hub,
    changes: () => counts.changes,
    daysWorkedOut: () => counts.daysWorkedOut,
    availability,
    apply,
    bucketsOf: (course) => taken.courseOf(course).buckets,
    courses: taken.courses,
    timesFor: (demand, onLook = () => undefined) =>
      timesOf(demand, {
        onLook,
        startsOf: (wanted) => startsOf(demand, wanted),
        availability: availability(),
      }),
  };
}

function courseOf({ spans, poolUses }: HubTaken, course: string): CourseTaken {
  return { spans: spans.get(course) ?? [], buckets: poolUses.get(course) ?? [] };
}

type TimesParts = {
  readonly onLook: () => void;
  readonly startsOf: (wanted: Wanted) => FreeStarts;
  readonly availability: Availability;
};

function timesOf(demand: Demand, { onLook, startsOf, availability }: TimesParts): SessionTimes {
  const { notBefore, time } = demand;
  const lastPastDay: Day = time.dayOf(notBefore);
  const byShape = new Map<Shape, (FreeStarts | undefined)[]>();
  const startsFor = (wanted: Wanted) => {
    const both = entryOf(byShape, wanted.shape, () => [undefined, undefined]);
    const at = wanted.withExtra ? 1 : 0;
    const known = both[at];
    if (known !== undefined) return known;
    const starts = startsOf(wanted);
    both[at] = starts;
    return starts;
  };
  const onDay = (sites: readonly string[], day: Day, wanted: Wanted) => {
    const starts = startsFor(wanted).on(sites, day);
    return day > lastPastDay ? starts : starts.filter(({ start }) => isToCome(start, notBefore));
  };
  return {
    startsAt: (sites, day, wanted) => {
      onLook();
      return onDay(sites, day, wanted);
    },
    onlyFree: true,
    isFree: ({ site, day, start }, wanted) =>
      onDay([site], day, wanted).some((free) => free.start === start),
    placeAt: (at, wanted) => {
      const tried = placeSession({ demand, availability }, { ...at, ...wanted });
      return "placement" in tried ? tried.placement : undefined;
    },
  };
}

function isToCome(start: Minute, notBefore: Minute): boolean {
  return start >= notBefore;
}
