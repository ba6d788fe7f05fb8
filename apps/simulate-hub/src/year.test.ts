import { expect, test } from "vitest";
import { createFirstCome } from "./first-come.ts";
import { measureCourses, measureUse } from "./measures.ts";
import { createPlanned } from "./planned.ts";
import { astanaYear } from "./scenario.ts";
import { aFortnight, aPatient, monday, smallHub } from "./small-year.builder.ts";
import type { Treatment } from "./treatment.ts";
import { type Happening, runYear } from "./year.ts";

const { windowDays } = astanaYear;

function ours(happening: Happening) {
  return runYear(happening, (ledger) =>
    createPlanned({ hub: happening.hub, ledger, windowDays, onPlan: () => undefined }),
  );
}

function firstCome(happening: Happening) {
  return runYear(happening, (ledger) => createFirstCome({ hub: happening.hub, ledger }));
}

// Days from Monday the 2nd, with the hour.
function timesOf({ sessions }: Treatment): string[] {
  return sessions.map(({ day, start }) => {
    return `${day - monday} ${(start - smallHub.time.startOf(day)) / 60}:00`;
  });
}

const three = [aPatient(1), aPatient(2), aPatient(3, { priority: "URGENT" })];

test("gives two places a day to the urgent patient and the first, and the other what comes after", () => {
  const { treatments, conflicts } = ours(aFortnight({ patients: three }));
  expect(treatments.map(timesOf)).toEqual([
    ["1 9:00", "2 9:00", "3 9:00"],
    ["4 8:00", "7 8:00", "8 8:00"],
    ["1 8:00", "2 8:00", "3 8:00"],
  ]);
  expect(measureCourses(treatments).map(({ waitDays }) => waitDays)).toEqual([0, 3, 0]);
  expect(treatments.map(({ state }) => state)).toEqual(["FINISHED", "FINISHED", "FINISHED"]);
  expect(conflicts).toBe(0);
});

test("lets the urgent patient wait where the first to come is the first served", () => {
  const { treatments } = firstCome(aFortnight({ patients: three }));
  expect(treatments.map(timesOf)).toEqual([
    ["1 8:00", "2 8:00", "3 8:00"],
    ["1 9:00", "2 9:00", "3 9:00"],
    ["4 8:00", "7 8:00", "8 8:00"],
  ]);
});

test("counts nine hours of use in two weeks of twenty", () => {
  const happening = aFortnight({ patients: three });
  const [use] = measureUse(smallHub, ours(happening).treatments, [
    { first: monday, last: monday + 13 },
  ]);
  expect(use).toEqual({ openHours: 20, usedHours: 9, beamHours: 0 });
});

function brokenOnWednesday(): Happening {
  const start = smallHub.time.startOf(monday + 2) + 480;
  const outage = { kind: "ROOM", rooms: ["room-1"], start, end: start + 30 } as const;
  return aFortnight({ patients: [aPatient(1)], outages: [outage] });
}

test("moves the one session that a breakdown takes, on the same day, and no other", () => {
  const { treatments, recoveries } = ours(brokenOnWednesday());
  expect(treatments.map(timesOf)).toEqual([["1 8:00", "2 9:00", "3 8:00"]]);
  expect(recoveries).toEqual([
    { day: monday + 2, cause: "OUTAGE", courses: 1, lost: 1, changed: 1 },
  ]);
  expect(measureCourses(treatments)[0]?.isProlonged).toBe(false);
});

test("appends what a breakdown takes at the end where nobody plans, and counts the course as too long", () => {
  const { treatments } = firstCome(brokenOnWednesday());
  expect(treatments.map(timesOf)).toEqual([["1 8:00", "3 8:00", "4 8:00"]]);
  expect(measureCourses(treatments)[0]).toMatchObject({ prolongationDays: 1, isProlonged: true });
});

test("gives the time of one who cancels to the next", () => {
  const cancelled = aPatient(1, { cancelsOn: monday + 1 });
  const later = [aPatient(2, { arrivalDay: monday + 1, readyDay: monday + 2 })];
  const { treatments } = ours(aFortnight({ patients: [cancelled, ...later] }));
  expect(treatments.map(({ state }) => state)).toEqual(["CANCELLED", "FINISHED"]);
  expect(treatments.map(timesOf)).toEqual([[], ["2 8:00", "3 8:00", "4 8:00"]]);
});

test("plans a missed session anew on another day", () => {
  const { treatments, recoveries } = ours(
    aFortnight({ patients: [aPatient(1)], missedShare: 0.4, seed: 19 }),
  );
  expect(recoveries).toEqual([
    { day: monday + 2, cause: "MISSED", courses: 1, lost: 1, changed: 1 },
  ]);
  expect(treatments.map(timesOf)).toEqual([["1 8:00", "3 8:00", "4 8:00"]]);
  expect(treatments[0]).toMatchObject({ state: "FINISHED", given: 3 });
});
