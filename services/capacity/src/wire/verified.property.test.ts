import fc from "fast-check";
import { expect, test } from "vitest";
import type { Availability } from "../domain/availability.ts";
import { certificateDocument } from "../domain/certificate.ts";
import { type CoursePlan, createDemand } from "../domain/demand.ts";
import { holdParts } from "../domain/hold.ts";
import {
  aHub,
  aPlan,
  aResource,
  aTemplate,
  dailyRules,
  monday,
  protonTemplate,
  surgeryTemplate,
  testNow,
} from "../domain/hub.builder.ts";
import type { CourseTemplate, HubDocument, SessionRules } from "../domain/hub.ts";
import { mergeSpans } from "../domain/hub-time.ts";
import { type FittingCourse, planCourse, poolUses } from "../domain/planner.ts";
import { checkCourse, checkTogether } from "./course-checker.builder.ts";
import { closedTimes } from "./example-hub.builder.ts";

/*
 * Hubs with all that a document can say: machine checks, mirrored rooms, openings for lost days, closures, beds that
 * change; and courses with preparation, phases of their own shape, and days that are made up for.
 */
const seed = 20_260_302;

const rules = fc
  .record({
    gridMinutes: fc.constantFrom(30, 60),
    minGapHours: fc.constantFrom(12, 18),
    maxGapHours: fc.constantFrom(72, 96),
    sessionsPerDay: fc.constantFrom(1, 1, 1, 2),
    sessionsPerWeek: fc.constantFrom(0, 0, 0, 4),
    timeOfDayWindowMinutes: fc.constantFrom(0, 60),
    sameSite: fc.boolean(),
    prolongationDaysMax: fc.constantFrom(undefined, 0, 0, 1),
    compensations: fc.subarray(["EXTRA_DAY", "SAME_DAY"] as const, { minLength: 1 }),
    window: fc.boolean(),
  })
  .map(({ prolongationDaysMax, window, ...rest }): SessionRules => {
    return {
      ...dailyRules,
      ...rest,
      sameDayGapHours: 6,
      ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
      ...(window ? { anaesthesiaWindow: { start: 450, end: 780 } } : {}),
    };
  });

const closed = fc
  .record({ day: fc.integer({ min: 0, max: 18 }), from: fc.constantFrom(0, 600) })
  .map(({ day, from }) => {
    const date = monday.add({ days: day });
    const when = { firstDate: date, lastDate: date, start: from, end: from === 0 ? 1440 : 720 };
    return { resources: ["room-1", "room-2"], kind: "OUTAGE", reason: "beam", ...when } as const;
  });

const hubs = fc
  .record({
    rules,
    closures: fc.array(closed, { minLength: 1, maxLength: 5 }),
    mirrored: fc.boolean(),
  })
  .map(({ rules: ofTemplates, closures, mirrored }): Partial<HubDocument> => {
    const extra = { days: [6], start: 480, end: 840, onlyForCompensation: true };
    const open = (id: string, kind: Parameters<typeof aResource>[1]) => {
      const resource = aResource(id, kind, { start: 450, end: 1080 });
      return { ...resource, weeklyOpenings: [...resource.weeklyOpenings, extra] };
    };
    const room = (id: string) => ({
      ...open(id, "ROOM"),
      ...(mirrored ? { mirrorGroup: "gantry" } : {}),
      machineCheck: { start: 450, minutes: 45 },
    });
    const plain = aHub().document;
    return {
      closures,
      resources: [
        ...[room("room-1"), room("room-2"), open("team-1", "ANAESTHESIA_TEAM")],
        ...[open("bay-1", "PACU_BAY"), aResource("theatre-1", "THEATRE")],
        aResource("ct-1", "IMAGING", { start: 480, end: 720 }),
      ],
      pools: plain.pools.map((pool) =>
        pool.kind === "BEAM"
          ? pool
          : { ...pool, changes: [bedsFrom(10, 1), bedsFrom(14, 0)], emergencyReserve: 1 },
      ),
      templates: [deepTemplate(ofTemplates), { ...surgeryTemplate, rules: dailyRules }],
    };
  });

function bedsFrom(day: number, capacity: number) {
  const dates = { firstDate: monday.add({ days: day }), lastDate: monday.add({ days: day + 3 }) };
  return { ...dates, capacity, reason: "staffing" };
}

