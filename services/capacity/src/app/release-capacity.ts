import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { PoolUse } from "../domain/availability.ts";
import { type Course, keepsCapacity } from "../domain/course.ts";
import type { CourseFact } from "../domain/course-fact.ts";
import type { Hold } from "../domain/hold.ts";
import { dateOfDay, minuteOfInstant } from "../domain/hub-time.ts";
import { courseName, poolName } from "../domain/names.ts";
import type { ActualStay } from "../domain/treatment.ts";
import { compareStays } from "../domain/treatment.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { giveBack, settleBeds } from "../storage/reservation-store.ts";
import { findShortfalls } from "../storage/shortfall-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";

/** Gives back all that a course held or booked, for those who wait; nothing where it kept nothing. */
export async function releaseCapacity(tx: Tx, before: Course): Promise<void> {
  if (await releaseUnmarked(tx, before)) await markWaitingList(tx, before.hub);
}

/** The same for a caller that marks the waiting list itself, last; answers whether something was given back. */
export async function releaseUnmarked(tx: Tx, before: Course): Promise<boolean> {
  const { hold, id } = before;
  if (hold === undefined || !keepsCapacity(before)) return false;
  await lockAll(tx, namesOf(hold));
  await giveBack(tx, id, "everything");
  return true;
}

/**
 * Settles what a treated course kept: sessions that did not take place are given back, bed-days become what they were.
 * Answers a CapacityShortfallDetected for each pool that is now over its capacity.
 */
export async function settleCapacity(
  deps: Deps,
  tx: Tx,
  settled: {
    readonly course: Course;
    readonly stays: readonly ActualStay[];
    readonly now: Temporal.Instant;
  },
): Promise<CourseFact[]> {
  const { course, stays, now } = settled;
  const hold = must(course.hold, "a treated course has a hold");
  await lockAll(tx, namesOf(hold));
  await giveBack(tx, course.id, {
    recorded: course.recorded.map(({ number }) => number),
    from: minuteOfInstant(now),
    bedPools: hold.stays.map(({ pool }) => pool),
  });
  const { givenBack, excess } = compareStays(hold, stays);
  if (givenBack.length === 0 && excess.length === 0) {
    await markWaitingList(tx, course.hub);
    return [];
  }
  const capacities = await capacitiesOf(deps, tx, course.hub);
  const withCapacity = (uses: readonly PoolUse[], isExcess: boolean) =>
    uses.map((use) => ({ ...use, excess: isExcess, capacity: capacities.get(use.pool) ?? 0 }));
  await settleBeds(tx, { course: course.id, hub: course.hub }, [
    ...withCapacity(givenBack, false),
    ...withCapacity(excess, true),
  ]);
  const shortfalls = await findShortfalls(tx, course.id, excess);
  await markWaitingList(tx, course.hub);
  return shortfalls.map(({ pool, days, courses }) => ({
    type: "CapacityShortfallDetected",
    pool,
    dates: days.map(dateOfDay),
    displacedCourses: courses.map(courseName),
  }));
}

/** Everything that a hold's transaction locks, by full names. */
export function namesOf(hold: Pick<Hold, "sessions" | "pools">): string[] {
  return [
    ...hold.sessions.flatMap(({ uses }) => uses.map(({ resource }) => resource)),
    ...hold.pools,
  ];
}

async function capacitiesOf(deps: Deps, tx: Tx, hubName: string): Promise<Map<string, number>> {
  const hub = must(await deps.hubs.load(tx, hubName), "a course's hub is published");
  const { name, pools } = hub.document;
  return new Map(pools.map(({ id, capacity }) => [poolName(name, id), capacity]));
}
