import { expect, test } from "vitest";
import type { Availability } from "./availability.ts";
import { type CoursePlan, createDemand, withPriority } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import type { UrgentReserve } from "./hub.ts";
import { dayOfDate } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { explainRefusal, widened } from "./refusal.ts";
import { keptMinutes, weekOfDay } from "./urgent-reserve.ts";

// A week of one room has 50 hours; the first one here begins 28 days after the tests' time.
const reserve: UrgentReserve = { kind: "ROOM", minutesPerWeek: 600, fullDays: 21, openDays: 7 };
const room = aResource("room-1", "ROOM");

function hub(reserves: readonly UrgentReserve[] = [reserve]) {
  const template = aTemplate({ rules: { ...dailyRules, timeOfDayWindowMinutes: 0 } });
  return aHub({
    resources: [room],
    pools: [],
    templates: [template],
    urgentReserves: reserves,
  });
}

/** The room is taken in that week but for so many hours of Friday. */
function leaves(hours: number): Availability {
  const start = hub().time.startOf(dayOfDate(monday));
  const until = start + 4 * 1440 + (18 - hours) * 60;
  return { busy: new Map([["room-1", [{ start, end: until }]]]), used: new Map() };
}

function demandOf(plan: Partial<CoursePlan> = {}) {
  return createDemand(
    hub(),
    aPlan("visit", { dueDate: monday.add({ days: 4 }), ...plan }),
    testNow,
  );
}

test("less is kept the nearer a week comes, and nothing at last", () => {
  const week = weekOfDay(dayOfDate(monday));
  const kept = [30, 21, 14, 8, 7, 0].map((days) =>
    keptMinutes(reserve, week, dayOfDate(monday) - days),
  );
  expect(kept).toEqual([600, 600, 300, 43, 0, 0]);
});

test("a routine course takes nothing of what is kept, an urgent one may", () => {
  const full = { demand: demandOf(), availability: leaves(10) };
  expect(planCourse(full).kind).toBe("blocked");
  const urgent = withPriority(full.demand, "URGENT");
  expect(planCourse({ ...full, demand: urgent }).kind).toBe("fits");
  const roomy = { ...full, availability: leaves(10) };
  const beside = { ...roomy, availability: { ...leaves(10), busy: new Map() } };
  expect(planCourse(beside).kind).toBe("fits");
});

test("as many sessions of a routine course fit in a week as leave what is kept", () => {
  const start = hub().time.startOf(dayOfDate(monday));
  // Each day is free from 8 to 10:24, twelve hours in the week: two beside the ten that are kept.
  const busy = [0, 1, 2, 3, 4].map((day) => {
    return { start: start + day * 1440 + 624, end: start + day * 1440 + 1440 };
  });
  const availability: Availability = { busy: new Map([["room-1", busy]]), used: new Map() };
  const sessions = (sessionCount: number) =>
    demandOf({ phases: [{ phase: "main", sessionCount }], dueDate: monday });
  const fits = (count: number) => {
    const found = planCourse({ demand: sessions(count), availability });
    return found.kind === "fits" ? found.course.sessions.map(({ day }) => day) : undefined;
  };
  const first = dayOfDate(monday);
  expect(fits(2)).toEqual([first, first + 1]);
  // The third waits for the next week, as far as the gap allows: from Thursday on.
  expect(fits(3)?.slice(1)).toEqual([first + 3, first + 7]);
});

test("a refusal for want of anything else names what is kept and the first date past it", () => {
  const context = { demand: demandOf(), availability: leaves(10) };
  const found = planCourse(context);
  if (found.kind === "fits") throw new Error("it fits");
  const wide = { ...context, demand: widened(context.demand) };
  const refusal = explainRefusal(context, found.failed, wide);
  expect(refusal.blockers).toMatchObject([{ kind: "RESERVE", at: "room-1", sessionNumber: 1 }]);
  expect(refusal.firstPossibleDay).toBe(dayOfDate(monday) + 7);
});
