import { must } from "@carehub/rules/fault";
import { capacityOn, type HubDocument, type PoolKind } from "./hub.ts";
import type { HubTime, Minute, Span } from "./hub-time.ts";

/** A bucket of a pool: the day for beds, the half hour since 1970 for a beam. */
export type Bucket = number;

/** A part of a pool that a course uses. */
export type PoolUse = { readonly pool: string; readonly bucket: Bucket; readonly amount: number };

/** What of a hub is taken, as it was read at one moment; by the hub's own ids. */
export type Availability = {
  /** Taken time of each resource, sorted and apart; a resource without an entry is free. */
  readonly busy: ReadonlyMap<string, readonly Span[]>;
  /** What is used of each pool by bucket: planned and actual excess. */
  readonly used: ReadonlyMap<string, ReadonlyMap<Bucket, number>>;
  /**
   * For pools of uncertain stays: the probabilities with which each patient of such a stay is there, by day. Absent for
   * none.
   */
  readonly presences?: ReadonlyMap<string, ReadonlyMap<Bucket, readonly number[]>>;
  /** How many of those that `used` counts are of an uncertain stay, by day. Absent for none. */
  readonly uncertain?: ReadonlyMap<string, ReadonlyMap<Bucket, number>>;
};

/** Minutes of a beam's bucket. */
export const beamBucketMinutes = 30;

/** The first taken span that overlaps `[start, end)`. */
export function firstOverlap(spans: readonly Span[], { start, end }: Span): Span | undefined {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span !== undefined && span.end <= start) low = middle + 1;
    else high = middle;
  }
  const found = spans[low];
  return found !== undefined && found.start < end ? found : undefined;
}

/** Whether one of the spans holds all of `[start, end)`. */
export function holds(spans: readonly Span[], { start, end }: Span): boolean {
  return spans.some((span) => span.start <= start && end <= span.end);
}

/** What a pool has in a bucket for courses that are emergencies, or are not. */
export function placesOf(
  document: HubDocument,
  { pool: id, bucket, isEmergency }: { pool: string; bucket: Bucket; isEmergency: boolean },
): number {
  const pool = must(
    document.pools.find((candidate) => candidate.id === id),
    "a demanded pool is in its document",
  );
  if (pool.kind === "BEAM") return pool.capacity;
  return capacityOn(pool, bucket) - (isEmergency ? 0 : (pool.emergencyReserve ?? 0));
}

/** What a pool has left in a bucket. */
export function freeOf(
  { demand, availability }: { demand: PlacesFor; availability: Availability },
  pool: string,
  bucket: Bucket,
): number {
  const { document, isEmergency } = demand;
  const places = placesOf(document, { pool, bucket, isEmergency });
  return places - (availability.used.get(pool)?.get(bucket) ?? 0);
}

type PlacesFor = { readonly document: HubDocument; readonly isEmergency: boolean };

/** The buckets of a beam that a span touches, with its minutes in each. */
export function beamBuckets(pool: string, { start, end }: Span): PoolUse[] {
  const uses: PoolUse[] = [];
  for (let from = start; from < end; ) {
    const bucket = Math.floor(from / beamBucketMinutes);
    const to = Math.min(end, (bucket + 1) * beamBucketMinutes);
    uses.push({ pool, bucket, amount: to - from });
    from = to;
  }
  return uses;
}

/** A bucket of each kind of pool. */
export type BucketsByKind = Readonly<Record<PoolKind, Bucket>>;

/** The buckets in which a minute lies; those before it are over then. */
export function bucketsAt(minute: Minute, time: HubTime): BucketsByKind {
  return { BED: time.dayOf(minute), BEAM: Math.floor(minute / beamBucketMinutes) };
}

/** The time that a bucket stands for. */
export function spanOfBucket(kind: PoolKind, bucket: Bucket, time: HubTime): Span {
  if (kind === "BED") return { start: time.startOf(bucket), end: time.startOf(bucket + 1) };
  const start: Minute = bucket * beamBucketMinutes;
  return { start, end: start + beamBucketMinutes };
}
