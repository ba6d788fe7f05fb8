import { expect, test } from "vitest";
import type { Availability } from "./availability.ts";
import { type CoursePlan, continuing, createDemand, type TimedHub } from "./demand.ts";
import { holdParts } from "./hold.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import type { CourseTemplate, HubDocument, PreparationStep, SessionRules } from "./hub.ts";
import { dayOfDate, instantOfMinute } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { explainRefusal, widened } from "./refusal.ts";

const free: Availability = { busy: new Map(), used: new Map() };

function hubWith(template: Partial<CourseTemplate>, parts: Partial<HubDocument> = {}): TimedHub {
  return aHub({ templates: [aTemplate(template)], ...parts });
}

function sessions(count: number, parts: Partial<CoursePlan> = {}): CoursePlan {
  return aPlan("visit", { phases: [{ phase: "main", sessionCount: count }], ...parts });
}

function planned(hub: TimedHub, asked: CoursePlan, availability = free) {
  const demand = createDemand(hub, asked, testNow);
  const found = planCourse({ demand, availability });
  if (found.kind === "blocked") return undefined;
  const parts = holdParts(demand, found.course);
  return {
    ...parts,
    starts: parts.sessions.map(({ start }) => local(hub, start)),
    makesUp: parts.sessions.map(({ compensation }) => compensation ?? ""),
    sites: parts.sessions.map(({ site }) => site.slice(site.lastIndexOf("/") + 1)),
  };
}

function local(hub: TimedHub, minute: number): string {
  const at = instantOfMinute(minute).toZonedDateTimeISO(hub.document.zone);
  return at.toPlainDateTime().toString({ smallestUnit: "minute" });
}

function busy(hub: TimedHub, day: number, resource: string, hours: [number, number]): Availability {
  const start = hub.time.startOf(dayOfDate(monday) + day);
  const span = { start: start + hours[0] * 60, end: start + hours[1] * 60 };
  return { busy: new Map([[resource, [span]]]), used: new Map() };
}

const room = (minutes: number) => ({
  uses: [{ kind: "ROOM" as const, offsetMinutes: 0, minutes, onlyUnderAnaesthesia: false }],
  beam: undefined,
});

test("the first session of a phase takes the longer time that its template gives it", () => {
  const hub = hubWith({
    phases: [
      {
        id: "main",
        sessionCount: 2,
        sessionCountMin: 1,
        sessionCountMax: 9,
        firstSession: room(90),
      },
      { id: "boost", sessionCount: 2, sessionCountMin: 1, sessionCountMax: 9, session: room(30) },
    ],
  });
  const course = planned(hub, aPlan("visit"));
  expect(course?.sessions.map(({ start, end }) => end - start)).toEqual([90, 60, 30, 30]);
  expect(course?.sessions.map(({ phase }) => phase)).toEqual(["main", "main", "boost", "boost"]);
});

test("two sessions of a day keep their own gap, and the days keep theirs", () => {
  const rules: SessionRules = {
    ...dailyRules,
    sessionsPerDay: 2,
    minGapHours: 12,
    sameDayGapHours: 6,
  };
  const course = planned(hubWith({ rules }), sessions(3));
  expect(course?.starts).toEqual(["2026-02-02T08:00", "2026-02-02T15:00", "2026-02-03T08:00"]);
});

test("children under anaesthesia are treated in the block of the morning", () => {
  const rules = { ...dailyRules, anaesthesiaWindow: { start: 480, end: 660 } };
  const hub = hubWith({ rules });
  const morning = busy(hub, 0, "room-1", [8, 10.5]);
  const taken = new Map([...morning.busy, ["room-2", morning.busy.get("room-1") ?? []]]);
  const asked = sessions(1, { underAnaesthesia: true, dueDate: monday.add({ days: 1 }) });
  const course = planned(hub, asked, { busy: taken, used: new Map() });
  expect(course?.starts).toEqual(["2026-02-03T08:00"]);
  const adult = planned(hub, { ...asked, underAnaesthesia: false }, { ...free, busy: taken });
  expect(adult?.starts).toEqual(["2026-02-02T10:30"]);
});

test("a course changes only between rooms that are mirrored", () => {
  const hub = (mirrorGroup: string) =>
    hubWith(
      { rules: { ...dailyRules, maxGapHours: 24 } },
      {
        resources: [
          { ...aResource("room-1", "ROOM"), mirrorGroup },
          { ...aResource("room-2", "ROOM"), mirrorGroup },
        ],
        pools: [],
      },
    );
  const mirrored = hub("gantries");
  const taken = busy(mirrored, 1, "room-1", [8, 18]);
  expect(planned(mirrored, sessions(3), taken)?.sites).toEqual(["room-1", "room-2", "room-1"]);
  expect(planned(hub(""), sessions(3), taken)?.sites).toEqual(["room-2", "room-2", "room-2"]);
});

