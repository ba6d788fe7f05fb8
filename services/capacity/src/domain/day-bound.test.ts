import { expect, test } from "vitest";
import { createSearch, firstSessions } from "./course-search.ts";
import { createDayBound } from "./day-bound.ts";
import { createDemand } from "./demand.ts";
import { aHub, aPlan, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import { createSessionTimes } from "./session-times.ts";

test("asks once for a day's starts, however many times of day a course could begin at", () => {
  const rules = { ...dailyRules, gridMinutes: 5, prolongationDaysMax: 0 };
  const hub = aHub({ templates: [aTemplate({ rules })] });
  const phases = [{ phase: "main", sessionCount: 5 }];
  const plan = aPlan("visit", { phases, dueDate: monday.add({ days: 3 }) });
  const context = { demand: createDemand(hub, plan, testNow), availability };
  const times = createSessionTimes(context);
  const search = createSearch(context, times);
  const firsts = [...firstSessions(search, context.demand.readyDay)];
  const asked: string[] = [];
  const counted = createSearch(context, {
    ...times,
    startsAt: (sites, day, wanted) => {
      asked.push(`${sites[0]} ${day}`);
      return times.startsAt(sites, day, wanted);
    },
  });
  expect(firsts.length).toBeGreaterThan(100);
  const mayFit = createDayBound(counted);
  for (const first of firsts) mayFit(first);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked).toHaveLength(new Set(asked).size);
});

const availability = { busy: new Map(), used: new Map() };
