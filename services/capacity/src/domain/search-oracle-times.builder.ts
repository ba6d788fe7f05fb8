/*
 * When single sessions can be, for the exhaustive search: read from the hub's document minute by minute.
 */
import type { CoursePlan } from "./demand.ts";
import type { CourseTemplate, HubDocument, Resource, SessionShape } from "./hub.ts";

/** What is taken: times of resources, and buckets of pools as `pool bucket`. */
export type OracleTaken = {
  readonly spans: readonly { resource: string; start: number; end: number }[];
  readonly used: ReadonlyMap<string, number>;
};

/** A session at a time. */
export type At = { site: string; day: number; start: number; end: number; extra: boolean };
/** What is searched: a plan at a hub, and what is taken of it. */
export type Case = {
  document: HubDocument;
  template: CourseTemplate;
  plan: CoursePlan;
  taken: OracleTaken;
  now: number;
};

/** Minutes of a day. */
export const dayMinutes = 1440;
const offset = 300;
/** The minute at which a day begins. */
export const startOf = (day: number) => day * dayMinutes - offset;
/** The day of a minute. */
export const dayOf = (minute: number) => Math.floor((minute + offset) / dayMinutes);
/** 1 for Monday to 7 for Sunday. */
export const weekdayOf = (day: number) => ((day + 3) % 7) + 1;
/** Counts weeks from Monday. */
export const weekOf = (day: number) => Math.floor((day + 3) / 7);

/** The day of a date, counted from 1970. */
export function oracleDay(date: Temporal.PlainDate): number {
  return Date.UTC(date.year, date.month - 1, date.day) / 86_400_000;
}

// Asked for again and again by the combinations of one case, so each is looked at once.
const timesByCase = new WeakMap<Case, Map<string, At[]>>();
const shapeIds = new WeakMap<SessionShape, string>();

/** When a session can be on a day, the earliest first. */
export function timesOn(given: Case, group: readonly string[], at: OnDay): At[] {
  const { day, shape, extra } = at;
  if (shape === undefined) return [];
  const id = shapeIds.get(shape) ?? JSON.stringify(shape);
  shapeIds.set(shape, id);
  const key = `${group.join()} ${day} ${extra} ${id}`;
  const known = timesByCase.get(given) ?? new Map<string, At[]>();
  timesByCase.set(given, known);
  const found = known.get(key) ?? freeTimesOn(given, group, { day, shape, extra });
  known.set(key, found);
  return found;
}

type OnDay = { day: number; shape: SessionShape | undefined; extra: boolean };

function freeTimesOn(
  given: Case,
  group: readonly string[],
  { day, shape, extra }: OnDay & { shape: SessionShape },
): At[] {
  const found: At[] = [];
  for (const site of group) {
    const { gridMinutes } = given.template.rules;
    for (let minute = 0; minute < dayMinutes; minute += gridMinutes) {
      const start = startOf(day) + minute;
      const at = { site, day, start, end: start + lengthOf(given, shape), extra };
      if (!canBe(given, at, shape)) continue;
      // Extra hours are for what does not fit into the regular ones.
      if (extra && canBe(given, { ...at, extra: false }, shape)) continue;
      found.push(at);
    }
  }
  return found.toSorted((one, other) => one.start - other.start);
}

function usesOf({ plan }: Case, shape: SessionShape) {
  return shape.uses.filter((use) => plan.underAnaesthesia || !use.onlyUnderAnaesthesia);
}

/** The minutes from a session's start to the end of all that it uses. */
export function lengthOf(given: Case, shape: SessionShape): number {
  const ends = usesOf(given, shape).map((use) => use.offsetMinutes + use.minutes);
  if (shape.beam !== undefined) ends.push(shape.beam.offsetMinutes + shape.beam.minutes);
  return Math.max(...ends);
}

function canBe(given: Case, at: At, shape: SessionShape): boolean {
  const { document, plan, template } = given;
  if (at.start < given.now) return false;
  const minute = at.start - startOf(at.day);
  const window = template.rules.anaesthesiaWindow;
  if (plan.underAnaesthesia && window !== undefined) {
    if (minute < window.start || at.end - startOf(at.day) > window.end) return false;
  }
  for (const use of usesOf(given, shape)) {
    const from = at.start + use.offsetMinutes;
    const isSite = use.kind === "ROOM";
    const some = document.resources.some(
      (one) =>
        (isSite ? one.id === at.site : one.kind === use.kind) &&
        isFree(given, one, from, from + use.minutes, at.extra),
    );
    if (!some) return false;
  }
  return hasBeam(given, at, shape);
}

function hasBeam({ document, taken }: Case, at: At, { beam }: SessionShape): boolean {
  if (beam === undefined) return true;
  const pool = document.pools.find(({ serves }) => serves.includes(at.site));
  if (pool === undefined) return false;
  const minutes = new Map<number, number>();
  for (let minute = 0; minute < beam.minutes; minute += 1) {
    const bucket = Math.floor((at.start + beam.offsetMinutes + minute) / 30);
    minutes.set(bucket, (minutes.get(bucket) ?? 0) + 1);
  }
  return [...minutes].every(
    ([bucket, count]) => (taken.used.get(`${pool.id} ${bucket}`) ?? 0) + count <= pool.capacity,
  );
}

/** Whether a resource is open and not taken. */
export function isFree(
  { taken, now }: Case,
  one: Resource,
  start: number,
  end: number,
  extra: boolean,
): boolean {
  if (start < now) return false;
  const isTaken = taken.spans.some(
    (span) => span.resource === one.id && span.start < end && start < span.end,
  );
  if (isTaken) return false;
  for (let minute = start; minute < end; minute += 5) {
    if (!isOpenAt(one, minute, extra)) return false;
  }
  return true;
}

// All hours and lengths of the cases are multiples of five minutes.
function isOpenAt(one: Resource, minute: number, extra: boolean): boolean {
  const day = dayOf(minute);
  const ofDay = minute - startOf(day);
  const isOpen = one.weeklyOpenings.some(
    (open) =>
      open.days.includes(weekdayOf(day)) &&
      open.start <= ofDay &&
      ofDay < open.end &&
      (extra || !open.onlyForCompensation),
  );
  const check = one.machineCheck;
  return isOpen && !(check && check.start <= ofDay && ofDay < check.start + check.minutes);
}
