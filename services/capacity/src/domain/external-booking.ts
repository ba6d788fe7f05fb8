import { must } from "@carehub/rules/fault";
import { type Bucket, type BucketsByKind, beamBuckets, type PoolUse } from "./availability.ts";
import { capacityOn, type HubDocument } from "./hub.ts";
import {
  type Day,
  dayOfDate,
  type HubTime,
  instantOfMinute,
  type Minute,
  minuteOfInstant,
  type Span,
} from "./hub-time.ts";
import { poolName, resourceName } from "./names.ts";

/** Time of a resource, in whole minutes. */
export type ExternalTime = {
  readonly kind: "TIME";
  readonly resource: string;
  readonly start: Minute;
  readonly end: Minute;
  /** The beam that is used in it; absent for none. */
  readonly beam?: ExternalBeam;
};

/** Time of a beam that rooms share, by the full name of its pool. */
export type ExternalBeam = Span & { readonly pool: string };

/** Beds of a pool on consecutive days. */
export type ExternalStay = {
  readonly kind: "STAY";
  readonly pool: string;
  readonly firstDay: Day;
  readonly lastDay: Day;
  readonly beds: number;
};

/** What an imported booking uses, by full names. */
export type ExternalPlace = ExternalTime | ExternalStay;

/** The same in an entry: by the hub's own ids, the beam that of its room. */
export type EntryPlace = (Omit<ExternalTime, "beam"> & { readonly beam?: Span }) | ExternalStay;

/** What one of a hub's own systems says of one booking. */
export type ExternalEntry = {
  readonly source: string;
  readonly sourceId: string;
  readonly status: "BOOKED" | "CANCELLED";
  /** Undefined where it is cancelled, missing, or cannot be read. */
  readonly place: EntryPlace | undefined;
  /** The field of the entry that holds a day which does not exist. */
  readonly badDate?: string;
};

/** Why an entry was not taken in. */
export type RefusalReason =
  | "PLACE_UNKNOWN"
  | "PLACE_MISSING"
  | "DATE_INVALID"
  | "TIME_REVERSED"
  | "TOO_LONG"
  | "TOO_FAR_AHEAD"
  | "REPEATED";

/** An entry that was not taken in, and which field of it says why. */
export type EntryRefusal = {
  readonly index: number;
  readonly field: string;
  readonly reason: RefusalReason;
  readonly source: string;
  readonly sourceId: string;
};

/** A booking as it is kept: known by its source, its place by full names. */
export type ExternalBooking = {
  readonly source: string;
  readonly sourceId: string;
  readonly status: "BOOKED" | "CANCELLED";
  /** Undefined for one that was cancelled before it was known. */
  readonly place: ExternalPlace | undefined;
};

/** What a document says of the hub, and the time to judge by. */
export type CheckedBy = {
  readonly document: HubDocument;
  readonly time: HubTime;
  readonly now: Temporal.Instant;
};

const entryDaysMax = 31;
const aheadDaysMax = 400;
const minutesOfDay = 1440;

/** The entries that can be kept, in their order, and those that cannot; one that is cancelled needs no place. */
export function checkEntries(
  entries: readonly ExternalEntry[],
  by: CheckedBy,
): { readonly accepted: readonly ExternalBooking[]; readonly refusals: readonly EntryRefusal[] } {
  const refusals: EntryRefusal[] = [];
  const accepted = new Map<string, ExternalBooking>();
  entries.forEach((entry, index) => {
    const { source, sourceId, status } = entry;
    const key = keyOf(entry);
    const problem = accepted.has(key)
      ? { field: "source_id", reason: "REPEATED" as const }
      : problemOf(entry, by);
    if (problem === undefined) {
      const place = status === "BOOKED" ? named(entry.place, by.document) : undefined;
      accepted.set(key, { source, sourceId, status, place });
      return;
    }
    const field = `entries[${index}]${problem.field === "" ? "" : `.${problem.field}`}`;
    refusals.push({ index, field, reason: problem.reason, source, sourceId });
  });
  return { accepted: [...accepted.values()], refusals };
}

/** What a booking is known by at its hub. */
export function keyOf({ source, sourceId }: Pick<ExternalBooking, "source" | "sourceId">): string {
  return `${source} ${sourceId}`;
}

/** Whether two say the same of one booking. */
export function isSame(one: ExternalBooking, other: ExternalBooking): boolean {
  return one.status === other.status && samePlace(one.place, other.place);
}

/** When a place begins and ends. */
export function spanOf(place: ExternalPlace, time: HubTime): { start: Minute; end: Minute } {
  if (place.kind === "TIME") return { start: place.start, end: place.end };
  return { start: time.startOf(place.firstDay), end: time.startOf(place.lastDay + 1) };
}

/** What a pool has in a bucket by the document, by the pool's full name; 0 where it has no such pool. */
export function placesIn({ name, pools }: HubDocument, pool: string, bucket: Bucket): number {
  const found = pools.find(({ id }) => poolName(name, id) === pool);
  if (found === undefined) return 0;
  return found.kind === "BEAM" ? found.capacity : capacityOn(found, bucket);
}

