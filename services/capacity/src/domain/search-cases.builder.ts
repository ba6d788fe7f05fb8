import fc from "fast-check";
import type { CoursePlan } from "./demand.ts";
import { aHubDocument, aPlan, aResource, aTemplate, monday } from "./hub.builder.ts";
import type {
  Compensation,
  CourseTemplate,
  HubDocument,
  PreparationStep,
  Resource,
  ResourceUse,
  SessionRules,
  SessionShape,
} from "./hub.ts";
import { parseHubName } from "./names.ts";

/** A taken time, by who has it. */
export type CaseSpan = { course: string; resource: string; start: number; end: number };

/** What is used of a bucket, by who uses it. */
export type CaseUse = { course: string; pool: string; bucket: number; amount: number };

/** A small hub with what is taken of it. */
export type SmallHub = { document: HubDocument; spans: CaseSpan[]; uses: CaseUse[] };

/** Some small hubs and a plan for a template that all of them have. */
export type SearchCase = {
  hubs: SmallHub[];
  plan: CoursePlan;
  now: Temporal.Instant;
  limit: number;
};

const zoneMinutes = 300;
const mondayDay = Date.UTC(monday.year, monday.month - 1, monday.day) / 86_400_000;
const midnight = mondayDay * 1440 - zoneMinutes;
const courseCount = 6;

const use = (kind: ResourceUse["kind"], offsetMinutes: number, minutes: number, always = true) => ({
  ...{ kind, offsetMinutes, minutes },
  onlyUnderAnaesthesia: !always,
});

// What a session uses: a room; a team before and a bay after; a bay before too; a beam.
const shapes = fc
  .record({
    minutes: fc.constantFrom(30, 60),
    team: fc.boolean(),
    bays: fc.constantFrom(0, 0, 1, 2),
    beam: fc.boolean(),
  })
  .map(({ minutes, team, bays, beam }): SessionShape => {
    const lead = bays === 2 ? 30 : 0;
    return {
      uses: [
        ...(bays === 2 ? [use("PACU_BAY", 0, 30, false)] : []),
        ...(team ? [use("ANAESTHESIA_TEAM", lead, minutes + 15, false)] : []),
        use("ROOM", lead, minutes),
        ...(bays > 0 ? [use("PACU_BAY", lead + minutes, 30, false)] : []),
      ],
      beam: beam ? { offsetMinutes: lead + 10, minutes: 15 } : undefined,
    };
  });

const rules = fc
  .record({
    gridMinutes: fc.constantFrom(60, 60, 30),
    minGapHours: fc.constantFrom(4, 12, 20, 40),
    maxGapHours: fc.constantFrom(26, 50, 74, 96),
    sessionsPerDay: fc.constantFrom(1, 1, 2),
    sessionsPerWeek: fc.constantFrom(0, 0, 2, 3),
    timeOfDayWindowMinutes: fc.constantFrom(0, 60, 120),
    sameSite: fc.boolean(),
    sameDayGapHours: fc.constantFrom(0, 2),
    prolongationDaysMax: fc.constantFrom(undefined, undefined, 0, 1, 3),
    compensations: fc.constantFrom<Compensation[][]>(
      [],
      [],
      ["EXTRA_DAY"],
      ["SAME_DAY"],
      ["EXTRA_DAY", "SAME_DAY"],
    ),
    window: fc.constantFrom(undefined, { start: 480, end: 780 }),
  })
  .map(
    ({ prolongationDaysMax, window, sameDayGapHours, ...rest }): SessionRules => ({
      ...rest,
      ...(sameDayGapHours === 0 ? {} : { sameDayGapHours }),
      ...(prolongationDaysMax === undefined ? {} : { prolongationDaysMax }),
      ...(window === undefined ? {} : { anaesthesiaWindow: window }),
    }),
  );

const preparation = fc.constantFrom<PreparationStep[][]>(
  [],
  [],
  [{ id: "scan", leadDaysMin: 1, leadDaysMax: 3, uses: [use("IMAGING", 0, 60)] }],
  [
    { id: "scan", leadDaysMin: 2, leadDaysMax: 4, uses: [use("IMAGING", 0, 60)] },
    { id: "order", leadDaysMin: 1, leadDaysMax: 2, uses: [] },
  ],
);

const templates = fc
  .record({
    rules,
    usual: shapes,
    first: fc.option(shapes, { nil: undefined }),
    boost: fc.option(shapes, { nil: undefined }),
    preparation,
    stay: fc.constantFrom(0, 0, 2),
  })
  .map(({ usual, first, boost, stay, ...parts }): CourseTemplate => {
    const counts = { sessionCount: 1, sessionCountMin: 1, sessionCountMax: 4 };
    return aTemplate({
      ...parts,
      ...usual,
      phases: [
        { id: "main", ...counts, ...(first && { firstSession: first }) },
        { id: "boost", ...counts, ...(boost && { session: boost }) },
      ],
      stays: stay === 0 ? [] : [{ id: "bed", pool: "ward", fromDay: 0, days: stay }],
    });
  });

