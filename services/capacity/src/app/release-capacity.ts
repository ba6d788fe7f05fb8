import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { type Course, keepsCapacity } from "../domain/course.ts";
import type { CourseFact } from "../domain/course-fact.ts";
import { type Hold, keptUses } from "../domain/hold.ts";
import { capacityOn } from "../domain/hub.ts";
import { dateOfDay, minuteOfInstant } from "../domain/hub-time.ts";
import { courseName, poolName } from "../domain/names.ts";
import { type ActualStay, type KeptBeds, settleStays } from "../domain/stay-days.ts";
import { keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { giveBack } from "../storage/reservation-store.ts";
import { findShortfalls, type Shortfall } from "../storage/shortfall-store.ts";
import { dropRisks } from "../storage/stay-risk-store.ts";
import { changeBeds, readKeptBeds } from "../storage/stay-store.ts";
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
  await keepFreed(tx, before.hub, await giveBack(tx, id, "everything"));
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
  const bedPools = hold.stays.map(({ pool }) => pool);
  const freed = await giveBack(tx, course.id, {
    recorded: course.recorded.map(({ number }) => number),
    from: minuteOfInstant(now),
    bedPools,
  });
  await dropRisks(tx, course.id);
  const changes = settleStays(hold, await readKeptBeds(tx, course.id, bedPools), stays);
  const { places, shortfalls } = await applyBeds(deps, tx, { course, changes });
  await keepFreed(tx, course.hub, { ...freed, places: [...freed.places, ...places] });
  await markWaitingList(tx, course.hub);
  return shortfalls;
}

/**
 * Changes what a course has of beds, under the locks of their pools: answers the days of which a bed came free, for
 * `keepFreed`, and a CapacityShortfallDetected for each pool that is over its capacity on a day that became one more.
 */
export async function applyBeds(
  deps: Deps,
  tx: Tx,
  { course, changes }: { readonly course: Course; readonly changes: readonly KeptBeds[] },
): Promise<{ readonly places: readonly KeptBeds[]; readonly shortfalls: CourseFact[] }> {
  const { id, hub } = course;
  const capacityOf = await capacitiesOf(deps, tx, hub);
  const sized = changes.map((change) => ({ ...change, capacity: capacityOf(change) }));
  await changeBeds(tx, { course: id, hub }, sized);
  const more = changes.filter(({ planned, excess }) => planned + excess > 0);
  const shortfalls = more.length === 0 ? [] : await findShortfalls(tx, id, more);
  return {
    places: changes.filter(({ planned, excess }) => planned + excess < 0),
    shortfalls: shortfalls.map(toFact),
  };
}

function toFact({ pool, days, courses }: Shortfall): CourseFact {
  return {
    type: "CapacityShortfallDetected",
    pool,
    dates: days.map(dateOfDay),
    displacedCourses: courses.map(courseName),
  };
}
/** Everything that a hold's transaction locks, by full names. */
export function namesOf(hold: Pick<Hold, "sessions" | "preparation" | "pools">): string[] {
  return [
    ...keptUses(hold).flatMap(({ uses }) => uses.map(({ resource }) => resource)),
    ...hold.pools,
  ];
}

/** What a hub has of a pool of beds, by its full name, on a day; nothing where its document names it no more. */
export async function capacitiesOf(
  deps: Deps,
  tx: Tx,
  hubName: string,
): Promise<(at: Pick<KeptBeds, "pool" | "bucket">) => number> {
  const hub = must(await deps.hubs.load(tx, hubName), "a course's hub is published");
  const { name, pools } = hub.document;
  return ({ pool, bucket }) => {
    const found = pools.find(({ id }) => poolName(name, id) === pool);
    return found === undefined ? 0 : capacityOn(found, bucket);
  };
}
