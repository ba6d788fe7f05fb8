import { randomUUID } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasCalendarYear } from "@carehub/calendar/table";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { answerTime, openTestCapacity, requestForCase } from "../capacity.builder.ts";
import {
  aHubDocument,
  aPlan,
  aTemplate,
  dailyRules,
  monday,
  testNow,
} from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import { parseHubName } from "../domain/names.ts";
import { type CapacityReason, capacityReasons } from "../domain/reasons.ts";
import { toWirePlan } from "../wire/course-parts.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const server = await serveCapacity(capacity, ["hub/some-hub"]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const { hubs, courses } = server.as("hub/some-hub");
const name = parseHubName("hubs/some-hub", "name");
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });
const document = aHubDocument({
  name,
  templates: [
    ...aHubDocument().templates,
    // All day in one room.
    aTemplate({
      id: "whole-day",
      uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 600, onlyUnderAnaesthesia: false }],
      sites: ["room-1"],
    }),
    aTemplate({ id: "strict", rules: { ...dailyRules, maxGapHours: 72 } }),
  ],
});

function publish(parts: Partial<HubDocument> = {}, more = {}) {
  const times = { createdAt: testNow, updatedAt: testNow };
  const hub = toWireHub({ document: { ...document, ...parts }, version: 1, ...times }, testNow);
  return hubs.publishHub({ hub, ...command(), ...more });
}
await publish();

type Plan = Parameters<typeof aPlan>[1];

function hold(template = "visit", parts: Plan = {}, answer = {}) {
  const plan = { ...aPlan("", parts), template: `${name}/templates/${template}` };
  const request = { plan: toWirePlan(plan), answerTime: { ...answerTime, ...answer } };
  return courses.holdCourse({ ...request, ...command() });
}

const onDay = (date: Temporal.PlainDate): Plan => ({ readyDate: date, dueDate: date });
const wire = ({ year, month, day }: Temporal.PlainDate) => ({ year, month, day });
const today = Temporal.PlainDate.from("2026-01-05");

async function held(parts: Plan = { dueDate: monday.add({ days: 60 }) }, template = "visit") {
  const { course } = await hold(template, parts);
  return course?.name ?? "";
}

async function booked(parts?: Plan, template?: string): Promise<string> {
  const course = await held(parts, template);
  await courses.bookCourse({ name: course, ...command() });
  return course;
}

async function admitted(template = "visit"): Promise<string> {
  const course = await booked({ readyDate: today }, template);
  await courses.recordAdmission({ name: course, admissionDate: wire(today), ...command() });
  return course;
}

const second = 1_767_580_000n;
const record = (course: string, parts = {}) =>
  courses.recordSession({
    name: course,
    number: 1,
    startTime: { seconds: second, nanos: 0 },
    endTime: { seconds: second + 600n, nanos: 0 },
    ...command(),
    ...parts,
  });
const discharge = (course: string, parts = {}) =>
  courses.dischargePatient({
    name: course,
    dischargeDate: wire(today),
    outcome: 1,
    ...command(),
    ...parts,
  });
const unknown = `courses/${randomUUID()}`;

function lastCalendarYear(): number {
  let year = today.year;
  while (hasCalendarYear("KZ", year + 1)) year += 1;
  return year;
}