const saturdays = (id: string) => ({
  ...aResource(id, "ROOM"),
  weeklyOpenings: [
    { days: [1, 2, 3, 4, 5], start: 480, end: 1080 },
    { days: [6], start: 540, end: 840, onlyForCompensation: true },
  ],
});

test("a day that the hub is closed is made up for on a Saturday, and the course says so", () => {
  const rules: SessionRules = {
    ...dailyRules,
    timeOfDayWindowMinutes: 120,
    prolongationDaysMax: 1,
    compensations: ["EXTRA_DAY"],
  };
  const resources = [saturdays("room-1")];
  const hub = hubWith({ rules }, { resources, pools: [] });
  const wednesday = busy(hub, 2, "room-1", [8, 18]);
  const course = planned(hub, sessions(5), wednesday);
  expect(course?.starts.at(-1)).toBe("2026-02-07T09:00");
  expect(course?.makesUp).toEqual(["", "", "", "", "EXTRA_DAY"]);
  // It ends on Saturday in place of Friday.
  expect(course?.prolongationDays).toBe(1);
});

test("what is kept for lost days is not used while nothing is lost", () => {
  const rules: SessionRules = {
    ...dailyRules,
    timeOfDayWindowMinutes: 120,
    prolongationDaysMax: 2,
    compensations: ["EXTRA_DAY", "SAME_DAY"],
    sameDayGapHours: 6,
  };
  const hub = hubWith({ rules }, { resources: [saturdays("room-1")], pools: [] });
  const course = planned(hub, sessions(8));
  expect(course?.makesUp.every((how) => how === "")).toBe(true);
  expect(course?.starts.at(-1)).toBe("2026-02-11T08:00");
  expect(course?.prolongationDays).toBeUndefined();
});

test("a lost day is made up for by a second session six hours later where no day is free for it", () => {
  const rules: SessionRules = {
    ...dailyRules,
    timeOfDayWindowMinutes: 120,
    prolongationDaysMax: 0,
    compensations: ["SAME_DAY"],
    sameDayGapHours: 6,
  };
  const hub = hubWith({ rules }, { resources: [aResource("room-1", "ROOM")], pools: [] });
  const course = planned(hub, sessions(5), busy(hub, 2, "room-1", [8, 18]));
  expect(course?.makesUp).toEqual(["", "", "", "SAME_DAY", ""]);
  expect(course?.starts.slice(2, 4)).toEqual(["2026-02-05T08:00", "2026-02-05T15:00"]);
  expect(course?.prolongationDays).toBeUndefined();
});

test("a course that would be prolonged by too much is refused with that reason", () => {
  const rules: SessionRules = { ...dailyRules, prolongationDaysMax: 1 };
  const hub = hubWith({ rules }, { resources: [aResource("room-1", "ROOM")], pools: [] });
  const taken = busy(hub, 3, "room-1", [8, 18]);
  const demand = createDemand(hub, sessions(5), testNow);
  const found = planCourse({ demand, availability: taken });
  if (found.kind === "fits") throw new Error("it fits");
  const context = { demand, availability: taken };
  const wide = { demand: widened(demand), availability: taken };
  const refusal = explainRefusal(context, found.failed, wide);
  expect(refusal.reason).toBe("PROLONGATION_TOO_LONG");
  expect(refusal.blockers).toMatchObject([
    { kind: "PROLONGATION_RULE", at: "room-1", sessionNumber: 5 },
  ]);
  expect(refusal.firstPossibleDay).toBe(dayOfDate(monday) + 1);
});

const steps: readonly PreparationStep[] = [
  {
    id: "imaging",
    leadDaysMin: 8,
    leadDaysMax: 12,
    uses: [
      { kind: "IMAGING", offsetMinutes: 0, minutes: 45, onlyUnderAnaesthesia: false },
      { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: true },
    ],
  },
  { id: "planning", leadDaysMin: 3, leadDaysMax: 13, uses: [] },
  {
    id: "quality-assurance",
    leadDaysMin: 1,
    leadDaysMax: 2,
    uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false }],
  },
];

function hubWithPreparation(): TimedHub {
  return hubWith(
    { preparation: steps },
    {
      resources: [
        aResource("room-1", "ROOM"),
        aResource("ct-1", "IMAGING"),
        aResource("team-1", "ANAESTHESIA_TEAM", { start: 480, end: 720 }),
      ],
      pools: [],
    },
  );
}

