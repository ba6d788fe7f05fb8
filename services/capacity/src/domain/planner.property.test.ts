import fc from "fast-check";
import { expect, test } from "vitest";
import { checkCourse, checkTogether } from "../wire/course-checker.builder.ts";
import type { Availability } from "./availability.ts";
import { certificateDocument } from "./certificate.ts";
import { type CoursePlan, createDemand, type TimedHub } from "./demand.ts";
import { holdParts } from "./hold.ts";
import {
  aHub,
  aHubDocument,
  aPlan,
  aTemplate,
  monday,
  protonTemplate,
  surgeryTemplate,
  testNow,
} from "./hub.builder.ts";
import type { HubDocument, SessionRules } from "./hub.ts";
import { dayOfDate, mergeSpans } from "./hub-time.ts";
import { type FittingCourse, planCourse, poolUses } from "./planner.ts";

const seed = 20_260_105;

const rules = fc.record<SessionRules>({
  gridMinutes: fc.constantFrom(15, 30, 60),
  minGapHours: fc.constantFrom(6, 12, 24),
  maxGapHours: fc.constantFrom(72, 96, 168),
  sessionsPerDay: fc.constantFrom(1, 2),
  sessionsPerWeek: fc.constantFrom(0, 3),
  timeOfDayWindowMinutes: fc.constantFrom(0, 60, 180),
  sameSite: fc.boolean(),
});

const opening = fc
  .record({
    days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
    start: fc.integer({ min: 6, max: 14 }),
    hours: fc.integer({ min: 2, max: 9 }),
  })
  .map(({ days, start, hours }) => ({ days, start: start * 60, end: (start + hours) * 60 }));

const hubs = fc
  .record({
    rules,
    openings: fc.array(opening, { minLength: 8, maxLength: 8 }),
    holidays: fc.boolean(),
  })
  .map(({ rules: ofTemplates, openings, holidays }): HubDocument => {
    const plain = aHubDocument();
    return aHubDocument({
      worksOnPublicHolidays: holidays,
      resources: plain.resources.map((resource, index) => ({
        ...resource,
        weeklyOpenings: openings.slice(index, index + 1),
      })),
      templates: [aTemplate(), protonTemplate, surgeryTemplate].map((template) => ({
        ...template,
        rules: ofTemplates,
      })),
    });
  });

const plans = fc
  .record({
    template: fc.constantFrom("visit", "proton", "surgery"),
    sessions: fc.integer({ min: 1, max: 12 }),
    underAnaesthesia: fc.boolean(),
    from: fc.integer({ min: 0, max: 40 }),
    length: fc.integer({ min: 0, max: 14 }),
  })
  .map(({ template, sessions, underAnaesthesia, from, length }): CoursePlan => {
    const readyDate = monday.add({ days: from });
    const dates = { readyDate, dueDate: readyDate.add({ days: length }) };
    const phases = template === "surgery" ? [] : [{ phase: "main", sessionCount: sessions }];
    return aPlan(template, { phases, underAnaesthesia, ...dates });
  });

function withCourse(before: Availability, course: FittingCourse): Availability {
  const busy = new Map(before.busy);
  for (const { resource, start, end } of course.sessions.flatMap(({ uses }) => uses)) {
    busy.set(resource, mergeSpans([...(busy.get(resource) ?? []), { start, end }]));
  }
  const used = new Map(before.used);
  for (const { pool, bucket, amount } of poolUses(course)) {
    const buckets = new Map(used.get(pool) ?? []);
    used.set(pool, buckets.set(bucket, (buckets.get(bucket) ?? 0) + amount));
  }
  return { busy, used };
}

function textOf(hub: TimedHub, plan: CoursePlan, course: FittingCourse) {
  const demand = createDemand(hub, plan, testNow);
  const parts = holdParts(demand, course);
  return certificateDocument({ course: "courses/one", hub, demand, ...parts });
}

