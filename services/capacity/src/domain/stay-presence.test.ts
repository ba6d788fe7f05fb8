import { expect, test } from "vitest";
import type { StayDistribution } from "./hub.ts";
import { daysOf, givenPresentOn, presenceOf, presenceOn } from "./stay-presence.ts";

function aDistribution(parts: Partial<StayDistribution>): StayDistribution {
  return {
    statCategories: [],
    ageMonthsMin: 0,
    ageMonthsMax: 0,
    presentPpm: [1_000_000],
    ...parts,
  };
}

const infants = aDistribution({
  statCategories: [4, 5],
  ageMonthsMax: 1,
  presentPpm: [1_000_000, 900_000],
});
const children = aDistribution({
  statCategories: [4, 5],
  ageMonthsMin: 2,
  presentPpm: [1_000_000, 500_000],
});
const simple = aDistribution({ statCategories: [1], presentPpm: [1_000_000, 100_000] });
const stay = { distributions: [infants, children, simple] };

test("takes the first distribution that fits the category and the age", () => {
  expect(presenceOf(stay, { statCategory: 5, ageMonths: 0 })).toBe(infants.presentPpm);
  expect(presenceOf(stay, { statCategory: 5, ageMonths: 1 })).toBe(infants.presentPpm);
  expect(presenceOf(stay, { statCategory: 4, ageMonths: 2 })).toBe(children.presentPpm);
  expect(presenceOf(stay, { statCategory: 1, ageMonths: 200 })).toBe(simple.presentPpm);
  const any = { distributions: [aDistribution({ presentPpm: [1_000_000, 1] }), simple] };
  expect(presenceOf(any, { statCategory: 1 })).toEqual([1_000_000, 1]);
});

test("knows nothing of a patient whom no distribution fits, or of whom too little is said", () => {
  expect(presenceOf(stay, { statCategory: 3, ageMonths: 0 })).toBeUndefined();
  expect(presenceOf(stay, { statCategory: 5 })).toBeUndefined();
  expect(presenceOf(stay, { ageMonths: 0 })).toBeUndefined();
  expect(presenceOf(stay, { statCategory: 1 })).toBe(simple.presentPpm);
  expect(presenceOf({}, { statCategory: 1, ageMonths: 1 })).toBeUndefined();
});

test("counts a stay without a distribution as certain on its planned days, and on no other", () => {
  expect([0, 1, 2].map((day) => presenceOn({ days: 2 }, day))).toEqual([1_000_000, 1_000_000, 0]);
  expect(daysOf({ days: 2 })).toBe(2);
});

test("counts an uncertain stay past its planned days, and a longer plan as certain past the distribution", () => {
  const presence = [1_000_000, 400_000, 100_000, 0];
  const on = (days: number) => [0, 1, 2, 3, 4].map((day) => presenceOn({ days, presence }, day));
  expect(on(1)).toEqual([1_000_000, 400_000, 100_000, 0, 0]);
  expect(daysOf({ days: 1, presence })).toBe(3);
  expect(on(4)).toEqual([1_000_000, 400_000, 100_000, 1_000_000, 0]);
  expect(daysOf({ days: 4, presence })).toBe(4);
});

test("makes the rest of a stay likelier once the patient is known to be still there", () => {
  const presence = [1_000_000, 500_000, 250_000, 100_000];
  expect(givenPresentOn(presence, 1)).toEqual([1_000_000, 1_000_000, 500_000, 200_000]);
  expect(givenPresentOn(givenPresentOn(presence, 1), 2)).toEqual(givenPresentOn(presence, 2));
  expect(givenPresentOn(presence, 5)).toEqual(Array.from({ length: 6 }, () => 1_000_000));
});
