import type { Availability, PoolUse } from "./availability.ts";
import { mergeSpans, type Span } from "./hub-time.ts";

/** What one course takes of a hub, by the hub's own ids. */
export type Takes = {
  readonly uses: readonly (Span & { readonly resource: string })[];
  readonly places: readonly PoolUse[];
};

/** What is taken once a course gives those back. */
export function withoutTakes(availability: Availability, takes: Takes): Availability {
  const busy = new Map(availability.busy);
  for (const { resource, ...hole } of takes.uses) {
    busy.set(
      resource,
      (busy.get(resource) ?? []).flatMap((span) => cut(span, hole)),
    );
  }
  const given = takes.places.map((place) => ({ ...place, amount: -place.amount }));
  return { ...availability, busy, used: changed(availability.used, given) };
}

/** What is taken once a course has those as well. */
export function withTakes(availability: Availability, takes: Takes): Availability {
  const busy = new Map(availability.busy);
  for (const { resource, start, end } of takes.uses) {
    busy.set(resource, mergeSpans([...(busy.get(resource) ?? []), { start, end }]));
  }
  return { ...availability, busy, used: changed(availability.used, takes.places) };
}

function cut(span: Span, hole: Span): Span[] {
  if (hole.end <= span.start || hole.start >= span.end) return [span];
  return [
    { start: span.start, end: hole.start },
    { start: hole.end, end: span.end },
  ].filter(({ start, end }) => start < end);
}

function changed(used: Availability["used"], places: readonly PoolUse[]): Availability["used"] {
  const pools = new Map(used);
  for (const [pool, uses] of Map.groupBy(places, (place) => place.pool)) {
    const buckets = new Map(pools.get(pool) ?? []);
    for (const { bucket, amount } of uses) {
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + amount);
    }
    pools.set(pool, buckets);
  }
  return pools;
}
