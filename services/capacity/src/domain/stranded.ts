import type { Uuid } from "@carehub/rules/ids";
import { beamBucketMinutes, firstOverlap, holds } from "./availability.ts";
import { type Closure, capacityOn, type HubDocument } from "./hub.ts";
import {
  dayOfDate,
  type HubTime,
  instantOfMinute,
  type Minute,
  mergeSpans,
  minuteOfInstant,
  type Span,
} from "./hub-time.ts";
import { poolName, resourceName } from "./names.ts";

/** The time of one closure at one resource, by its full name. */
export type ClosureSpan = Span & {
  readonly resource: string;
  readonly kind: Closure["kind"];
  readonly reason: string;
};

/** A use that a live course keeps, by the resource's full name. */
export type KeptSession = Span & {
  readonly resource: string;
  readonly course: Uuid;
  readonly lapsed: boolean;
};

/** What a live course keeps of a bucket, with the bucket's whole plan. */
export type KeptPlace = {
  readonly pool: string;
  readonly bucket: number;
  readonly planned: number;
  readonly course: Uuid;
  readonly lapsed: boolean;
};

/** A hold or booking that a document would leave without its resource, opening or place. */
export type Stranded = {
  readonly course: Uuid;
  readonly lapsed: boolean;
  readonly at: string;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
};

/** The closures of a document as spans, apart from each other at each resource. */
export function closureSpans(document: HubDocument, time: HubTime): ClosureSpan[] {
  const all = document.resources.map(({ id }) => id);
  const spans = document.closures.flatMap((closure) => {
    const start = time.startOf(dayOfDate(closure.firstDate)) + closure.start;
    const end = time.startOf(dayOfDate(closure.lastDate)) + closure.end;
    const ids = closure.resources.length === 0 ? all : closure.resources;
    const { kind, reason } = closure;
    return [...new Set(ids)].map((id) => ({ id, start, end, kind, reason }));
  });
  return Array.from(Map.groupBy(spans, ({ id }) => id)).flatMap(([id, ofResource]) =>
    mergeSpans(ofResource).map((merged) => {
      const first = ofResource.find(({ start }) => start === merged.start) ?? ofResource[0];
      const resource = resourceName(document.name, id);
      const { kind, reason } = first ?? { kind: "CLOSURE" as const, reason: "" };
      return { resource, start: merged.start, end: merged.end, kind, reason };
    }),
  );
}

/** What a document is held against; only what is not over yet counts. */
export type Checked = {
  readonly document: HubDocument;
  readonly time: HubTime;
  readonly closures: readonly ClosureSpan[];
  readonly sessions: readonly KeptSession[];
  readonly beds: readonly KeptPlace[];
  readonly now: Temporal.Instant;
};

/** The holds and bookings that the document would strand. */
export function findStranded(checked: Checked): Stranded[] {
  return [...strandedSessions(checked), ...strandedPlaces(checked)];
}

function strandedSessions({ document, time, closures, sessions, now }: Checked): Stranded[] {
  const idByName = new Map(
    document.resources.map(({ id }) => [resourceName(document.name, id), id]),
  );
  const closed = Map.groupBy(closures, ({ resource }) => resource);
  const from = minuteOfInstant(now);
  return sessions
    .filter(({ end }) => end > from)
    .filter((session) => {
      const id = idByName.get(session.resource);
      if (id === undefined || !isOpen(time, id, session)) return true;
      const spans = (closed.get(session.resource) ?? []).toSorted((a, b) => a.start - b.start);
      return firstOverlap(spans, session) !== undefined;
    })
    .map(({ course, lapsed, resource, start, end }) => ({
      course,
      lapsed,
      at: resource,
      startAt: instantOfMinute(start),
      endAt: instantOfMinute(end),
    }));
}

function isOpen(time: HubTime, id: string, span: Span): boolean {
  for (let day = time.dayOf(span.start); time.startOf(day) < span.end; day += 1) {
    const start: Minute = Math.max(span.start, time.startOf(day));
    const end: Minute = Math.min(span.end, time.startOf(day + 1));
    if (!holds(time.openings(id, day, true), { start, end })) return false;
  }
  return true;
}

function strandedPlaces({ document, time, beds, now }: Checked): Stranded[] {
  const pools = new Map(document.pools.map((pool) => [poolName(document.name, pool.id), pool]));
  const from = minuteOfInstant(now);
  return beds.flatMap(({ pool: name, bucket, planned, course, lapsed }) => {
    const pool = pools.get(name);
    // A pool that is gone is read as beds: its days are the longer buckets.
    const isBeam = pool?.kind === "BEAM" || (pool === undefined && bucket > maxDay);
    const start = isBeam ? bucket * beamBucketMinutes : time.startOf(bucket);
    const end = isBeam ? start + beamBucketMinutes : time.startOf(bucket + 1);
    const capacity = pool === undefined ? 0 : isBeam ? pool.capacity : capacityOn(pool, bucket);
    if (end <= from || planned <= capacity) return [];
    const times = { startAt: instantOfMinute(start), endAt: instantOfMinute(end) };
    return [{ course, lapsed, at: name, ...times }];
  });
}

// Days reach this number in the year 2243, half hours had it in 1975.
const maxDay = 100_000;
