import fc from "fast-check";
import { expect, test } from "vitest";
import type { Availability } from "./availability.ts";
import { withTakes } from "./availability-change.ts";
import { createDemand } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import type { Resource, SessionRules } from "./hub.ts";
import { dayOfDate } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { replanCourse } from "./replan-course.ts";

const nothing: Availability = { busy: new Map(), used: new Map() };
const firstDay = dayOfDate(monday);

const rules: SessionRules = { ...dailyRules, timeOfDayWindowMinutes: 180 };
const room: Resource = {
  ...aResource("room-1", "ROOM"),
  weeklyOpenings: [
    { days: [1, 2, 3, 4, 5], start: 480, end: 1080 },
    { days: [6], start: 540, end: 840, onlyForCompensation: true },
  ],
};

/** A course of that many sessions from Monday on, and what it looks like when those days of the room are lost. */
function lose(
  days: readonly number[],
  { count = 10, ofRules = rules }: { count?: number; ofRules?: SessionRules } = {},
) {
  const hub = aHub({ resources: [room], pools: [], templates: [aTemplate({ rules: ofRules })] });
  const phases = [{ phase: "main", sessionCount: count }];
  const demand = createDemand(hub, aPlan("visit", { phases }), testNow);
  const found = planCourse({ demand, availability: nothing });
  if (found.kind === "blocked") throw new Error("it does not fit");
  const { sessions } = found.course;
  const lost = new Set(
    sessions.flatMap(({ day }, at) => (days.includes(day - firstDay) ? [at] : [])),
  );
  const uses = days.map((day) => {
    const start = hub.time.startOf(firstDay + day);
    return { resource: "room-1", start, end: start + 1440 };
  });
  const availability = withTakes(nothing, { uses, places: [] });
  const replan = replanCourse({ demand, availability }, { sessions, done: 0, lost });
  return {
    sessions,
    replan,
    days: replan?.sessions.map(({ day }) => day - firstDay),
    made: replan?.sessions.flatMap(({ compensation, day }) =>
      compensation === undefined ? [] : [`${compensation} ${day - firstDay}`],
    ),
  };
}

test("a day that is lost is added at the end, and every other appointment stays", () => {
  const { replan, days } = lose([2]);
  expect(days).toEqual([0, 1, 3, 4, 7, 8, 9, 10, 11, 14]);
  expect(replan?.changes.map(({ from, to }) => [from?.day, to?.day])).toEqual([
    [firstDay + 2, firstDay + 14],
  ]);
  expect(replan).toMatchObject({ prolongationDays: 3, isWithinLimit: true });
});

test("a tumour that grows fast is treated on the Saturday", () => {
  const ofRules: SessionRules = { ...rules, prolongationDaysMax: 2, compensations: ["EXTRA_DAY"] };
  const { made, replan } = lose([2], { ofRules });
  expect(made).toEqual(["EXTRA_DAY 5"]);
  expect(replan?.changes).toHaveLength(1);
  expect(replan?.prolongationDays).toBe(0);
});

test("where no day is left, a second session makes up for it, six hours after the first", () => {
  const ofRules: SessionRules = {
    ...rules,
    prolongationDaysMax: 0,
    compensations: ["SAME_DAY"],
    sameDayGapHours: 6,
  };
  const { made, replan } = lose([2, 3], { ofRules });
  expect(made).toHaveLength(2);
  expect(replan?.changes).toHaveLength(2);
  expect(replan).toMatchObject({ prolongationDays: 0, isWithinLimit: true });
});

test("a plan beyond the template's limit says so", () => {
  const ofRules: SessionRules = { ...rules, prolongationDaysMax: 1, maxGapHours: 168 };
  const { replan } = lose([7, 8], { ofRules });
  expect(replan).toMatchObject({ isWithinLimit: false, prolongationDays: 4 });
  expect(replan?.changes).toHaveLength(2);
});

test("nothing is planned where the first session of all is lost", () => {
  expect(lose([0]).replan).toBeUndefined();
});

test("nothing is planned where a gap cannot be closed", () => {
  expect(lose([1, 2, 3, 4], { ofRules: { ...rules, maxGapHours: 72 } }).replan).toBeUndefined();
});

test("never changes more appointments than trying every choice of hours does", () => {
  const hub = aHub({
    resources: [{ ...aResource("room-1", "ROOM", { start: 480, end: 720 }) }],
    pools: [],
    templates: [aTemplate({ rules: { ...rules, gridMinutes: 60, maxGapHours: 50 } })],
  });
  const { time } = hub;
  const startOf = (slot: number) =>
    time.startOf(firstDay + Math.floor(slot / 4)) + (8 + (slot % 4)) * 60;
  const slots = Array.from({ length: 20 }, (_, slot) => slot);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }),
      fc.uniqueArray(fc.integer({ min: 4, max: 19 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      (count, taken, lostAt) => {
        const phases = [{ phase: "main", sessionCount: count }];
        const demand = createDemand(hub, aPlan("visit", { phases }), testNow);
        const found = planCourse({ demand, availability: nothing });
        if (found.kind === "blocked" || lostAt >= count) return;
        const { sessions } = found.course;
        const closed = new Set([...taken.map(startOf), sessions[lostAt]?.start ?? 0]);
        const uses = [...closed].map((start) => ({ resource: "room-1", start, end: start + 60 }));
        const lost = new Set(sessions.flatMap(({ start }, at) => (closed.has(start) ? [at] : [])));
        const context = { demand, availability: withTakes(nothing, { uses, places: [] }) };
        const replan = replanCourse(context, { sessions, done: 0, lost });
        const firstLost = Math.min(...lost);
        const fixed = sessions.slice(0, firstLost).map(({ start }) => start);
        const free = slots.map(startOf).filter((start) => !closed.has(start));
        const fewest = fewestChanges({ fixed, free, count, old: sessions.map((s) => s.start) });
        // Within the five days that are tried; the planner may go on into the next week.
        const last = replan?.sessions.at(-1)?.day ?? 0;
        if (last < firstDay + 5 || fewest !== undefined) {
          expect(replan?.changes.length ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
            fewest ?? Number.POSITIVE_INFINITY,
          );
        }
        if (replan !== undefined && last < firstDay + 5) expect(replan.changes.length).toBe(fewest);
      },
    ),
    { seed: 20_260_105, numRuns: 500 },
  );

  type Trying = { fixed: number[]; free: number[]; count: number; old: number[] };
  function fewestChanges({ fixed, free, count, old }: Trying): number | undefined {
    const first = fixed[0] ?? 0;
    const dayOf = (start: number) => time.dayOf(start);
    const timeOf = (start: number) => start - time.startOf(dayOf(start));
    let fewest: number | undefined;
    const go = (chosen: number[]) => {
      if (chosen.length === count) {
        const changed = old.filter((start) => !chosen.includes(start)).length;
        fewest = Math.min(fewest ?? changed, changed);
        return;
      }
      const last = chosen.at(-1) ?? 0;
      for (const start of free) {
        const gap = (start - last - 60) / 60;
        const isNear = Math.abs(timeOf(start) - timeOf(first)) <= 180;
        if (start > last && dayOf(start) !== dayOf(last) && gap >= 12 && gap <= 50 && isNear) {
          go([...chosen, start]);
        }
      }
    };
    go(fixed);
    return fewest;
  }
});
