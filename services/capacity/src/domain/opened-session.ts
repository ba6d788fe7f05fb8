import { firstOverlap } from "./availability.ts";
import type { PlanContext } from "./course-search.ts";
import type { ResourceUse } from "./hub.ts";
import type { Span } from "./hub-time.ts";
import type { Opening } from "./refusal.ts";
import {
  beamOf,
  fullBuckets,
  isOpen,
  type PlacedUse,
  type Placement,
  spanOfUse,
  type Try,
} from "./session-placement.ts";

/** A session with the openings that it needs; none where the hub is open for all of it. */
export type OpenedSession = {
  readonly placement: Placement;
  readonly openings: readonly Opening[];
};

/**
 * Places a session at a time at which the hub may be closed, with an opening for each resource that is: one that is open
 * goes before one that would have to open. Undefined where something of it is taken, or before the earliest time; an
 * opening lies within one day, as a hub publishes them.
 */
export function placeOpened(context: PlanContext, at: Try): OpenedSession | undefined {
  const { demand } = context;
  const uses: PlacedUse[] = [];
  const openings: Opening[] = [];
  for (const use of [at.shape.siteUse, ...at.shape.otherUses]) {
    const span = spanOfUse(use, at.start);
    const candidates = idsFor(context, use, at).filter((id) =>
      isUntaken(context, id, { span, uses }),
    );
    const open = candidates.find((id) => isOpen(demand, id, span));
    const resource = open ?? candidates[0];
    if (resource === undefined || span.start < demand.notBefore) return undefined;
    uses.push({ resource, ...span });
    if (open !== undefined) continue;
    if (demand.time.dayOf(span.start) !== demand.time.dayOf(span.end - 1)) return undefined;
    openings.push({ at: resource, ...span });
  }
  const beam = beamOf(demand, at);
  if (fullBuckets(context, beam).length > 0) return undefined;
  const { site, day, start, shape } = at;
  return { placement: { site, day, start, end: start + shape.minutes, uses, beam }, openings };
}

function idsFor({ demand }: PlanContext, use: ResourceUse, at: Try): readonly string[] {
  if (use === at.shape.siteUse) return [at.site];
  return demand.document.resources.filter(({ kind }) => kind === use.kind).map(({ id }) => id);
}

function isUntaken(
  { availability }: PlanContext,
  id: string,
  { span, uses }: { readonly span: Span; readonly uses: readonly PlacedUse[] },
): boolean {
  const own = uses.some((use) => use.resource === id && firstOverlap([use], span) !== undefined);
  return !own && firstOverlap(availability.busy.get(id) ?? [], span) === undefined;
}