/** What a place needs of pools, bucket by bucket, from those on. */
export function poolUsesOf(place: ExternalPlace, from: BucketsByKind): PoolUse[] {
  if (place.kind === "TIME") {
    const uses = place.beam === undefined ? [] : beamBuckets(place.beam.pool, place.beam);
    return uses.filter(({ bucket }) => bucket >= from.BEAM);
  }
  const { pool, firstDay, lastDay, beds: amount } = place;
  const first = Math.max(firstDay, from.BED);
  const days = Math.max(0, lastDay - first + 1);
  return Array.from({ length: days }, (_, day) => ({ pool, bucket: first + day, amount }));
}

type Problem = { readonly field: string; readonly reason: RefusalReason };

function problemOf(entry: ExternalEntry, by: CheckedBy): Problem | undefined {
  if (entry.status === "CANCELLED") return undefined;
  if (entry.badDate !== undefined) return { field: entry.badDate, reason: "DATE_INVALID" };
  const { place } = entry;
  if (place === undefined) return { field: "", reason: "PLACE_MISSING" };
  return place.kind === "TIME" ? problemOfTime(place, by) : problemOfStay(place, by);
}

function problemOfTime(
  { resource, start, end, beam }: EntryPlace & { kind: "TIME" },
  { document, now }: CheckedBy,
): Problem | undefined {
  if (!document.resources.some(({ id }) => id === resource)) {
    return { field: "resource_time.resource", reason: "PLACE_UNKNOWN" };
  }
  const field = "resource_time.end_time";
  if (end <= start) return { field, reason: "TIME_REVERSED" };
  if (end - start > entryDaysMax * minutesOfDay) return { field, reason: "TOO_LONG" };
  if (end > latestMinute(now)) return { field, reason: "TOO_FAR_AHEAD" };
  if (beam === undefined) return undefined;
  if (beamOf(document, resource) === undefined) {
    return { field: "resource_time.beam", reason: "PLACE_UNKNOWN" };
  }
  return beam.end > end ? { field: "resource_time.beam.minutes", reason: "TOO_LONG" } : undefined;
}

function beamOf({ pools }: HubDocument, resource: string): string | undefined {
  return pools.find(({ kind, serves }) => kind === "BEAM" && serves.includes(resource))?.id;
}

function problemOfStay(place: ExternalStay, { document, time, now }: CheckedBy) {
  const isPool = document.pools.some(({ id, kind }) => id === place.pool && kind === "BED");
  if (!isPool) return { field: "stay.pool", reason: "PLACE_UNKNOWN" } as const;
  const field = "stay.last_date";
  const { firstDay, lastDay } = place;
  if (lastDay < firstDay) return { field, reason: "TIME_REVERSED" } as const;
  if (lastDay - firstDay >= entryDaysMax) return { field, reason: "TOO_LONG" } as const;
  const isFar = lastDay > time.dayOf(latestMinute(now));
  return isFar ? ({ field, reason: "TOO_FAR_AHEAD" } as const) : undefined;
}

function latestMinute(now: Temporal.Instant): Minute {
  return minuteOfInstant(now) + aheadDaysMax * minutesOfDay;
}

function named(place: EntryPlace | undefined, document: HubDocument): ExternalPlace | undefined {
  const { name } = document;
  if (place === undefined) return undefined;
  if (place.kind === "STAY") return { ...place, pool: poolName(name, place.pool) };
  const { beam, ...rest } = place;
  const time = { ...rest, resource: resourceName(name, place.resource) };
  if (beam === undefined) return time;
  const id = must(beamOf(document, place.resource), "an entry was checked before it is named");
  return { ...time, beam: { ...beam, pool: poolName(name, id) } };
}

function samePlace(one: ExternalPlace | undefined, other: ExternalPlace | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (one.kind === "TIME") {
    if (other.kind !== "TIME" || one.resource !== other.resource) return false;
    const sameTime = one.start === other.start && one.end === other.end;
    return sameTime && sameBeam(one.beam, other.beam);
  }
  if (other.kind !== "STAY" || one.pool !== other.pool) return false;
  const sameDays = one.firstDay === other.firstDay && one.lastDay === other.lastDay;
  return sameDays && one.beds === other.beds;
}

function sameBeam(one: ExternalBeam | undefined, other: ExternalBeam | undefined): boolean {
  const sameTime = one?.start === other?.start && one?.end === other?.end;
  return sameTime && one?.pool === other?.pool;
}

/** A range of whole days in the hub's zone, as instants. */
export type DayRange = { readonly from: Temporal.Instant; readonly to: Temporal.Instant };

/** The range of two dates, the last inclusive; undefined where it is reversed or longer than 400 days. */
export function rangeOfDates(
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
  time: HubTime,
): DayRange | undefined {
  const [from, to] = [dayOfDate(first), dayOfDate(last)];
  if (to < from || to - from >= aheadDaysMax) return undefined;
  return {
    from: instantOfMinute(time.startOf(from)),
    to: instantOfMinute(time.startOf(to + 1)),
  };
}
