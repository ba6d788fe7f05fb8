import { expect, test } from "vitest";
import { checkCourse } from "../wire/course-checker.builder.ts";
import type { Availability } from "./availability.ts";
import { certificateDocument } from "./certificate.ts";
import { type CoursePlan, createDemand, startingFrom, type TimedHub } from "./demand.ts";
import { holdParts } from "./hold.ts";
import {
  aHub,
  aPlan,
  aTemplate,
  dailyRules,
  monday,
  protonTemplate,
  surgeryTemplate,
  testNow,
} from "./hub.builder.ts";
import { dayOfDate, instantOfMinute } from "./hub-time.ts";
import { planCourse } from "./planner.ts";

const nothingTaken: Availability = { busy: new Map(), used: new Map() };

function plan(
  hub: TimedHub,
  asked: CoursePlan,
  { availability = nothingTaken, from = testNow } = {},
) {
  const demand = startingFrom(createDemand(hub, asked, testNow), from);
  const found = planCourse({ demand, availability });
  if (found.kind === "blocked") return { found, starts: [], sites: [], problems: ["blocked"] };
  const parts = holdParts(demand, found.course);
  const text = certificateDocument({ course: "courses/test", hub, demand, ...parts });
  return {
    found,
    parts,
    starts: parts.sessions.map(({ start }) => local(hub, start)),
    sites: parts.sessions.map(({ site }) => site.slice(site.lastIndexOf("/") + 1)),
    problems: checkCourse(hub.document, text, demand.phases.length),
  };
}

function local(hub: TimedHub, minute: number): string {
  const time = instantOfMinute(minute).toZonedDateTimeISO(hub.document.zone);
  return time.toPlainDateTime().toString({ smallestUnit: "minute" });
}

/** Busy from one hour to another of that Monday, in the hub's zone. */
function busyOnMonday(
  hub: TimedHub,
  resources: readonly string[],
  hours: readonly [number, number],
) {
  const start = hub.time.startOf(dayOfDate(monday));
  const span = { start: start + hours[0] * 60, end: start + hours[1] * 60 };
  return { busy: new Map(resources.map((id) => [id, [span]])), used: new Map() };
}

test("places a single session at the first opening of the ready date", () => {
  const { starts, sites, problems } = plan(aHub(), aPlan("visit"));
  expect(starts).toEqual(["2026-02-02T08:00"]);
  expect(sites).toEqual(["room-1"]);
  expect(problems).toEqual([]);
});

test("takes the other room when the first is taken", () => {
  const hub = aHub();
  const { sites } = plan(hub, aPlan("visit"), {
    availability: busyOnMonday(hub, ["room-1"], [8, 18]),
  });
  expect(sites).toEqual(["room-2"]);
});

test("puts the sessions on consecutive working days at about one time of day", () => {
  const phases = [{ phase: "main", sessionCount: 6 }];
  const { starts, problems } = plan(aHub(), aPlan("visit", { phases }));
  expect(starts.map((start) => start.slice(0, 10))).toEqual([
    "2026-02-02",
    "2026-02-03",
    "2026-02-04",
    "2026-02-05",
    "2026-02-06",
    "2026-02-09",
  ]);
  expect(problems).toEqual([]);
});

test("keeps the whole course in one room although another is free earlier on one day", () => {
  const hub = aHub();
  const phases = [{ phase: "main", sessionCount: 5 }];
  const { sites, problems } = plan(
    hub,
    aPlan("visit", { phases, dueDate: monday.add({ days: 4 }) }),
    { availability: busyOnMonday(hub, ["room-1"], [8, 17]) },
  );
  expect(new Set(sites)).toEqual(new Set(["room-2"]));
  expect(problems).toEqual([]);
});

test("gives a session under anaesthesia a team and a bay with their offsets", () => {
  const { parts, problems } = plan(aHub(), aPlan("proton", { underAnaesthesia: true }));
  const [session] = parts?.sessions ?? [];
  const uses = session?.uses.map(({ resource, start, end }) => ({
    resource: resource.split("/").at(-1),
    from: start - session.start,
    to: end - session.start,
  }));
  expect(uses).toEqual([
    { resource: "room-1", from: 15, to: 45 },
    { resource: "team-1", from: 0, to: 60 },
    { resource: "bay-1", from: 60, to: 120 },
  ]);
  expect(problems).toEqual([]);
});

test("leaves out team and bay where there is no anaesthesia", () => {
  const { parts } = plan(aHub(), aPlan("proton"));
  expect(parts?.sessions[0]?.uses).toHaveLength(1);
});

