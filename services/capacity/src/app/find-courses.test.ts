import { must } from "@carehub/rules/fault";
import { expect, test } from "vitest";
import { answerByOf, releaseOf } from "../domain/hold.ts";
import {
  aHubDocument,
  aPlan,
  aResource,
  aTemplate,
  dailyRules,
  monday,
  testNow,
} from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import { createHubTime, dayOfDate, minuteOfInstant } from "../domain/hub-time.ts";
import { parseHubName } from "../domain/names.ts";
import { createHubIndex, type HubTaken } from "../domain/search-index.ts";
import { type FindQuery, searchHubs, workedOutOf } from "./find-courses.ts";

const nothing: HubTaken = { spans: new Map(), poolUses: new Map(), buckets: [] };

function indexed(id: string, parts: Partial<HubDocument> = {}, taken = nothing) {
  const name = parseHubName(`hubs/${id}`, "name");
  const document = {
    ...aHubDocument({
      resources: [aResource("room-1", "ROOM", { start: 480, end: 720 })],
      pools: [],
      templates: [aTemplate({ rules: { ...dailyRules, gridMinutes: 60 } })],
      ...parts,
    }),
    name,
  };
  const time = createHubTime(document);
  const hub = { document, version: 4, createdAt: testNow, updatedAt: testNow, time };
  return [name as string, { index: createHubIndex(hub, taken), plans: new Map() }] as const;
}

const { template: _, ...plan } = aPlan("visit", { dueDate: monday.add({ days: 11 }) });
const query: FindQuery = {
  programme: "proton-therapy",
  templates: [],
  hubs: [],
  plan,
  priority: "ROUTINE",
  limit: 3,
};
const at = { at: testNow, remainingMs: 10_000 };
const minuteOf = (hours: number) => {
  const { time } = must(indexed("clock")[1].index.hub, "it has a hub");
  return time.startOf(dayOfDate(monday)) + hours * 60;
};

test("answers by the first session's start, then by hub, with the version that it was planned on", () => {
  const hubs = new Map([indexed("south"), indexed("north")]);
  const { courses, without } = searchHubs(hubs, query, at);
  expect(courses.map(({ hub, sessions }) => [hub, sessions[0]?.start])).toEqual([
    ["hubs/north", minuteOf(8)],
    ["hubs/south", minuteOf(8)],
    ["hubs/north", minuteOf(9)],
  ]);
  expect(courses[0]).toMatchObject({
    template: "hubs/north/templates/visit",
    capacityVersion: 4,
    urgentOnly: false,
  });
  expect(without).toEqual([]);
});

test("looks at named templates and hubs alone", () => {
  const hubs = new Map([indexed("south"), indexed("north")]);
  const templates = ["hubs/south/templates/visit", "hubs/north/templates/gone"];
  const named = searchHubs(hubs, { ...query, programme: "", templates }, at);
  expect(new Set(named.courses.map(({ hub }) => hub))).toEqual(new Set(["hubs/south"]));
  expect(named.without).toEqual([
    { hub: "hubs/north", template: "hubs/north/templates/gone", reason: "TEMPLATE_UNKNOWN" },
  ]);
  const ofNorth = searchHubs(hubs, { ...query, hubs: ["hubs/north"] }, at);
  expect(new Set(ofNorth.courses.map(({ hub }) => hub))).toEqual(new Set(["hubs/north"]));
});