const spans = (resource: string, most: number) =>
  fc
    .array(
      fc.record({
        day: fc.integer({ min: -4, max: 11 }),
        half: fc.integer({ min: 15, max: 30 }),
        halves: fc.integer({ min: 1, max: 6 }),
        course: fc.integer({ min: 1, max: courseCount }),
      }),
      { minLength: most, maxLength: 60 },
    )
    .map((list) => {
      const kept: CaseSpan[] = [];
      for (const { day, half, halves, course } of list) {
        const start = midnight + day * 1440 + half * 30;
        const end = start + halves * 30;
        if (kept.some((span) => span.start < end && start < span.end)) continue;
        kept.push({ course: `c${course}`, resource, start, end });
      }
      return kept;
    });

const poolUses = fc
  .array(
    fc.record({
      course: fc.integer({ min: 1, max: courseCount }),
      at: fc.integer({ min: 0, max: 60 }),
      isBed: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    const byKey = new Map<string, CaseUse>();
    for (const { course: number, at, isBed } of list) {
      const course = `c${number}`;
      const half = (midnight + Math.floor(at / 6) * 1440 + (16 + (at % 6) * 2) * 30) / 30;
      const of = isBed
        ? { pool: "ward", bucket: mondayDay + (at % 12), amount: 1 }
        : { pool: "beam", bucket: half, amount: 10 };
      byKey.set(`${course} ${of.pool} ${of.bucket}`, { course, ...of });
    }
    return [...byKey.values()];
  });

const hours = fc
  .record({ start: fc.constantFrom(480, 510, 540), length: fc.integer({ min: 2, max: 5 }) })
  .map(({ start, length }) => ({ start, end: start + length * 60 }));

const rooms = fc
  .array(
    fc.record({
      hours,
      mirrored: fc.boolean(),
      saturday: fc.boolean(),
      check: fc.constantFrom(undefined, { start: 540, minutes: 30 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) =>
    list.map(({ hours: open, mirrored, saturday, check }, at): Resource => {
      const plain = aResource(`room-${at + 1}`, "ROOM", open);
      const extra = { days: [6], start: 480, end: 660, onlyForCompensation: true };
      return {
        ...plain,
        weeklyOpenings: [...plain.weeklyOpenings, ...(saturday ? [extra] : [])],
        ...(mirrored ? { mirrorGroup: "pair" } : {}),
        ...(check === undefined ? {} : { machineCheck: check }),
      };
    }),
  );

const others = ["team-1", "team-2", "bay-1", "bay-2", "scanner"];
const day = { start: 450, end: 960 };

function smallHub(name: string, template: fc.Arbitrary<CourseTemplate>): fc.Arbitrary<SmallHub> {
  return fc
    .record({
      rooms,
      template,
      uses: poolUses,
      taken: fc
        .constantFrom(0, 20, 40)
        .chain((most) =>
          fc.tuple(...["room-1", "room-2", "room-3", ...others].map((id) => spans(id, most))),
        ),
      beam: fc.constantFrom(20, 30),
      beds: fc.constantFrom(1, 2),
      teams: fc.constantFrom(1, 2),
    })
    .map(({ rooms: sites, template: visit, uses, taken, beam, beds, teams }) => {
      const everyDay = (id: string, kind: Resource["kind"]): Resource => ({
        id,
        kind,
        weeklyOpenings: [{ days: [1, 2, 3, 4, 5, 6], ...day }],
      });
      const resources = [
        ...sites,
        ...["team-1", "team-2"].slice(0, teams).map((id) => everyDay(id, "ANAESTHESIA_TEAM")),
        ...["bay-1", "bay-2"].map((id) => everyDay(id, "PACU_BAY")),
        everyDay("scanner", "IMAGING"),
      ];
      const known = new Set(resources.map(({ id }) => id));
      const pools = [
        { id: "beam", kind: "BEAM" as const, capacity: beam, serves: sites.map(({ id }) => id) },
        { id: "ward", kind: "BED" as const, capacity: beds, serves: [] },
      ];
      return {
        document: {
          ...aHubDocument({ resources, pools, templates: [visit] }),
          name: parseHubName(`hubs/${name}`, "name"),
        },
        spans: taken.flat().filter(({ resource }) => known.has(resource)),
        uses,
      };
    });
}

/** Random cases, small enough to be searched exhaustively. */
export const searchCases: fc.Arbitrary<SearchCase> = fc
  .record({
    hubs: fc.tuple(smallHub("north", templates), smallHub("south", templates)),
    hubCount: fc.constantFrom(1, 2),
    main: fc.integer({ min: 1, max: 3 }),
    boost: fc.integer({ min: 0, max: 1 }),
    from: fc.integer({ min: 0, max: 4 }),
    length: fc.integer({ min: 0, max: 4 }),
    underAnaesthesia: fc.boolean(),
    nowHours: fc.constantFrom(-100, -30, 10),
    limit: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ hubs, hubCount, main, boost, from, length, underAnaesthesia, nowHours, limit }) => {
    const readyDate = monday.add({ days: from });
    const plan = aPlan("visit", {
      phases: [
        { phase: "main", sessionCount: main },
        ...(boost === 0 ? [] : [{ phase: "boost", sessionCount: boost }]),
      ],
      readyDate,
      dueDate: readyDate.add({ days: length }),
      underAnaesthesia,
    });
    const nowMinute = midnight + nowHours * 60;
    const now = Temporal.Instant.fromEpochMilliseconds(nowMinute * 60_000);
    return { hubs: hubs.slice(0, hubCount), plan, now, limit };
  });
