import { DomainError } from "@carehub/rules/domain-error";
import type { TimedHub } from "./demand.ts";
import { capacityOn, type ExceptionalOpening, type HubDocument, type PoolChange } from "./hub.ts";
import {
  dateOfDay,
  dayOfDate,
  type HubTime,
  mergeSpans,
  minuteOfInstant,
  type Span,
} from "./hub-time.ts";
import { poolName, resourceName } from "./names.ts";
import type { CapacityReason } from "./reasons.ts";
import type { NamedOpening } from "./unavailable.ts";

const openingDaysMax = 31;
const exceptionalOpeningsMax = 500;
const poolChangesMax = 200;
const minutesOfDay = 1440;
const grantedReason = "opening-granted";

/**
 * The hub's document with these openings in it: windows of resources as exceptional openings, day by day, and one more
 * bed of a pool for each day that an opening of it touches. What it opens already is left out. Fails with
 * OPENING_PLACE_UNKNOWN, OPENING_REVERSED, OPENING_TOO_LONG and OPENING_IN_PAST, naming the opening.
 */
export function grantOpenings(
  { document, time }: Pick<TimedHub, "document" | "time">,
  openings: readonly NamedOpening[],
  now: Temporal.Instant,
): HubDocument {
  for (const [index, opening] of openings.entries())
    checkOpening(document, { opening, index, now });
  const spansOf = (name: string) =>
    mergeSpans(openings.filter(({ resource }) => resource === name).map(spanOf));
  const days = document.resources.flatMap(({ id }) =>
    spansOf(resourceName(document.name, id))
      .flatMap((span) => daysOf(span, time))
      .filter((window) => !isOpenAnyway(document, id, window))
      .map((window) => ({ ...window, id })),
  );
  const exceptionalOpenings = [...document.exceptionalOpenings, ...joined(days)];
  const pools = document.pools.map((pool) => {
    const more = spansOf(poolName(document.name, pool.id)).flatMap((span) => daysOf(span, time));
    if (more.length === 0) return pool;
    const changes = [...(pool.changes ?? []), ...changesOf(more, (day) => capacityOn(pool, day))];
    return { ...pool, changes };
  });
  checkSize(exceptionalOpenings.length, "hub.exceptional_openings", exceptionalOpeningsMax);
  pools.forEach(({ changes = [] }, index) => {
    checkSize(changes.length, `hub.pools[${index}].changes`, poolChangesMax);
  });
  return { ...document, exceptionalOpenings, pools };
}

type Window = { readonly day: number; readonly start: number; readonly end: number };

function checkOpening(
  { name, resources, pools }: HubDocument,
  {
    opening: { resource, startAt, endAt },
    index,
    now,
  }: { readonly opening: NamedOpening; readonly index: number; readonly now: Temporal.Instant },
): void {
  const refuse = (reason: CapacityReason, field: string, description: string) => {
    const violations = [{ field: `openings.openings[${index}].${field}`, description }];
    const times = { start_time: startAt.toString(), end_time: endAt.toString() };
    return new DomainError(reason, { resource, ...times }, { violations });
  };
  const isKnown =
    resources.some(({ id }) => resourceName(name, id) === resource) ||
    pools.some(({ id, kind }) => kind === "BED" && poolName(name, id) === resource);
  if (!isKnown) {
    throw refuse("OPENING_PLACE_UNKNOWN", "resource", "is no resource and no pool of beds");
  }
  const hours = startAt.until(endAt).total("hours");
  if (hours <= 0) throw refuse("OPENING_REVERSED", "end_time", "is not after the start");
  if (hours > openingDaysMax * 24) {
    throw refuse("OPENING_TOO_LONG", "end_time", "is more than 31 days after the start");
  }
  if (Temporal.Instant.compare(endAt, now) <= 0) {
    throw refuse("OPENING_IN_PAST", "end_time", "is over");
  }
}

function spanOf({ startAt, endAt }: NamedOpening): Span {
  const start = Math.floor(startAt.epochMilliseconds / 60_000);
  return { start, end: minuteOfInstant(endAt) };
}

// In minutes of each day, as the document counts them.
function daysOf({ start, end }: Span, time: HubTime): Window[] {
  const windows: Window[] = [];
  for (let day = time.dayOf(start); time.startOf(day) < end; day += 1) {
    const dayStart = time.startOf(day);
    const window = {
      day,
      start: Math.max(0, start - dayStart),
      end: Math.min(minutesOfDay, end - dayStart),
    };
    if (window.start < window.end) windows.push(window);
  }
  return windows;
}

function isOpenAnyway(document: HubDocument, id: string, window: Window): boolean {
  return document.exceptionalOpenings.some(
    ({ resources, onDate, start, end }) =>
      (resources.length === 0 || resources.includes(id)) &&
      dayOfDate(onDate) === window.day &&
      start <= window.start &&
      window.end <= end,
  );
}

// One opening where several resources are open at the same time of the same day.
function joined(windows: readonly (Window & { readonly id: string })[]): ExceptionalOpening[] {
  const same = Map.groupBy(windows, ({ day, start, end }) => `${day} ${start} ${end}`);
  return Array.from(same.values()).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { day, start, end } = first;
    return [{ resources: group.map(({ id }) => id), onDate: dateOfDay(day), start, end }];
  });
}

// One change for days that follow each other with as many beds.
function changesOf(windows: readonly Window[], bedsOn: (day: number) => number): PoolChange[] {
  const days = [...new Set(windows.map(({ day }) => day))].toSorted((one, other) => one - other);
  const runs: { first: number; last: number; capacity: number }[] = [];
  for (const day of days) {
    const capacity = bedsOn(day) + 1;
    const run = runs.at(-1);
    if (run?.last === day - 1 && run.capacity === capacity) run.last = day;
    else runs.push({ first: day, last: day, capacity });
  }
  return runs.map(({ first, last, capacity }) => ({
    firstDate: dateOfDay(first),
    lastDate: dateOfDay(last),
    capacity,
    reason: grantedReason,
  }));
}

function checkSize(size: number, field: string, max: number): void {
  if (size <= max) return;
  const reason: CapacityReason = "HUB_DOCUMENT_INVALID";
  const violations = [{ field, description: `would hold ${size}, more than ${max}` }];
  throw new DomainError(reason, { violations: "1" }, { violations });
}
