/*
 * What of a hub is taken, as a search index keeps it: changed in place, a course at a time, and read by the planner like
 * any other availability.
 *
 * What was read last wins. A course's time may be read before the news that another gave it up have come; then that
 * other one has lost it already, because no two rows of a resource ever overlap.
 */
import type { Availability, Bucket } from "./availability.ts";
import type { Span } from "./hub-time.ts";
import { entryOf } from "./session-times.ts";

/** A taken time of a resource, by the hub's own id. */
export type TakenSpan = Span & { readonly resource: string };

/** All that a pool has in use in one bucket. */
export type TakenBucket = {
  readonly pool: string;
  readonly bucket: Bucket;
  readonly used: number;
  /** How many of the used are of uncertain stays. */
  readonly uncertain: number;
  /** The probabilities, in millionths, of the patients of uncertain stays, ascending. */
  readonly presences: readonly number[];
};

/** What a course keeps: its time, and the buckets in which it counts. */
export type CourseTaken = {
  readonly spans: readonly TakenSpan[];
  readonly buckets: readonly { readonly pool: string; readonly bucket: Bucket }[];
};

/** What of a hub is taken, with who has it. */
export type Taken = {
  /** Another object after each change of a pool; what is busy changes in place. */
  readonly availability: () => Availability;
  /** What a course has as far as is known; by its id, and empty for what no course has. */
  readonly courseOf: (course: string) => CourseTaken;
  /** Replaces all that a course has; answers the times at which that changes something. */
  readonly setCourse: (course: string, taken: CourseTaken) => readonly TakenSpan[];
  readonly setBuckets: (buckets: readonly TakenBucket[]) => void;
  readonly courses: () => readonly string[];
};

type Owned = Span & { readonly course: string };

const nothing: CourseTaken = { spans: [], buckets: [] };

/** Keeps what is taken of one hub, from what its courses have. */
export function createTaken(all: ReadonlyMap<string, CourseTaken>): Taken {
  const busy = busyOf(all);
  const used = new Map<string, Map<Bucket, number>>();
  const uncertain = new Map<string, Map<Bucket, number>>();
  const presences = new Map<string, Map<Bucket, readonly number[]>>();
  const byCourse = new Map(all);
  const maps = { busy, used, uncertain, presences } satisfies Availability;
  let availability: Availability = { ...maps };
  return {
    availability: () => availability,
    courseOf: (course) => byCourse.get(course) ?? nothing,
    setCourse: (course, taken) => {
      const before = byCourse.get(course) ?? nothing;
      const keyOf = ({ resource, start, end }: TakenSpan) => `${resource} ${start} ${end}`;
      const old = new Set(before.spans.map(keyOf));
      const fresh = new Set(taken.spans.map(keyOf));
      const gone = before.spans.filter((span) => !fresh.has(keyOf(span)));
      const added = taken.spans.filter((span) => !old.has(keyOf(span)));
      for (const span of gone) drop(busy.get(span.resource) ?? [], span, course);
      const evicted = added.flatMap((span) =>
        insert(
          entryOf(busy, span.resource, () => []),
          span,
          course,
        ).map((other) => ({
          ...other,
          resource: span.resource,
        })),
      );
      if (taken.spans.length === 0 && taken.buckets.length === 0) byCourse.delete(course);
      else byCourse.set(course, taken);
      return [...gone, ...added, ...evicted];
    },
    setBuckets: (buckets) => {
      for (const { pool, bucket, ...is } of buckets) {
        put(used, { pool, bucket, value: is.used, isNothing: is.used === 0 });
        put(uncertain, { pool, bucket, value: is.uncertain, isNothing: is.uncertain === 0 });
        const isNothing = is.presences.length === 0;
        put(presences, { pool, bucket, value: is.presences, isNothing });
      }
      // What was computed for the object before does not hold any more.
      availability = { ...maps };
    },
    courses: () => [...byCourse.keys()],
  };
}

// All at once: a hub has some ten thousand rows, and one put in after the other would move the rest of them each time.
function busyOf(all: ReadonlyMap<string, CourseTaken>): Map<string, Owned[]> {
  const busy = new Map<string, Owned[]>();
  for (const [course, { spans }] of all) {
    for (const { resource, start, end } of spans) {
      entryOf(busy, resource, () => []).push({ start, end, course });
    }
  }
  for (const spans of busy.values()) spans.sort((one, other) => one.start - other.start);
  return busy;
}

function put<Value>(
  map: Map<string, Map<Bucket, Value>>,
  entry: { pool: string; bucket: Bucket; value: Value; isNothing: boolean },
): void {
  const { pool, bucket, value, isNothing } = entry;
  const ofPool = entryOf(map, pool, () => new Map());
  if (isNothing) ofPool.delete(bucket);
  else ofPool.set(bucket, value);
}

function drop(spans: Owned[], { start, end }: Span, course: string): void {
  const at = firstEndingAfter(spans, start);
  const found = spans[at];
  if (found?.start === start && found.end === end && found.course === course) spans.splice(at, 1);
}

// Answers what is there no more.
function insert(spans: Owned[], { start, end }: Span, course: string): Owned[] {
  const at = firstEndingAfter(spans, start);
  let overlapping = 0;
  while ((spans[at + overlapping]?.start ?? end) < end) overlapping += 1;
  return spans.splice(at, overlapping, { start, end, course });
}

// They are apart, so their ends ascend too.
function firstEndingAfter(spans: readonly Owned[], start: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? start) <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}