test("steps of the preparation come before the first session, as late as they may", () => {
  const hub = hubWithPreparation();
  const course = planned(hub, sessions(2, { underAnaesthesia: true }));
  const held = course?.preparation?.map(({ step, start }) => [step, local(hub, start)]);
  expect(held).toEqual([
    ["imaging", "2026-01-21T11:00"],
    ["planning", "2026-01-28T00:00"],
    ["quality-assurance", "2026-01-30T17:00"],
  ]);
  expect(course?.firstDate.toString()).toBe("2026-01-21");
});

test("a course whose preparation does not fit starts later, and a hold that comes too late is told", () => {
  const hub = hubWithPreparation();
  const dueDate = monday.add({ days: 4 });
  const taken = { busy: new Map([["ct-1", [wholeDays(hub, "2026-01-13", "2026-01-22")]]]) };
  const course = planned(hub, sessions(1, { dueDate }), { ...taken, used: new Map() });
  expect(course?.starts).toEqual(["2026-02-04T08:00"]);
  const soon = sessions(1, { readyDate: date("2026-01-08"), dueDate: date("2026-01-09") });
  expect(planned(hub, soon)).toBeUndefined();
});

test("a stay that needs an isotope waits for its order", () => {
  const hub = hubWith(
    { stays: [{ id: "isolation", pool: "isolation", fromDay: 0, days: 3 }] },
    {
      pools: [{ id: "isolation", kind: "BED", capacity: 1, serves: [], isotopeOrderDays: 10 }],
    },
  );
  const asked = sessions(1, { readyDate: date("2026-01-09"), dueDate: date("2026-02-02") });
  // Ten working days after Monday, 5 January, of which 7 January (Christmas) is none: and 5 January itself is free too.
  const course = planned(hub, asked);
  expect(course?.starts[0]?.slice(0, 10)).toBe("2026-01-20");
});

test("beds that are kept for emergencies, and days with fewer of them, are seen", () => {
  const beds = (extra: object) =>
    hubWith(
      { stays: [{ id: "ward", pool: "ward", fromDay: 0, days: 2 }] },
      { pools: [{ id: "ward", kind: "BED", capacity: 1, serves: [], ...extra }] },
    );
  const reserved = beds({ emergencyReserve: 1 });
  expect(planned(reserved, sessions(1))).toBeUndefined();
  const demand = { ...createDemand(reserved, sessions(1), testNow), isEmergency: true };
  expect(planCourse({ demand, availability: free }).kind).toBe("fits");
  const change = { firstDate: monday, lastDate: monday, capacity: 0, reason: "staffing" };
  const asked = sessions(1, { dueDate: monday.add({ days: 3 }) });
  expect(planned(beds({ changes: [change] }), asked)?.starts).toEqual(["2026-02-03T08:00"]);
});

test("the rest of a course goes on at its site, after its gap, at its time of day", () => {
  const hub = hubWith({});
  const day = hub.time.startOf(dayOfDate(monday));
  const asked = sessions(5, { dueDate: monday.add({ days: 3 }) });
  const demand = createDemand(hub, asked, testNow);
  const begun = {
    done: 3,
    last: { end: day + 15 * 60, site: "room-2" },
    firstStart: day - 3 * 1440 + 14 * 60,
  };
  const found = planCourse({ demand: continuing(demand, begun), availability: free });
  if (found.kind === "blocked") throw new Error("it does not fit");
  const rest = holdParts(continuing(demand, begun), found.course).sessions;
  expect(rest.map(({ number, start }) => [number, local(hub, start)])).toEqual([
    [4, "2026-02-03T13:00"],
    [5, "2026-02-04T13:00"],
  ]);
  expect(rest.every(({ site }) => site.endsWith("room-2"))).toBe(true);
});

test("a machine is checked before its first patient", () => {
  const machineCheck = { start: 480, minutes: 45 };
  const hub = hubWith(
    {},
    { resources: [{ ...aResource("room-1", "ROOM"), machineCheck }], pools: [] },
  );
  expect(planned(hub, sessions(1))?.starts).toEqual(["2026-02-02T09:00"]);
});

function date(text: string): Temporal.PlainDate {
  return Temporal.PlainDate.from(text);
}

function wholeDays(hub: TimedHub, first: string, last: string) {
  const start = hub.time.startOf(dayOfDate(date(first)));
  return { start, end: hub.time.startOf(dayOfDate(date(last)) + 1) };
}
