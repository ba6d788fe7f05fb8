import { type Availability, type Bucket, placesOf } from "./availability.ts";
import type { Demand } from "./demand.ts";
import type { Pool } from "./hub.ts";
import {
  certainPpm,
  exceeds,
  type Fullness,
  fullnessOf,
  overflowWith,
  toPpm,
} from "./overflow-probability.ts";
import type { PlacedStay } from "./planner.ts";
import type { Obstacle } from "./session-placement.ts";
import { daysOf, presenceOn } from "./stay-presence.ts";

/** What the rule is judged by. */
export type RiskContext = {
  readonly demand: Pick<Demand, "document" | "time" | "isEmergency">;
  readonly availability: Availability;
};

/** A day on which a unit would overflow with too great a probability, were the course there as well. */
export type OverflowObstacle = Obstacle & {
  readonly overflowPpm: number;
  readonly boundPpm: number;
};

/** The probability, in millionths, that a course's patient is in a pool on a day. */
export type StayRisk = {
  readonly pool: string;
  readonly bucket: Bucket;
  readonly presentPpm: number;
};

/**
 * The days on which these stays would make the probability of overflow of a unit greater than its hub's bound; none in
 * pools without a bound. Beds that are kept for emergencies count for emergencies only.
 */
export function overflowObstacles(
  context: RiskContext,
  stays: readonly PlacedStay[],
): OverflowObstacle[] {
  const { time } = context.demand;
  return overflowsOf(context, stays)
    .filter(({ probability, boundPpm }) => exceeds(probability, boundPpm))
    .map(({ pool, bucket, probability, boundPpm }) => ({
      kind: "OVERFLOW_RISK",
      at: pool,
      start: time.startOf(bucket),
      end: time.startOf(bucket + 1),
      overflowPpm: toPpm(probability),
      boundPpm,
    }));
}

/**
 * The greatest probability, in millionths, that a unit overflows on a day of these stays, the course counted; undefined
 * where no stay of it is uncertain or no pool of it has a bound.
 */
export function worstOverflow(
  context: RiskContext,
  stays: readonly PlacedStay[],
): number | undefined {
  if (stays.every(({ presence }) => presence === undefined)) return undefined;
  const probabilities = overflowsOf(context, stays).map(({ probability }) => probability);
  return probabilities.length === 0 ? undefined : toPpm(Math.max(...probabilities));
}

/** What a course's uncertain stays mean for the pools on each day, ascending. */
export function stayRisks(stays: readonly PlacedStay[]): StayRisk[] {
  const uncertain = new Set(
    stays.filter(({ presence }) => presence !== undefined).map(({ pool }) => pool),
  );
  return [...uncertain]
    .toSorted()
    .flatMap((pool) =>
      presencesIn(stays, pool).map(([bucket, presentPpm]) => ({ pool, bucket, presentPpm })),
    );
}

type Overflow = {
  readonly pool: string;
  readonly bucket: Bucket;
  readonly probability: number;
  readonly boundPpm: number;
};

function overflowsOf(context: RiskContext, stays: readonly PlacedStay[]): Overflow[] {
  return boundedPools(context.demand.document.pools, stays).flatMap(({ id: pool, boundPpm }) =>
    presencesIn(stays, pool).map(([bucket, presence]) => {
      const probability = overflowWith(fullnessOn(context, pool, bucket), presence);
      return { pool, bucket, probability, boundPpm };
    }),
  );
}

/** The pools of these stays whose hub bounds the probability of their overflow. */
export function boundedPools(
  pools: readonly Pool[],
  stays: readonly { readonly pool: string }[],
): { readonly id: string; readonly boundPpm: number }[] {
  return pools.flatMap(({ id, overflowBoundPpm: boundPpm = 0 }) =>
    boundPpm > 0 && stays.some(({ pool }) => pool === id) ? [{ id, boundPpm }] : [],
  );
}

// One patient needs one bed, also where the end of one stay may reach into the next.
function presencesIn(stays: readonly PlacedStay[], pool: string): [Bucket, number][] {
  const byDay = new Map<Bucket, number>();
  for (const stay of stays.filter((candidate) => candidate.pool === pool)) {
    for (let day = 0; day < daysOf(stay); day += 1) {
      const bucket = stay.firstDay + day;
      byDay.set(bucket, Math.min(certainPpm, (byDay.get(bucket) ?? 0) + presenceOn(stay, day)));
    }
  }
  return [...byDay]
    .filter(([, presence]) => presence > 0)
    .toSorted(([one], [other]) => one - other);
}

// A search asks for the same days again and again: each is computed once for what was read.
const fullnessByAvailability = new WeakMap<Availability, Map<string, Fullness>>();

function fullnessOn({ demand, availability }: RiskContext, pool: string, bucket: Bucket): Fullness {
  const { document, isEmergency } = demand;
  const beds = placesOf(document, { pool, bucket, isEmergency });
  const known = fullnessByAvailability.get(availability) ?? new Map<string, Fullness>();
  const key = `${pool} ${bucket} ${beds}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const fullness = fullnessOf(
    availability.presences?.get(pool)?.get(bucket) ?? [],
    beds - certainIn(availability, pool, bucket),
  );
  fullnessByAvailability.set(availability, known.set(key, fullness));
  return fullness;
}

// Who is certainly there: all that is counted, but those of them whose presence is uncertain.
function certainIn(availability: Availability, pool: string, bucket: Bucket): number {
  const used = availability.used.get(pool)?.get(bucket) ?? 0;
  return used - (availability.uncertain?.get(pool)?.get(bucket) ?? 0);
}
