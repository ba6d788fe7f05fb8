import { beamBucketMinutes } from "./availability.ts";
import type { PlanContext } from "./course-search.ts";
import { rangeAfter } from "./course-search.ts";
import { type Demand, leadDays } from "./demand.ts";
import { type Day, type HubTime, type Minute, mergeSpans } from "./hub-time.ts";
import { type FailedSearch, planCourse } from "./planner.ts";
import type { Blocker, Opening } from "./refusal.ts";

const triesMax = 6;
const roundsMax = 4;
const usualStart: Minute = 9 * 60;
const minutesOfDay = 1440;

/**
 * Openings with which the course would fit: one more place in each full pool, or time for the blocked session on a day
 * on which its site is closed, or after hours; where several holes tear it, one in each. All are tried by the planner;
 * empty when none of a few helps.
 */
export function suggestOpenings(
  context: PlanContext,
  failed: FailedSearch,
  blockers: readonly Blocker[],
): readonly Opening[] {
  const full = blockers.filter(({ kind }) => kind === "POOL_FULL");
  if (full.length > 0 && full.length === blockers.length) {
    const places = full.map(({ at, start, end }) => ({ at, start, end }));
    return resolves(context, places) ? places : [];
  }
  let opened: Opened = { openings: [], failed };
  for (let round = 1; round <= roundsMax; round += 1) {
    const further = openOne(context, opened);
    if (further === undefined) return [];
    if (further.failed === undefined) return further.openings;
    opened = { openings: further.openings, failed: further.failed };
  }
  return [];
}

type Opened = { readonly openings: readonly Opening[]; readonly failed: FailedSearch };
type Further = { readonly openings: readonly Opening[]; readonly failed: FailedSearch | undefined };

// One more opening where the course breaks off: one that lets it fit, or else that with which it gets furthest.
function openOne(context: PlanContext, { openings, failed }: Opened): Further | undefined {
  let best: Opened | undefined;
  for (const start of startsToTry(context, failed).slice(0, triesMax)) {
    const tried = [...openings, ...openingsFor(context.demand, failed.group[0] ?? "", start)];
    const found = planCourse(withOpenings(context, tried));
    if (found.kind === "fits") return { openings: tried, failed: undefined };
    const reached = found.failed.sessions.length;
    if (reached > (best ?? { failed }).failed.sessions.length) {
      best = { openings: tried, failed: found.failed };
    }
  }
  return best;
}

function resolves(context: PlanContext, openings: readonly Opening[]): boolean {
  return planCourse(withOpenings(context, openings)).kind === "fits";
}

// After hours on open days and at the course's time of day on closed ones, the earliest first.
function startsToTry({ demand }: PlanContext, failed: FailedSearch): Minute[] {
  const { time, rules } = demand;
  const last = failed.sessions.at(-1);
  const first = failed.sessions[0];
  const site = failed.group[0] ?? "";
  const lead = leadDays(demand);
  const range =
    last === undefined
      ? {
          earliest: Math.max(time.startOf(demand.readyDay + lead), demand.notBefore),
          latest: time.startOf(demand.dueDay + lead + 1) - 1,
        }
      : rangeAfter(demand, last.end);
  const timeOfDay = first === undefined ? usualStart : first.start - time.startOf(first.day);
  const starts: Minute[] = [];
  for (let day = time.dayOf(range.earliest); day <= time.dayOf(range.latest); day += 1) {
    const open = time.openings(site, day).at(-1);
    const dayStart = time.startOf(day);
    const minuteOfDay = open === undefined ? timeOfDay : open.end - dayStart;
    const start = dayStart + Math.ceil(minuteOfDay / rules.gridMinutes) * rules.gridMinutes;
    if (start >= range.earliest && start <= range.latest) starts.push(start);
  }
  return starts;
}

// What a session under way at that time uses: its site and the first resource of each other kind.
function openingsFor(demand: Demand, site: string, start: Minute): Opening[] {
  const at = (resource: string, use: { offsetMinutes: number; minutes: number }) => {
    const from = start + use.offsetMinutes;
    return { at: resource, start: from, end: from + use.minutes };
  };
  const others = demand.otherUses.map((use) => {
    const ofKind = demand.document.resources.filter(({ kind }) => kind === use.kind);
    return at(ofKind[0]?.id ?? "", use);
  });
  return [at(site, demand.siteUse), ...others];
}

function withOpenings(
  { demand, availability }: PlanContext,
  openings: readonly Opening[],
): PlanContext {
  const pools = new Set(demand.document.pools.map(({ id }) => id));
  const used = new Map(availability.used);
  for (const { at, start } of openings.filter((opening) => pools.has(opening.at))) {
    const bucket = bucketAt(demand, at, start);
    const buckets = new Map(used.get(at) ?? []);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) - neededOf(demand, at));
    used.set(at, buckets);
  }
  const time = openedTime(demand.time, openings);
  return { demand: { ...demand, time }, availability: { ...availability, used } };
}

function bucketAt({ document, time }: Demand, pool: string, start: Minute): number {
  const kind = document.pools.find(({ id }) => id === pool)?.kind;
  return kind === "BED" ? time.dayOf(start) : Math.floor(start / beamBucketMinutes);
}

function neededOf({ document, template }: Demand, pool: string): number {
  const kind = document.pools.find(({ id }) => id === pool)?.kind;
  return kind === "BED" ? 1 : Math.min(beamBucketMinutes, template.beam?.minutes ?? 0);
}

function openedTime(time: HubTime, openings: readonly Opening[]): HubTime {
  return {
    ...time,
    openings: (resource: string, day: Day) => {
      const dayStart = time.startOf(day);
      const more = openings.filter(
        ({ at, start }) => at === resource && start >= dayStart && start < dayStart + minutesOfDay,
      );
      const known = time.openings(resource, day);
      return more.length === 0 ? known : mergeSpans([...known, ...more]);
    },
  };
}
