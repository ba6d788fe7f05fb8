import { expect, test } from "vitest";
import { overflowProbability } from "../domain/overflow-probability.ts";
import type { PlacedStay } from "../domain/planner.ts";
import { presenceOn } from "../domain/stay-presence.ts";
import {
  aYear,
  beds,
  boundPpm,
  daysOfYear,
  firstDay,
  meanDays,
  medianDays,
  presencesOn,
  randomFrom,
} from "./intensive-care-year.builder.ts";

const seed = 20_260_105;
const certain = 1_000_000;
const draws = 200_000;
// Two seconds on a quiet machine.
const timeout = 60_000;

// Four standard errors of a frequency: each lies within with a probability of 99.99 %.
const errors = 4;

/** Draws how long everybody stays, again and again; answers in how many draws each of these days overflows. */
function simulate(stays: readonly PlacedStay[], days: readonly number[], times: number): number[] {
  const random = randomFrom(seed);
  const visits = stays
    .map((stay) =>
      days
        .map((day, at) => ({ at, presence: presenceOn(stay, day - stay.firstDay) }))
        .filter(({ at, presence }) => presence > 0 && (days[at] ?? 0) >= stay.firstDay),
    )
    .filter((visit) => visit.length > 0);
  const patients = new Int32Array(days.length);
  const overflows = new Int32Array(days.length);
  for (let draw = 0; draw < times; draw += 1) {
    patients.fill(0);
    for (const visit of visits) {
      // One chance for a whole stay: who is there on a day was there on all days before.
      const chance = random() * certain;
      for (const { at, presence } of visit) {
        if (presence > chance) patients[at] = (patients[at] ?? 0) + 1;
      }
    }
    for (let at = 0; at < days.length; at += 1) {
      if ((patients[at] ?? 0) > beds) overflows[at] = (overflows[at] ?? 0) + 1;
    }
  }
  return [...overflows];
}

const median = { plannedDays: medianDays };
const allDays = Array.from({ length: daysOfYear }, (_, index) => firstDay + index);
const probabilityOn = (stays: readonly PlacedStay[], day: number) =>
  overflowProbability(presencesOn(stays, day), beds);
const shareOf = (stays: readonly PlacedStay[]) =>
  allDays.reduce((sum, day) => sum + probabilityOn(stays, day), 0) / daysOfYear;
const percent = (share: number) => Math.round(share * 1_000) / 10;
const fullest = (stays: readonly PlacedStay[], count: number) =>
  allDays
    .toSorted((one, other) => probabilityOn(stays, other) - probabilityOn(stays, one))
    .filter((_, index) => index % 3 === 0)
    .slice(0, count);

test.each([
  { name: "admitted by the rule", byRule: true },
  { name: "counted by planned days alone", byRule: false },
])(
  "the probability is what 200,000 drawn years say, of children $name",
  { timeout },
  ({ byRule }) => {
    const year = aYear({ ...median, byRule }, 2);
    const days = fullest(year, 20);
    const overflows = simulate(year, days, draws);
    for (const [index, day] of days.entries()) {
      const probability = probabilityOn(year, day);
      const frequency = (overflows[index] ?? 0) / draws;
      expect(probability).toBeGreaterThan(0.01);
      const error = Math.sqrt((probability * (1 - probability)) / draws);
      expect(Math.abs(frequency - probability)).toBeLessThan(errors * error);
    }
  },
);

test("keeps every day of a crowded year under the bound", { timeout }, () => {
  const year = aYear({ ...median, byRule: true }, 2);
  const worst = Math.max(...allDays.map((day) => probabilityOn(year, day)));
  expect(worst * certain).toBeLessThanOrEqual(boundPpm + 1e-6);
  // It is the bound that keeps others out, not a lack of children.
  expect(worst * certain).toBeGreaterThan(boundPpm / 2);
});

test("overflows on fewer days than a unit that counts planned days alone, with as many children", {
  timeout,
}, () => {
  const byRule = aYear({ ...median, byRule: true }, 2);
  const byMedian = aYear({ ...median, byRule: false }, 2);
  const byMean = aYear({ plannedDays: meanDays, byRule: false }, 2);
  const asMany = aYear({ plannedDays: meanDays, byRule: false }, 0.8);
  const years = 2_000;
  const figures = [byRule, byMedian, byMean, asMany].map((year) => {
    const overflows = simulate(year, allDays, years).reduce((sum, count) => sum + count, 0);
    const drawn = overflows / (years * daysOfYear);
    expect(Math.abs(drawn - shareOf(year))).toBeLessThan(0.002);
    const worst = Math.max(...allDays.map((day) => probabilityOn(year, day)));
    return { children: year.length, percentOfDays: percent(drawn), worst: percent(worst) };
  });
  // Who counts planned days alone lets in more, at the price of a third of the days, or of every eighth.
  expect(figures).toEqual([
    { children: 215, percentOfDays: 1.5, worst: 4.9 },
    { children: 334, percentOfDays: 31.4, worst: 87.5 },
    { children: 274, percentOfDays: 12.8, worst: 61.5 },
    { children: 216, percentOfDays: 4.5, worst: 55 },
  ]);
});
