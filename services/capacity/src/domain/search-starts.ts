/*
 * The starts at which a session of one shape is open and free, day by day, for sites that are looked at together. Worked
 * out from the free time of everything that it uses, and kept until that changes.
 */
import { type Availability, beamBucketMinutes } from "./availability.ts";
import type { Demand } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { type FreeTime, isWithin } from "./search-free-time.ts";
import { beamOf, placeSession, startsOn } from "./session-placement.ts";
import type { Shape } from "./session-shape.ts";
import { entryOf, type Start } from "./session-times.ts";

/** The free starts of a shape; for one grid and one window of the day. */
export type FreeStarts = {
  /** All free starts on the day at one of the sites, the earliest first; before any time too. */
  readonly on: (sites: readonly string[], day: Day) => readonly Start[];
  /** Forgets the days on which a session could use that time; `sites` are those it matters for, undefined for all. */
  readonly forget: (
    span: { readonly first: Day; readonly last: Day },
    sites: readonly string[] | undefined,
  ) => void;
};

/** What starts are found by; they stay right while it does. */
export type StartsContext = {
  readonly demand: Demand;
  readonly availability: () => Availability;
  readonly free: FreeTime;
  /** Counts each day that is worked out. */
  readonly counts: { daysWorkedOut: number };
};

type Group = { readonly sites: readonly string[]; readonly byDay: Map<Day, readonly Start[]> };

/** Keeps the free starts of a shape of a demand; what else the demand says does not matter, nor its time. */
export function createFreeStarts(
  context: StartsContext,
  shape: Shape,
  withExtra: boolean,
): FreeStarts {
  const demand = { ...context.demand, notBefore: Number.NEGATIVE_INFINITY, spread: 0 };
  const groups = new Map<string, Group>();
  const groupBySites = new WeakMap<readonly string[], Group>();
  // Opening hours do not change with what is taken.
  const openBySite = new Map<string, Map<Day, readonly Start[]>>();
  const openStarts = (site: string, day: Day) =>
    entryOf(
      entryOf(openBySite, site, () => new Map()),
      day,
      () =>
        startsOn(demand, { site, day, shape, withExtra }).map((start) => ({ site, day, start })),
    );
  const freeOn = freeTest({ ...context, demand }, shape, withExtra);
  const spanDays = Math.ceil(shape.minutes / minutesOfDay);
  const groupOf = (sites: readonly string[]) => {
    const known = groupBySites.get(sites);
    if (known !== undefined) return known;
    const group = entryOf(groups, sites.join(" "), () => ({ sites, byDay: new Map() }));
    groupBySites.set(sites, group);
    return group;
  };
  return {
    on: (sites, day) => {
      const { byDay } = groupOf(sites);
      const known = byDay.get(day);
      if (known !== undefined) return known;
      const starts: Start[] = [];
      for (const site of sites) {
        const isFree = freeOn(site, day);
        if (isFree === undefined) continue;
        for (const at of openStarts(site, day)) if (isFree(at.start)) starts.push(at);
      }
      if (sites.length > 1) starts.sort((one, other) => one.start - other.start);
      byDay.set(day, starts);
      context.counts.daysWorkedOut += 1;
      return starts;
    },
    forget: ({ first, last }, sites) => {
      for (const group of groups.values()) {
        if (sites?.some((site) => group.sites.includes(site)) === false) continue;
        for (let day = first - spanDays; day <= last; day += 1) group.byDay.delete(day);
      }
    },
  };
}

const minutesOfDay = 1440;

/** Which starts are free at a site on a day; undefined where none is. */
type FreeTest = (site: string, day: Day) => ((start: Minute) => boolean) | undefined;

// With each kind used once, a session is free where some resource of each kind is; with one used twice it depends on
// which is taken first, and only the placement itself says.
function freeTest(context: StartsContext, shape: Shape, withExtra: boolean): FreeTest {
  const { demand, free, availability } = context;
  const { siteUse, otherUses } = shape;
  const kinds = [siteUse, ...otherUses].map(({ kind }) => kind);
  const isPlaceable = (site: string, day: Day) => (start: Minute) => {
    const at = { site, day, start, shape, withExtra };
    return "placement" in placeSession({ demand, availability: availability() }, at);
  };
  if (new Set(kinds).size < kinds.length) return isPlaceable;
  const uses = otherUses.map(({ kind, ...use }) => ({
    ...use,
    ids: demand.document.resources.filter((one) => one.kind === kind).map(({ id }) => id),
  }));
  return (site, day) => {
    const dayEnd = demand.time.startOf(day + 1);
    const ofSite = free.on(site, day, withExtra);
    // A day without any free time, unless a session goes on into the next.
    if (ofSite.length === 0 && siteUse.offsetMinutes === 0) return undefined;
    const isPlaced = isPlaceable(site, day);
    return (start) => {
      if (start + shape.minutes > dayEnd) return isPlaced(start);
      const from = start + siteUse.offsetMinutes;
      if (!isWithin(ofSite, from, from + siteUse.minutes)) return false;
      const isUsable = uses.every(({ ids, offsetMinutes, minutes }) => {
        const begin = start + offsetMinutes;
        return ids.some((id) => isWithin(free.on(id, day, withExtra), begin, begin + minutes));
      });
      return isUsable && hasBeam(context, shape, { site, start });
    };
  };
}

function hasBeam(
  { demand, availability }: StartsContext,
  shape: Shape,
  { site, start }: { readonly site: string; readonly start: Minute },
): boolean {
  if (shape.beam === undefined) return true;
  const { pools } = demand.document;
  const { used } = availability();
  return beamOf(demand, { site, start, shape }).every(({ pool: id, bucket, amount }) => {
    const capacity = pools.find((pool) => pool.id === id)?.capacity ?? 0;
    return capacity - (used.get(id)?.get(bucket) ?? 0) >= amount;
  });
}

/** The days that a beam's bucket touches, and the sites that it matters for. */
export function daysOfBeamBucket(time: Demand["time"], bucket: number): { first: Day; last: Day } {
  const start = bucket * beamBucketMinutes;
  return { first: time.dayOf(start), last: time.dayOf(start + beamBucketMinutes - 1) };
}