test("waits for the beam that the rooms share", () => {
  const hub = aHub();
  const bucket = (hub.time.startOf(dayOfDate(monday)) + 8 * 60) / 30;
  const used = new Map([
    [
      "beam",
      new Map([
        [bucket, 18],
        [bucket + 1, 18],
      ]),
    ],
  ]);
  const { starts } = plan(hub, aPlan("proton"), { availability: { busy: new Map(), used } });
  expect(starts).toEqual(["2026-02-02T09:00"]);
});

test("begins no session before the earliest time, and no stay before its day", () => {
  const template = {
    ...surgeryTemplate,
    stays: [{ id: "ward", pool: "ward", fromDay: -2, days: 5 }],
  };
  const hub = aHub({ templates: [aTemplate(), template] });
  const dates = { dueDate: monday.add({ days: 14 }) };
  const from = Temporal.Instant.from("2026-02-10T06:10:00Z");
  expect(plan(hub, aPlan("visit", dates), { from }).starts).toEqual(["2026-02-10T11:30"]);
  const { parts, starts, problems } = plan(hub, aPlan("surgery", dates), { from });
  expect(starts).toEqual(["2026-02-12T08:00"]);
  expect(parts?.firstDate.toString()).toBe("2026-02-10");
  expect(problems).toEqual([]);
  expect(plan(hub, aPlan("visit"), { from }).found.kind).toBe("blocked");
});

test("treats twice a day with the least gap between the two", () => {
  const rules = { ...dailyRules, minGapHours: 6, sessionsPerDay: 2 };
  const hub = aHub({ templates: [aTemplate({ rules })] });
  const phases = [{ phase: "main", sessionCount: 4 }];
  const { starts, problems } = plan(hub, aPlan("visit", { phases }));
  expect(starts).toEqual([
    "2026-02-02T08:00",
    "2026-02-02T15:00",
    "2026-02-03T08:00",
    "2026-02-03T15:00",
  ]);
  expect(problems).toEqual([]);
});

test("keeps the number of sessions per week", () => {
  const rules = { ...dailyRules, sessionsPerWeek: 2, maxGapHours: 150 };
  const hub = aHub({ templates: [aTemplate({ rules })] });
  const phases = [{ phase: "main", sessionCount: 4 }];
  const { starts, problems } = plan(hub, aPlan("visit", { phases }));
  expect(starts.map((start) => start.slice(8, 10))).toEqual(["02", "03", "09", "10"]);
  expect(problems).toEqual([]);
});

test("starts an operation on the first day with beds for the whole stay", () => {
  const hub = aHub();
  const day = dayOfDate(monday);
  const used = new Map([["picu", new Map([[day + 1, 2]])]]);
  const asked = aPlan("surgery", { dueDate: monday.add({ days: 3 }) });
  const { parts, problems } = plan(hub, asked, { availability: { busy: new Map(), used } });
  expect(parts?.firstDate.toString()).toBe("2026-02-04");
  expect(parts?.lastDate.toString()).toBe("2026-02-11");
  expect(problems).toEqual([]);
});

test("moves the ward behind a longer stay in intensive care", () => {
  const stays = [
    { stay: "intensive-care", days: 5 },
    { stay: "ward", days: 4 },
  ];
  const { parts } = plan(aHub(), aPlan("surgery", { stays }));
  expect(parts?.stays.map(({ firstDate }) => firstDate.toString())).toEqual([
    "2026-02-02",
    "2026-02-07",
  ]);
  expect(parts?.serviceItems).toEqual([
    { serviceCode: "heart-surgery", quantity: 1 },
    { serviceCode: "intensive-care-day", quantity: 5 },
    { serviceCode: "ward-day", quantity: 4 },
  ]);
});

test("plans thirty sessions with four resources each within some milliseconds", () => {
  const phases = [{ phase: "main", sessionCount: 30 }];
  const asked = aPlan("proton", { phases, underAnaesthesia: true });
  const hub = aHub({ templates: [protonTemplate] });
  plan(hub, asked);
  const before = performance.now();
  const { problems } = plan(aHub({ templates: [protonTemplate] }), asked);
  expect(problems).toEqual([]);
  expect(performance.now() - before).toBeLessThan(100);
});

test("offers nothing where the country's working days are not known", () => {
  const readyDate = Temporal.PlainDate.from("2040-02-06");
  const { found } = plan(aHub(), aPlan("visit", { readyDate, dueDate: readyDate }));
  expect(found.kind).toBe("blocked");
});
