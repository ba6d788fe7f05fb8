import { must } from "@carehub/rules/fault";
import {
  type Availability,
  beamBuckets,
  firstOverlap,
  freeOf,
  holds,
  type PoolUse,
  spanOfBucket,
} from "./availability.ts";
import { type Demand, rotated } from "./demand.ts";
import type { ResourceUse } from "./hub.ts";
import type { Day, Minute, Span } from "./hub-time.ts";

/** The use of one resource at one time. */
export type PlacedUse = Span & { readonly resource: string };

/** One session at one place and time, with everything that it uses. */
export type Placement = Span & {
  readonly site: string;
  readonly day: Day;
  readonly uses: readonly PlacedUse[];
  readonly beam: readonly PoolUse[];
};

/** Why a session or a stay cannot be where it was tried; ids are the hub's own. */
export type Obstacle = Span & {
  readonly kind: "BUSY" | "NO_OPENING" | "POOL_FULL" | "GAP_RULE";
  /** A resource or a pool. */
  readonly at: string;
};

/** A session placed, or what is in the way: one obstacle is enough to stand in the way. */
export type Tried = { readonly placement: Placement } | { readonly obstacles: readonly Obstacle[] };

/** Where a session is tried. */
export type Try = { readonly site: string; readonly day: Day; readonly start: Minute };

/** The starts of a session on a day at which the site is open, on the grid and in their order. */
export function startsOn(demand: Demand, site: string, day: Day): Minute[] {
  const { siteUse, rules, time, notBefore } = demand;
  const dayStart = time.startOf(day);
  const starts: Minute[] = [];
  for (const opening of time.openings(site, day)) {
    const earliest = Math.max(opening.start - siteUse.offsetMinutes, notBefore) - dayStart;
    let start = dayStart + Math.max(0, Math.ceil(earliest / rules.gridMinutes)) * rules.gridMinutes;
    while (start + siteUse.offsetMinutes + siteUse.minutes <= opening.end) {
      starts.push(start);
      start += rules.gridMinutes;
    }
  }
  return starts;
}

/** Tries one session; takes the first resource of each kind that is open and free for the whole use. */
export function placeSession(
  { demand, availability }: { readonly demand: Demand; readonly availability: Availability },
  { site, day, start }: Try,
): Tried {
  const context = { demand, availability };
  const obstacles: Obstacle[] = [];
  const uses: PlacedUse[] = [];
  const siteSpan = spanOfUse(demand.siteUse, start);
  const atSite = obstacleAt(context, site, siteSpan);
  if (atSite === undefined) uses.push({ resource: site, ...siteSpan });
  else obstacles.push(atSite);
  for (const use of demand.otherUses) {
    const tried = placeUse(context, { use, start, taken: uses });
    if (Array.isArray(tried)) obstacles.push(...tried);
    else uses.push(tried);
  }
  const beam = beamOf(demand, site, start);
  const beamSpan = beam.span;
  obstacles.push(...fullBuckets(context, beam.uses));
  if (obstacles.length > 0) return { obstacles };
  const end = Math.max(beamSpan?.end ?? start, ...uses.map((use) => use.end));
  return { placement: { site, day, start, end, uses, beam: beam.uses } };
}

/** The buckets of these uses that have too little left. */
export function fullBuckets(
  { demand, availability }: { readonly demand: Demand; readonly availability: Availability },
  uses: readonly PoolUse[],
): Obstacle[] {
  const { document, time } = demand;
  return uses
    .filter(({ pool, bucket, amount }) => freeOf({ document, availability }, pool, bucket) < amount)
    .map(({ pool, bucket }) => {
      const kind = must(
        document.pools.find(({ id }) => id === pool)?.kind,
        "a demanded pool is in its document",
      );
      return { kind: "POOL_FULL", at: pool, ...spanOfBucket(kind, bucket, time) };
    });
}

/** The time of a use in a session that starts then. */
export function spanOfUse(use: { offsetMinutes: number; minutes: number }, start: Minute): Span {
  const from = start + use.offsetMinutes;
  return { start: from, end: from + use.minutes };
}

type Context = { readonly demand: Demand; readonly availability: Availability };

function obstacleAt(context: Context, resource: string, span: Span): Obstacle | undefined {
  const { demand, availability } = context;
  if (span.start < demand.notBefore || !isOpen(demand, resource, span)) {
    return { kind: "NO_OPENING", at: resource, ...span };
  }
  const overlap = firstOverlap(availability.busy.get(resource) ?? [], span);
  return overlap === undefined ? undefined : { kind: "BUSY", at: resource, ...span };
}

/** Whether a resource is open for all of a span, over midnight too where it is open on both sides of it. */
export function isOpen({ time }: Demand, resource: string, span: Span): boolean {
  const firstDay = time.dayOf(span.start);
  for (let day = firstDay; time.startOf(day) < span.end; day += 1) {
    const start = Math.max(span.start, time.startOf(day));
    const end = Math.min(span.end, time.startOf(day + 1));
    if (!holds(time.openings(resource, day), { start, end })) return false;
  }
  return true;
}

type UseToPlace = {
  readonly use: ResourceUse;
  readonly start: Minute;
  readonly taken: readonly PlacedUse[];
};

function placeUse(context: Context, { use, start, taken }: UseToPlace): PlacedUse | Obstacle[] {
  const span = spanOfUse(use, start);
  const obstacles: Obstacle[] = [];
  const { document, spread } = context.demand;
  const ofKind = document.resources.filter(({ kind }) => kind === use.kind);
  for (const { id } of rotated(ofKind, spread)) {
    if (taken.some((other) => other.resource === id && firstOverlap([other], span))) continue;
    const obstacle = obstacleAt(context, id, span);
    if (obstacle === undefined) return { resource: id, ...span };
    obstacles.push(obstacle);
  }
  return obstacles;
}

/** What a session uses of the beam that serves its site; nothing where its template has none. */
export function beamOf(
  { template, document }: Demand,
  site: string,
  start: Minute,
): { readonly span?: Span; readonly uses: readonly PoolUse[] } {
  if (template.beam === undefined) return { uses: [] };
  const pool = document.pools.find(({ serves }) => serves.includes(site));
  const span = spanOfUse(template.beam, start);
  return { span, uses: beamBuckets(must(pool, "a beam serves the site").id, span) };
}
