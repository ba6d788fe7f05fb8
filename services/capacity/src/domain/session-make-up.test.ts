import { expect, test } from "vitest";
import { aHubDocument, aPlan, aResource, aTemplate, dailyRules, monday } from "./hub.builder.ts";
import { dayOfDate } from "./hub-time.ts";
import { madeUpDay, patternOf } from "./session-make-up.ts";

const day = dayOfDate(monday);
const weekdays = new Set([1, 2, 3, 4, 5]);
const daily = { sessionsPerDay: 1, sessionsPerWeek: 0, daysApart: 1, weekdays };
const week = [0, 1, 2, 3, 4].map((offset) => day + offset);

test("makes up on the next day on which the site treats", () => {
  expect(madeUpDay(daily, week.slice(0, 2), 1)).toBe(day + 2);
  expect(madeUpDay(daily, week, 1)).toBe(day + 7);
  expect(madeUpDay(daily, week, 6)).toBe(day + 14);
});

test("makes nothing up where nothing was lost", () => {
  expect(madeUpDay(daily, week, 0)).toBe(day + 4);
});

test("fills the last day first where a day has two sessions", () => {
  const twice = { ...daily, sessionsPerDay: 2 };
  expect(madeUpDay(twice, [day, day, day + 1], 1)).toBe(day + 1);
  expect(madeUpDay(twice, [day, day, day + 1, day + 1], 1)).toBe(day + 2);
});

test("goes on in the next week where the week has its number", () => {
  const threeAWeek = { ...daily, sessionsPerWeek: 3 };
  expect(madeUpDay(threeAWeek, week.slice(0, 3), 1)).toBe(day + 7);
  expect(madeUpDay(threeAWeek, week.slice(0, 2), 1)).toBe(day + 2);
});

test("keeps the days apart that the template asks for", () => {
  expect(madeUpDay({ ...daily, daysApart: 3 }, [day], 1)).toBe(day + 3);
  expect(madeUpDay({ ...daily, daysApart: 21 }, [day], 2)).toBe(day + 42);
});

test("reads the pattern of a course from the site's regular hours and the template's rules", () => {
  const saturday = { days: [6], start: 480, end: 720, onlyForCompensation: true };
  const room = aResource("room-1", "ROOM");
  const document = aHubDocument({
    resources: [{ ...room, weeklyOpenings: [...room.weeklyOpenings, saturday] }],
    templates: [aTemplate({ rules: { ...dailyRules, sessionsPerWeek: 4, minGapHours: 40 } })],
  });
  const sites = new Set(["hubs/test-hub/resources/room-1"]);
  expect(patternOf(document, { plan: aPlan("visit"), sites })).toEqual({
    weekdays,
    sessionsPerDay: 1,
    sessionsPerWeek: 4,
    daysApart: 2,
  });
});

test("takes every day, once, where neither site nor template is known any more", () => {
  const sites = new Set(["hubs/test-hub/resources/gone"]);
  const pattern = patternOf(aHubDocument(), { plan: aPlan("gone"), sites });
  expect(pattern).toMatchObject({ sessionsPerDay: 1, sessionsPerWeek: 0, daysApart: 1 });
  expect(pattern.weekdays.size).toBe(7);
});