function deepTemplate(ofTemplate: SessionRules): CourseTemplate {
  const { uses, beam } = protonTemplate;
  const longer = uses.map((use) => ({
    ...use,
    offsetMinutes: use.kind === "PACU_BAY" ? 75 : use.offsetMinutes,
    minutes: use.kind === "PACU_BAY" ? use.minutes : use.minutes + 15,
  }));
  const phase = { sessionCount: 4, sessionCountMin: 1, sessionCountMax: 12 };
  const imaging = { kind: "IMAGING", offsetMinutes: 0, minutes: 45, onlyUnderAnaesthesia: false };
  return aTemplate({
    ...{ id: "deep", uses, beam },
    rules: ofTemplate,
    phases: [
      { id: "main", ...phase, firstSession: { uses: longer, beam } },
      { id: "boost", ...phase, session: { uses: longer, beam: undefined } },
    ],
    preparation: [
      { id: "images", leadDaysMin: 4, leadDaysMax: 12, uses: [imaging as never] },
      { id: "planning", leadDaysMin: 2, leadDaysMax: 12, uses: [] },
    ],
  });
}

const plans = fc
  .record({
    template: fc.constantFrom("deep", "deep", "surgery"),
    main: fc.integer({ min: 1, max: 8 }),
    boost: fc.integer({ min: 1, max: 4 }),
    ward: fc.integer({ min: 1, max: 9 }),
    underAnaesthesia: fc.boolean(),
    from: fc.integer({ min: 0, max: 11 }),
  })
  .map(({ template, main, boost, ward, underAnaesthesia, from }): CoursePlan => {
    const readyDate = monday.add({ days: from });
    const phases = [
      { phase: "main", sessionCount: main },
      { phase: "boost", sessionCount: boost },
    ];
    const stays = [
      { stay: "intensive-care", days: Math.ceil(ward / 2) },
      { stay: "ward", days: ward },
    ];
    return aPlan(template, {
      ...(template === "deep" ? { phases } : { stays }),
      ...{ underAnaesthesia, readyDate, dueDate: readyDate.add({ days: 2 }) },
    });
  });

function withCourse(before: Availability, course: FittingCourse): Availability {
  const busy = new Map(before.busy);
  const steps = [...course.sessions, ...course.preparation];
  for (const { resource, start, end } of steps.flatMap(({ uses }) => uses)) {
    busy.set(resource, mergeSpans([...(busy.get(resource) ?? []), { start, end }]));
  }
  const used = new Map(before.used);
  for (const { pool, bucket, amount } of poolUses(course)) {
    const buckets = new Map(used.get(pool) ?? []);
    used.set(pool, buckets.set(bucket, (buckets.get(bucket) ?? 0) + amount));
  }
  return { ...before, busy, used };
}

test("every course with preparation, shapes and days made up for is accepted, by itself and among the others", () => {
  const seen = { planned: 0, prepared: 0, prolonged: 0, extra: 0, more: 0 };
  fc.assert(
    fc.property(hubs, fc.array(plans, { minLength: 1, maxLength: 6 }), (parts, asked) => {
      const hub = aHub(parts);
      let availability: Availability = { busy: closedTimes(hub), used: new Map() };
      const texts: string[] = [];
      for (const plan of asked) {
        const demand = createDemand(hub, plan, testNow);
        const found = planCourse({ demand, availability });
        if (found.kind === "blocked") continue;
        const held = holdParts(demand, found.course);
        const text = certificateDocument({
          course: `courses/${texts.length}`,
          hub,
          demand,
          ...held,
        });
        expect(checkCourse(hub.document, text, demand.phases.length)).toEqual([]);
        texts.push(text);
        availability = withCourse(availability, found.course);
        const made = held.sessions.map(({ compensation }) => compensation);
        seen.planned += 1;
        seen.prepared += held.preparation === undefined ? 0 : 1;
        seen.prolonged += (held.prolongationDays ?? 0) > 0 ? 1 : 0;
        seen.extra += made.includes("EXTRA_DAY") ? 1 : 0;
        seen.more += made.includes("SAME_DAY") ? 1 : 0;
      }
      expect(checkTogether(hub.document, texts)).toEqual([]);
    }),
    { seed, numRuns: 150 },
  );
  expect(seen.planned).toBeGreaterThan(200);
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
});
