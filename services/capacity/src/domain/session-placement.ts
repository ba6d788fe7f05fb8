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
import type { Compensation, ResourceUse } from "./hub.ts";
import type { Day, Minute, Span } from "./hub-time.ts";
import type { Shape } from "./session-shape.ts";

/** The use of one resource at one time. */
export type PlacedUse = Span & { readonly resource: string };

/** One session at one place and time, with everything that it uses. */
export type Placement = Span & {
  readonly site: string;
  readonly day: Day;
  /** How it makes up for a lost day; absent where it is as usual. */
  readonly compensation?: Compensation;
  readonly uses: readonly PlacedUse[];
  readonly beam: readonly PoolUse[];
};

/** Why a session or a stay cannot be where it was tried; ids are the hub's own. */
export type Obstacle = Span & {
  readonly kind:
    | "BUSY"
    | "NO_OPENING"
    | "POOL_FULL"
    | "OVERFLOW_RISK"
    | "RESERVE"
    | "GAP_RULE"
    | "PROLONGATION_RULE";
  /** A resource or a pool. */
  readonly at: string;
};

/** A session placed, or what is in the way: one obstacle is enough to stand in the way. */
export type Tried = { readonly placement: Placement } | { readonly obstacles: readonly Obstacle[] };

/** Where a session is tried; with the openings that are kept for lost days where that is said. */
export type Try = {
  readonly site: string;
  readonly day: Day;
  readonly start: Minute;
  readonly shape: Shape;
  readonly withExtra?: boolean;
};

/** A site on a day, for sessions of one shape. */
export type SiteDay = Omit<Try, "start">;

/** The starts of a session on a day at which the site is open, on the grid and in their order. */
export function startsOn(demand: Demand, { site, day, shape, withExtra }: SiteDay): Minute[] {
  const { rules, time, notBefore, underAnaesthesia } = demand;
  const dayStart = time.startOf(day);
  const { siteUse } = shape;
  const window = (underAnaesthesia ? rules.anaesthesiaWindow : undefined) ?? wholeDay;
  const latest = dayStart + window.end - shape.minutes;
  const from = Math.max(dayStart + window.start, notBefore);
  const starts: Minute[] = [];
  for (const opening of time.openings(site, day, withExtra)) {
    const earliest = Math.max(opening.start - siteUse.offsetMinutes, from) - dayStart;
    let start = dayStart + Math.max(0, Math.ceil(earliest / rules.gridMinutes)) * rules.gridMinutes;
    while (start + siteUse.offsetMinutes + siteUse.minutes <= opening.end && start <= latest) {
      starts.push(start);
      start += rules.gridMinutes;
    }
  }
  return starts;
}

// A session may go on past midnight where everything is open.
const wholeDay = { start: 0, end: Number.POSITIVE_INFINITY };

/** Tries one session; takes the first resource of each kind that is open and free for the whole use. */
export function placeSession(context: Context, at: Try): Tried {
  const { site, day, start, shape, withExtra = false } = at;
  const obstacles: Obstacle[] = [];
  const uses: PlacedUse[] = [];
  const siteSpan = { ...spanOfUse(shape.siteUse, start), withExtra };
  const atSite = obstacleAt(context, site, siteSpan);
  if (atSite === undefined) uses.push({ resource: site, ...spanOfUse(shape.siteUse, start) });
  else obstacles.push(atSite);
  for (const use of shape.otherUses) {
    const tried = placeUse(context, { use, start, taken: uses, withExtra });
    if (Array.isArray(tried)) obstacles.push(...tried);
    else uses.push(tried);
  }
  const beam = beamOf(context.demand, at);
  obstacles.push(...fullBuckets(context, beam));
  if (obstacles.length > 0) return { obstacles };
  const placement = { site, day, start, end: start + shape.minutes, uses, beam };
  return { placement: withExtra ? { ...placement, compensation: "EXTRA_DAY" } : placement };
}

/** The buckets of these uses that have too little left. */
export function fullBuckets(context: Context, uses: readonly PoolUse[]): Obstacle[] {
  const { document, time } = context.demand;
  return uses
    .filter(({ pool, bucket, amount }) => freeOf(context, pool, bucket) < amount)
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
type TriedSpan = Span & { readonly withExtra?: boolean };

/** What is in the way of one use of a resource; undefined where it is open and free. */
export function obstacleAt(
  context: Context,
  resource: string,
  tried: TriedSpan,
): Obstacle | undefined {
  const { demand, availability } = context;
  const span = { start: tried.start, end: tried.end };
  if (span.start < demand.notBefore || !isOpen(demand, resource, tried)) {
    return { kind: "NO_OPENING", at: resource, ...span };
  }
  const overlap = firstOverlap(availability.busy.get(resource) ?? [], span);
  return overlap === undefined ? undefined : { kind: "BUSY", at: resource, ...span };
}

/** Whether a resource is open for all of a span, over midnight too where it is open on both sides of it. */
export function isOpen({ time }: Pick<Demand, "time">, resource: string, span: TriedSpan): boolean {
  const firstDay = time.dayOf(span.start);
  for (let day = firstDay; time.startOf(day) < span.end; day += 1) {
    const start = Math.max(span.start, time.startOf(day));
    const end = Math.min(span.end, time.startOf(day + 1));
    if (!holds(time.openings(resource, day, span.withExtra), { start, end })) return false;
  }
  return true;
}

type UseToPlace = {
  readonly use: ResourceUse;
  readonly start: Minute;
  /** What the same session or step uses already. */
  readonly taken: readonly PlacedUse[];
  readonly withExtra?: boolean;
};

/** Takes the first resource of the kind that is open and free, or tells what is in the way of each. */
export function placeUse(context: Context, toPlace: UseToPlace): PlacedUse | Obstacle[] {
  const { use, start, taken, withExtra = false } = toPlace;
  const span = spanOfUse(use, start);
  const obstacles: Obstacle[] = [];
  const { document, spread } = context.demand;
  const ofKind = document.resources.filter(({ kind }) => kind === use.kind);
  for (const { id } of rotated(ofKind, spread)) {
    if (taken.some((other) => other.resource === id && firstOverlap([other], span))) continue;
    const obstacle = obstacleAt(context, id, { ...span, withExtra });
    if (obstacle === undefined) return { resource: id, ...span };
    obstacles.push(obstacle);
  }
  return obstacles;
}

/** What a session uses of the beam that serves its site; nothing where its shape has none. */
export function beamOf(
  { document }: Demand,
  { site, start, shape }: Pick<Try, "site" | "start" | "shape">,
): readonly PoolUse[] {
  if (shape.beam === undefined) return [];
  const pool = document.pools.find(({ serves }) => serves.includes(site));
  return beamBuckets(must(pool, "a beam serves the site").id, spanOfUse(shape.beam, start));
}
