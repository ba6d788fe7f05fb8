import { expect, test } from "vitest";
import { continuing, createDemand } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import { dayOfDate } from "./hub-time.ts";
import { planCourse } from "./planner.ts";

test("a rest keeps the number per week", () => {
  const rules = { ...dailyRules, sessionsPerWeek: 3, timeOfDayWindowMinutes: 0 };
  const hub = aHub({
    resources: [aResource("room-1", "ROOM")],
    pools: [],
    templates: [aTemplate({ rules })],
  });
  const d0 = dayOfDate(monday);
  const s = (d: number) => hub.time.startOf(d0 + d) + 480;
  const demand = createDemand(
    hub,
    aPlan("visit", {
      phases: [{ phase: "main", sessionCount: 6 }],
      dueDate: monday.add({ days: 14 }),
    }),
    testNow,
  );
  const rest = continuing(demand, {
    done: 3,
    ofWeek: 3,
    phases: ["main", "main", "main"],
    firstStart: s(0),
    last: { end: s(2) + 60, site: "room-1" },
  });
  const found = planCourse({ demand: rest, availability: { busy: new Map(), used: new Map() } });
  if (found.kind !== "fits") throw new Error("x");
  const days = found.course.sessions.map(({ day }) => day - d0);
  expect(Math.min(...days)).toBeGreaterThanOrEqual(7);
});
test("a rest of one per day puts no second on the day of the last", () => {
  const rules = {
    ...dailyRules,
    minGapHours: 4,
    maxGapHours: 96,
    sessionsPerDay: 1,
    timeOfDayWindowMinutes: 0,
  };
  const hub = aHub({
    resources: [aResource("room-1", "ROOM")],
    pools: [],
    templates: [aTemplate({ rules })],
  });
  const d0 = dayOfDate(monday);
  const s = (d: number) => hub.time.startOf(d0 + d) + 480;
  const demand = createDemand(
    hub,
    aPlan("visit", {
      phases: [{ phase: "main", sessionCount: 4 }],
      dueDate: monday.add({ days: 14 }),
    }),
    testNow,
  );
  const rest = continuing(demand, {
    done: 2,
    ofWeek: 2,
    phases: ["main", "main"],
    firstStart: s(0),
    last: { end: s(1) + 60, site: "room-1" },
  });
  const found = planCourse({
    demand: { ...rest, readyDay: d0 },
    availability: { busy: new Map(), used: new Map() },
  });
  if (found.kind !== "fits") throw new Error("x");
  const days = found.course.sessions.map(({ day }) => day - d0);
  expect(Math.min(...days)).toBeGreaterThanOrEqual(2);
});
test("two a day: the rest gives no third on the day", () => {
  const rules = {
    ...dailyRules,
    minGapHours: 3,
    sameDayGapHours: 0,
    maxGapHours: 96,
    sessionsPerDay: 2,
    timeOfDayWindowMinutes: 0,
  };
  const hub = aHub({
    resources: [aResource("room-1", "ROOM", { start: 480, end: 1320 })],
    pools: [],
    templates: [aTemplate({ rules })],
  });
  const d0 = dayOfDate(monday);
  const s = (d: number) => hub.time.startOf(d0 + d) + 480;
  const demand = createDemand(
    hub,
    aPlan("visit", {
      phases: [{ phase: "main", sessionCount: 4 }],
      dueDate: monday.add({ days: 14 }),
    }),
    testNow,
  );
  const rest = continuing(demand, {
    done: 2,
    ofDay: 2,
    ofWeek: 2,
    phases: ["main", "main"],
    firstStart: s(0),
    last: { end: s(0) + 300, site: "room-1" },
  });
  const found = planCourse({ demand: rest, availability: { busy: new Map(), used: new Map() } });
  if (found.kind !== "fits") throw new Error("x");
  const days = found.course.sessions.map(({ day }) => day - d0);
  expect(days.filter((d) => d === 0)).toHaveLength(0);
});
