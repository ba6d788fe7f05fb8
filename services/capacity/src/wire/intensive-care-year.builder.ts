import { must } from "@carehub/rules/fault";
import { placesOf } from "../domain/availability.ts";
import { weekdayOf } from "../domain/hub-time.ts";
import { overflowObstacles } from "../domain/overflow-rule.ts";
import type { PlacedStay } from "../domain/planner.ts";
import { daysOf, type Patient, presenceOf, presenceOn } from "../domain/stay-presence.ts";
import { anExampleHub } from "./example-hub.builder.ts";

/*
 * A year of an example unit as tests need it: children who are referred in an order that is always the same, admitted
 * one by one on the first day on which a way of admission lets them in.
 */

const pool = "paediatric-intensive-care";
const hub = anExampleHub("umc-heart");
const template = must(
  hub.document.templates.find(({ id }) => id === "fallot-repair")?.stays[0],
  "the example has a stay in intensive care",
);
const theatres = 2;
const certain = 1_000_000;

/** The first day of the year, and its days. */
export const firstDay = 20_454;
export const daysOfYear = 365;

/** Beds of the unit for those who are no emergencies. */
export const beds = placesOf(hub.document, { pool, bucket: firstDay, isEmergency: false });

/** The bound of the example, in millionths. */
export const boundPpm = must(
  hub.document.pools.find(({ id }) => id === pool)?.overflowBoundPpm,
  "the example has a bound",
);

/** A generator of numbers from 0 to 1 (mulberry32); the same seed gives the same numbers. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How children are let in: by the planned days that beds are counted by, and by the rule or not. */
export type Way = {
  readonly plannedDays: (presence: readonly number[]) => number;
  readonly byRule: boolean;
};

/** The days that half of such patients stay at least. */
export function medianDays(presence: readonly number[]): number {
  return presence.filter((there) => there >= certain / 2).length;
}

/** The days that such patients stay on average, rounded up. */
export function meanDays(presence: readonly number[]): number {
  return Math.ceil(presence.reduce((sum, there) => sum + there, 0) / certain);
}

/** Stays of a year with that many referrals a weekday, admitted one by one; who finds no day within it is not. */
export function aYear(way: Way, referralsADay: number): PlacedStay[] {
  const random = randomFrom(20_260_105);
  const admitted: PlacedStay[] = [];
  let availability = emptyUnit();
  const operations = new Map<number, number>();
  for (let day = firstDay; day < firstDay + daysOfYear; day += 1) {
    if (weekdayOf(day) > 5) continue;
    const referrals = Math.floor(referralsADay) + (random() < referralsADay % 1 ? 1 : 0);
    for (let index = 0; index < referrals; index += 1) {
      const presence = must(presenceOf(template, aPatient(random)), "a distribution fits everyone");
      const stay = { stay: "intensive-care", pool, days: way.plannedDays(presence), presence };
      const found = firstPossible(day, (on) => {
        const placed = { ...stay, firstDay: on };
        if ((operations.get(on) ?? 0) >= theatres || !hasPlannedBeds(availability, placed))
          return false;
        const context = { demand: { ...hub, isEmergency: false }, availability };
        return !way.byRule || overflowObstacles(context, [placed]).length === 0;
      });
      if (found === undefined) continue;
      operations.set(found, (operations.get(found) ?? 0) + 1);
      const placed = { ...stay, firstDay: found };
      admitted.push(placed);
      availability = withStay(availability, placed);
    }
  }
  return admitted;
}

/** The probabilities with which patients are there on a day, one each. */
export function presencesOn(stays: readonly PlacedStay[], day: number): number[] {
  return stays
    .map((stay) => presenceOn(stay, day - stay.firstDay))
    .filter((presence, index) => presence > 0 && day >= (stays[index]?.firstDay ?? day));
}

// Of ten children three each are of the first two categories, and every fifth is a newborn.
function aPatient(random: () => number): Patient {
  const [severity, age] = [random(), random()];
  const statCategory = [0.3, 0.6, 0.8, 0.95, 1].findIndex((upTo) => severity < upTo) + 1;
  return { statCategory, ageMonths: age < 0.2 ? 0 : 30 };
}

// Nobody waits for longer than two months.
function firstPossible(from: number, isPossible: (day: number) => boolean): number | undefined {
  for (let day = from; day < Math.min(from + 60, firstDay + daysOfYear); day += 1) {
    if (weekdayOf(day) <= 5 && isPossible(day)) return day;
  }
  return undefined;
}

function hasPlannedBeds({ used }: Availability, { firstDay: from, days }: PlacedStay): boolean {
  return Array.from({ length: days }, (_, index) => from + index).every(
    (day) => (used.get(pool)?.get(day) ?? 0) < beds,
  );
}

type Availability = ReturnType<typeof emptyUnit>;

function emptyUnit() {
  const used = new Map([[pool, new Map<number, number>()]]);
  return {
    busy: new Map(),
    used,
    uncertain: used,
    presences: new Map([[pool, new Map<number, number[]>()]]),
  };
}

// Another object each time: what is known of one availability is kept.
function withStay(availability: Availability, stay: PlacedStay): Availability {
  const used = availability.used.get(pool);
  const presences = availability.presences.get(pool);
  for (let day = 0; day < daysOf(stay); day += 1) {
    const bucket = stay.firstDay + day;
    if (day < stay.days) used?.set(bucket, (used.get(bucket) ?? 0) + 1);
    presences?.set(bucket, [...(presences.get(bucket) ?? []), presenceOn(stay, day)]);
  }
  return { ...availability };
}