test("every course that is planned is accepted by the checker, and none is in another's way", () => {
  let planned = 0;
  fc.assert(
    fc.property(hubs, fc.array(plans, { minLength: 1, maxLength: 8 }), (document, asked) => {
      const hub = aHub(document);
      let availability: Availability = { busy: new Map(), used: new Map() };
      const texts: string[] = [];
      for (const plan of asked) {
        const demand = createDemand(hub, plan, testNow);
        const found = planCourse({ demand, availability });
        if (found.kind === "blocked") continue;
        planned += 1;
        const text = textOf(hub, plan, found.course);
        expect(checkCourse(document, text, demand.phases.length)).toEqual([]);
        texts.push(text);
        availability = withCourse(availability, found.course);
      }
      expect(checkTogether(document, texts)).toEqual([]);
    }),
    { seed, numRuns: 150 },
  );
  expect(planned).toBeGreaterThan(200);
});

test("finds a course exactly where trying every combination finds one, and none earlier", () => {
  const smallRules = fc.record<SessionRules>({
    gridMinutes: fc.constant(60),
    minGapHours: fc.constantFrom(3, 12),
    maxGapHours: fc.constantFrom(26, 50),
    sessionsPerDay: fc.constantFrom(1, 2),
    sessionsPerWeek: fc.constantFrom(0, 2),
    timeOfDayWindowMinutes: fc.constantFrom(0, 60),
    sameSite: fc.constant(true),
  });
  const taken = fc.uniqueArray(fc.integer({ min: 0, max: 34 }), { maxLength: 28 });
  fc.assert(
    fc.property(
      smallRules,
      taken,
      fc.integer({ min: 1, max: 3 }),
      (ofTemplate, slots, sessions) => {
        const room = { id: "room-1", kind: "ROOM" as const };
        const weeklyOpenings = [{ days: [1, 2, 3, 4, 5], start: 480, end: 900 }];
        const resources = [{ ...room, weeklyOpenings }];
        const hub = aHub({ resources, pools: [], templates: [aTemplate({ rules: ofTemplate })] });
        const start = hub.time.startOf(dayOfDate(monday));
        const startOf = (slot: number) =>
          start + Math.floor(slot / 7) * 1440 + (8 + (slot % 7)) * 60;
        const spans = slots.map((slot) => ({ start: startOf(slot), end: startOf(slot) + 60 }));
        const availability = { busy: new Map([["room-1", mergeSpans(spans)]]), used: new Map() };
        const phases = [{ phase: "main", sessionCount: sessions }];
        const plan = aPlan("visit", { phases, dueDate: monday.add({ days: 1 }) });
        const found = planCourse({ demand: createDemand(hub, plan, testNow), availability });
        const free = Array.from({ length: 35 }, (_, slot) => slot).filter(
          (slot) => !slots.includes(slot),
        );
        const first = firstByTrying(free.map(startOf), { rules: ofTemplate, sessions, start });
        expect(found.kind === "fits" ? found.course.sessions[0]?.start : undefined).toBe(first);
      },
    ),
    { seed, numRuns: 300 },
  );
});

type Trying = { readonly rules: SessionRules; readonly sessions: number; readonly start: number };

/** The earliest first start from which any combination of later starts keeps all rules. */
function firstByTrying(free: readonly number[], trying: Trying): number | undefined {
  const { rules: kept, sessions, start } = trying;
  const dayOf = (minute: number) => Math.floor((minute - start) / 1440);
  const timeOf = (minute: number) => (minute - start) % 1440;
  const keeps = (chosen: readonly number[]) =>
    chosen.every((minute, index) => {
      const ofDay = chosen.filter((other) => dayOf(other) === dayOf(minute));
      const isFirstOfDay = ofDay[0] === minute;
      const near = Math.abs(timeOf(minute) - timeOf(chosen[0] ?? 0)) <= kept.timeOfDayWindowMinutes;
      const gap = index === 0 ? undefined : (minute - (chosen[index - 1] ?? 0) - 60) / 60;
      return (
        ofDay.length <= kept.sessionsPerDay &&
        (kept.sessionsPerWeek === 0 || chosen.length <= kept.sessionsPerWeek) &&
        (kept.timeOfDayWindowMinutes === 0 || !isFirstOfDay || near) &&
        (gap === undefined || (gap >= kept.minGapHours && gap <= kept.maxGapHours))
      );
    });
  const canGoOn = (chosen: readonly number[]): boolean =>
    chosen.length === sessions ||
    free.some(
      (minute) =>
        minute > (chosen.at(-1) ?? 0) && keeps([...chosen, minute]) && canGoOn([...chosen, minute]),
    );
  return free.find((minute) => dayOf(minute) <= 1 && canGoOn([minute]));
}
