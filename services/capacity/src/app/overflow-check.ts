/*
 * The rule for units of uncertain stays, asked again where a plan was made without a lock: under the locks of its pools
 * nobody else can change what it is judged by.
 */
import type { Run } from "@carehub/database/pool";
import { poolName } from "../domain/names.ts";
import {
  boundedPools,
  type OverflowObstacle,
  overflowObstacles,
  worstOverflow,
} from "../domain/overflow-rule.ts";
import type { PlacedStay } from "../domain/planner.ts";
import { daysOf } from "../domain/stay-presence.ts";
import { type PoolDays, readPresences } from "../storage/availability-store.ts";
import { firstLapsedAtRisk } from "../storage/stay-risk-store.ts";
import type { Deps } from "./capacity-app.ts";
import type { Proposal } from "./place-course.ts";
import { takeLapsed } from "./take-lapsed.ts";

type Reader = { readonly run: Run };

/** Whether the rule has to be asked again for what was planned. */
export function hasBound({ demand, course }: Proposal): boolean {
  return boundedPools(demand.document.pools, course.stays).length > 0;
}

/**
 * The proposal with the probability as it is under the locks of its pools; undefined where a stay of it would now make
 * a unit overflow with too great a one.
 */
export async function confirmOverflow(
  tx: Reader,
  proposal: Proposal,
): Promise<Proposal | undefined> {
  const { obstacles, worst } = await judge(tx, proposal);
  if (obstacles.length > 0) return undefined;
  const { overflowProbabilityPpm: _, ...rest } = proposal;
  return worst === undefined ? rest : { ...rest, overflowProbabilityPpm: worst };
}

const freedMax = 50;

/**
 * Frees holds past their release time until the rule allows the proposal, the longest lapsed first; answers how many.
 * Each goes in a transaction of its own.
 */
export async function freeUnits(deps: Deps, proposal: Proposal): Promise<number> {
  const { name } = proposal.hub.document;
  let freed = 0;
  while (hasBound(proposal) && freed < freedMax) {
    const { obstacles } = await judge(deps.db, proposal);
    const days = obstacles.map(({ at, start }) => {
      return { pool: poolName(name, at), bucket: proposal.hub.time.dayOf(start) };
    });
    const course = days.length === 0 ? undefined : await firstLapsedAtRisk(deps.db, days);
    if (course === undefined) break;
    await takeLapsed(deps, course);
    freed += 1;
  }
  return freed;
}

type Judged = {
  readonly obstacles: readonly OverflowObstacle[];
  readonly worst: number | undefined;
};

async function judge(db: Reader, { demand, course }: Proposal): Promise<Judged> {
  const { stays } = course;
  const days = boundedPools(demand.document.pools, stays).map(({ id }) => daysIn(id, stays));
  const availability = await readPresences(db, demand.document, days);
  const context = { demand, availability };
  return {
    obstacles: overflowObstacles(context, stays),
    worst: worstOverflow(context, stays),
  };
}

function daysIn(pool: string, stays: readonly PlacedStay[]): PoolDays {
  const own = stays.filter((stay) => stay.pool === pool);
  return {
    pool,
    first: Math.min(...own.map(({ firstDay }) => firstDay)),
    last: Math.max(...own.map((stay) => stay.firstDay + daysOf(stay) - 1)),
  };
}