/** How each reason comes about over the wire. */
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  HUB_NOT_FOUND: () => hubs.getHub({ name: "hubs/nowhere" }),
  HUB_VERSION_NOT_FOUND: () => hubs.getHub({ name, version: 1000 }),
  HUB_DOCUMENT_INVALID: () => publish({ zone: "Asia/Nowhere" }),
  ETAG_MISMATCH: () => publish({}, { etag: 'W/"7"' }),
  BOOKINGS_IN_THE_WAY: async () => {
    await booked(onDay(monday));
    const when = { firstDate: monday, lastDate: monday, start: 0, end: 1440 };
    const closure = { resources: [], kind: "CLOSURE", reason: "flood", ...when } as const;
    return publish({ closures: [closure] });
  },
  COURSE_NOT_FOUND: () => courses.getCourse({ name: unknown }),
  TIME_TAKEN: async () => {
    const day = onDay(monday.add({ days: 7 }));
    await hold("whole-day", day);
    return hold("whole-day", day);
  },
  POOL_FULL: async () => {
    const day = onDay(monday.add({ days: 7 }));
    for (let taken = 0; taken < 2; taken += 1) await hold("surgery", day);
    return hold("surgery", day);
  },
  HUB_CLOSED: () => hold("visit", onDay(monday.subtract({ days: 1 }))),
  DUE_BEFORE_ANSWER: () => hold("visit", onDay(today.subtract({ days: 3 }))),
  GAP_TOO_LONG: () => {
    const phases = [{ phase: "main", sessionCount: 10 }];
    return hold("strict", { ...onDay(Temporal.PlainDate.from("2026-03-16")), phases });
  },
  TEMPLATE_UNKNOWN: () => hold("none"),
  PLAN_OUTSIDE_TEMPLATE: () => hold("visit", { phases: [{ phase: "boost", sessionCount: 1 }] }),
  CALENDAR_COUNTRY_UNKNOWN: () => hold("visit", {}, { calendars: ["FR"] }),
  COURSE_OF_REFERRAL: async () => {
    const id = randomUUID() as Uuid;
    const plan = { ...aPlan(""), template: `${name}/templates/visit` };
    await requestForCase(capacity.deps, { id, hub: name, plan });
    return courses.bookCourse({ name: `courses/${id}`, ...command() });
  },
  COURSE_NOT_HELD: async () => courses.bookCourse({ name: await booked(), ...command() }),
  COURSE_NOT_BOOKED: async () => {
    const admission = { name: await held(), admissionDate: wire(today) };
    return courses.recordAdmission({ ...admission, ...command() });
  },
  COURSE_STARTED: async () => {
    const course = await admitted();
    return courses.releaseCourse({ name: course, reason: "CANCELLED", ...command() });
  },
  COURSE_NOT_IN_TREATMENT: async () => record(await booked()),
  STOP_NOT_PENDING: async () =>
    courses.declineCourseStop({ name: await admitted(), reason: "OTHER", ...command() }),
  SESSION_ALREADY_RECORDED: async () => {
    const course = await admitted();
    await record(course);
    return record(course);
  },
  SITE_UNKNOWN: async () => record(await admitted(), { site: "room-9" }),
  STAY_UNKNOWN: async () => {
    const stays = [{ stay: "hotel", firstDate: wire(today), days: 1 }];
    return discharge(await admitted("surgery"), { stays });
  },
  TIME_IN_FUTURE: async () =>
    discharge(await admitted(), { dischargeDate: wire(today.add({ days: 1 })) }),
  DATE_RANGE_INVALID: () =>
    hubs.getHubUsage({ name, firstDate: wire(monday), lastDate: wire(today) }),
  PAGE_TOKEN_INVALID: () => courses.listCourses({ pageToken: "rubbish" }),
  // The clock moves last: to the end of the tables of working days, and then past the hub's own validity.
  CALENDAR_YEAR_UNKNOWN: async () => {
    const year = lastCalendarYear();
    await moveClock(capacity.db, { to: Temporal.Instant.from(`${year}-12-01T00:00:00Z`) });
    await publish({ validUntilAt: Temporal.Instant.from(`${year}-12-20T00:00:00Z`) });
    const readyDate = Temporal.PlainDate.from(`${year}-12-05`);
    return hold("visit", { readyDate, dueDate: readyDate.add({ days: 10 }) }, { workingDays: 40 });
  },
  CAPACITY_STALE: async () => {
    const to = Temporal.Instant.from(`${lastCalendarYear()}-12-21T00:00:00Z`);
    await moveClock(capacity.db, { to });
    return hold("visit", { dueDate: Temporal.PlainDate.from(`${lastCalendarYear()}-12-28`) });
  },
};

test.each(Object.keys(calls))("refuses with %s, under the status of the table", async (reason) => {
  const refusal = await refusalOf(calls[reason]?.() ?? Promise.resolve());
  const code = capacityReasons[reason as CapacityReason];
  expect(refusal).toMatchObject({ reason, code, domain: "capacity.carehub" });
});

test("has a way to each reason of the table, here or in a test of its own", () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const others = globSync("**/*.test.ts", { cwd: folder })
    .filter((path) => !path.endsWith("grpc/reasons.int.test.ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"))
    .join();
  const known = new Set(Object.keys(calls));
  const lost = Object.keys(capacityReasons).filter(
    (reason) => !known.has(reason) && !new RegExp(`\\b${reason}\\b`).test(others),
  );
  expect(lost).toEqual([]);
  expect(Object.keys(calls).filter((reason) => !Object.hasOwn(capacityReasons, reason))).toEqual(
    [],
  );
});
