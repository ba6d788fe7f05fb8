import type { Availability, Bucket, PoolUse } from "./availability.ts";
import { mergeSpans, type Span } from "./hub-time.ts";
import type { StayRisk } from "./overflow-rule.ts";

/** What one course takes of a hub, by the hub's own ids. */
export type Takes = {
  readonly uses: readonly (Span & { readonly resource: string })[];
  readonly places: readonly PoolUse[];
  /** Of its uncertain stays; absent for none. */
  readonly risks?: readonly StayRisk[];
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
  const used = changed(availability.used, given, sum);
  return withoutRisks({ ...availability, busy, used }, takes);
}

/** What is taken once a course has those as well. */
export function withTakes(availability: Availability, takes: Takes): Availability {
  const busy = new Map(availability.busy);
  for (const { resource, start, end } of takes.uses) {
    busy.set(resource, mergeSpans([...(busy.get(resource) ?? []), { start, end }]));
  }
  const used = changed(availability.used, takes.places, sum);
  return withRisks({ ...availability, busy, used }, takes);
}

function cut(span: Span, hole: Span): Span[] {
  if (hole.end <= span.start || hole.start >= span.end) return [span];
  return [
    { start: span.start, end: hole.start },
    { start: hole.end, end: span.end },
  ].filter(({ start, end }) => start < end);
}

function withRisks(availability: Availability, { risks = [], places }: Takes): Availability {
  if (risks.length === 0) return availability;
  const put = (known: readonly number[] | undefined, { presentPpm }: StayRisk) => [
    ...(known ?? []),
    presentPpm,
  ];
  return {
    ...availability,
    presences: changed(availability.presences, risks, put),
    uncertain: changed(availability.uncertain, uncertainOf(places, risks), sum),
  };
}

function withoutRisks(availability: Availability, { risks = [], places }: Takes): Availability {
  if (risks.length === 0) return availability;
  const take = (known: readonly number[] = [], { presentPpm }: StayRisk) =>
    known.toSpliced(known.indexOf(presentPpm), known.includes(presentPpm) ? 1 : 0);
  const given = uncertainOf(places, risks).map((one) => ({ ...one, amount: -one.amount }));
  return {
    ...availability,
    presences: changed(availability.presences, risks, take),
    uncertain: changed(availability.uncertain, given, sum),
  };
}

// Of what is planned that which only may be needed.
function uncertainOf(places: readonly PoolUse[], risks: readonly StayRisk[]): PoolUse[] {
  const keys = new Set(risks.map(({ pool, bucket }) => `${pool} ${bucket}`));
  return places.filter(({ pool, bucket }) => keys.has(`${pool} ${bucket}`));
}

function sum(known: number | undefined, { amount }: PoolUse): number {
  return (known ?? 0) + amount;
}

function changed<Value, One extends { readonly pool: string; readonly bucket: Bucket }>(
  all: ReadonlyMap<string, ReadonlyMap<Bucket, Value>> = new Map(),
  changes: readonly One[],
  change: (known: Value | undefined, one: One) => Value,
): ReadonlyMap<string, ReadonlyMap<Bucket, Value>> {
  const pools = new Map(all);
  for (const [pool, ones] of Map.groupBy(changes, (one) => one.pool)) {
    const buckets = new Map(pools.get(pool) ?? []);
    for (const one of ones) buckets.set(one.bucket, change(buckets.get(one.bucket), one));
    pools.set(pool, buckets);
  }
  return pools;
}