test("says of a course that only an urgent one may have it", () => {
  const reserve = { kind: "ROOM" as const, minutesPerWeek: 1_080, fullDays: 2, openDays: 0 };
  // Of the twenty hours of the room in a week 18 are kept: a routine course finds one where two are taken.
  const spans = [8, 9].map((hours) => {
    return { resource: "room-1", start: minuteOf(hours), end: minuteOf(hours + 1) };
  });
  const taken = { ...nothing, spans: new Map([["other", spans]]) };
  const hubs = new Map([indexed("kept", { urgentReserves: [reserve] }, taken)]);
  const monday8 = { ...plan, dueDate: monday };
  const urgent = searchHubs(hubs, { ...query, plan: monday8, priority: "URGENT" }, at);
  expect(urgent.courses.map(({ urgentOnly }) => urgentOnly)).toEqual([true, true]);
  const routine = searchHubs(hubs, { ...query, plan: monday8 }, at);
  expect(routine.courses).toEqual([]);
  expect(routine.without).toEqual([
    { hub: "hubs/kept", template: "hubs/kept/templates/visit", reason: "NOTHING_FREE" },
  ]);
  const nextWeek = { ...plan, readyDate: monday.add({ days: 7 }) };
  const free = searchHubs(hubs, { ...query, plan: nextWeek, priority: "URGENT" }, at);
  expect(free.courses.map(({ urgentOnly }) => urgentOnly)).toEqual([false, false, false]);
});

const answerTime = { workingDays: 5, calendars: ["UZ", "KZ"], graceHours: 24, clause: "" };
const soon = { readyDate: Temporal.PlainDate.from("2026-01-05"), dueDate: monday };

test("nothing of a case's course lies before its hold's release; a search for one after the other finds as alone", () => {
  const phases = [{ phase: "main", sessionCount: 3 }];
  const own = { ...query, plan: { ...plan, ...soon, phases } };
  const ofCase = { ...own, answerTime };
  const startsOf = (hubs: Parameters<typeof searchHubs>[0], asked: FindQuery) =>
    searchHubs(hubs, asked, at).courses.map(({ sessions }) => sessions.map(({ start }) => start));
  const alone = (asked: FindQuery) => startsOf(new Map([indexed("alone")]), asked);
  const both = new Map([indexed("alone")]);
  expect(startsOf(both, ofCase)).toEqual(alone(ofCase));
  expect(startsOf(both, own)).toEqual(alone(own));
  expect(startsOf(both, ofCase)).toEqual(alone(ofCase));
  const releaseAt = minuteOfInstant(releaseOf(answerByOf(answerTime, testNow)));
  expect(alone(ofCase)).toHaveLength(3);
  expect(Math.min(...alone(ofCase).flat())).toBeGreaterThanOrEqual(releaseAt);
  expect(Math.max(...alone(own).flat())).toBeLessThan(releaseAt);
});

test("for a case, what is kept for urgent courses is what is kept today, not on the day of the release", () => {
  const reserve = { kind: "ROOM" as const, minutesPerWeek: 1_080, fullDays: 2, openDays: 0 };
  const hubs = new Map([indexed("kept", { urgentReserves: [reserve] })]);
  const releaseDay = releaseOf(answerByOf(answerTime, testNow))
    .toZonedDateTimeISO("Asia/Almaty")
    .toPlainDate();
  const inWeek = { readyDate: releaseDay, dueDate: releaseDay.add({ days: 2 }) };
  const ofCase = { ...query, plan: { ...plan, ...inWeek }, answerTime };
  expect(searchHubs(hubs, ofCase, at).courses).toEqual([]);
  expect(searchHubs(hubs, { ...ofCase, priority: "URGENT" }, at).courses).toHaveLength(3);
});

test("what a search leaves for the next is counted: free times, and what follows from them", () => {
  const hubs = new Map([indexed("north")]);
  const asked = { ...query, plan: { ...plan, phases: [{ phase: "main", sessionCount: 3 }] } };
  const counted = (one: FindQuery) => {
    searchHubs(hubs, one, at);
    return workedOutOf(hubs);
  };
  const first = counted(asked);
  expect(first).toBeGreaterThan(0);
  expect(counted(asked)).toBe(first);
  const days = hubs.get("hubs/north")?.index.daysWorkedOut();
  expect(counted({ ...asked, priority: "EMERGENCY" })).toBeGreaterThan(first);
  expect(hubs.get("hubs/north")?.index.daysWorkedOut()).toBe(days);
});
