import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { answerTime, openTestCapacity, requestForCase } from "../capacity.builder.ts";
import { aHubDocument, aPlan, aTemplate, dailyRules, testNow } from "../domain/hub.builder.ts";
import { parseHubName } from "../domain/names.ts";
import { type CapacityReason, capacityReasons } from "../domain/reasons.ts";
import { toWirePlan } from "../wire/course-parts.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const identities = ["hub/change-hub", "hub/other-hub", "ministry/UZ"];
const server = await serveCapacity(capacity, identities);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const { hubs, courses, changes } = server.as("hub/change-hub");
const name = parseHubName("hubs/change-hub", "name");
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });
const bounded = aTemplate({ rules: { ...dailyRules, prolongationDaysMax: 1 } });
const document = { ...aHubDocument({ templates: [bounded] }), name, partyHoldsMax: 1 };
const times = { createdAt: testNow, updatedAt: testNow };
await hubs.publishHub({
  hub: toWireHub({ document, version: 1, ...times }, testNow),
  ...command(),
});

const date = (month: number, day: number) => ({ year: 2026, month, day });
const february = [date(2, 2), date(2, 27)] as const;
const planOf = (sessionCount: number, from = "2026-01-06") => {
  const readyDate = Temporal.PlainDate.from(from);
  const phases = [{ phase: "main", sessionCount }];
  const dates = { readyDate, dueDate: Temporal.PlainDate.from("2026-02-27") };
  return { ...aPlan("", { phases, ...dates }), template: `${name}/templates/visit` };
};

async function held(sessionCount = 3, from?: string): Promise<string> {
  const request = { plan: toWirePlan(planOf(sessionCount, from)), answerTime };
  const { course } = await courses.holdCourse({ ...request, ...command() });
  return course?.name ?? "";
}

async function admitted(): Promise<string> {
  const course = await held();
  await courses.bookCourse({ name: course, ...command() });
  const admissionDate = date(1, 5);
  await courses.recordAdmission({ name: course, admissionDate, ...command() });
  return course;
}

const referral = randomUUID() as Uuid;
await requestForCase(capacity.deps, { id: referral, hub: name, plan: planOf(1) });
const ofReferral = `courses/${referral}`;

const move = (course: string, parts = {}) =>
  changes.moveCourse({
    ...{ name: course, reason: "HUB_REQUEST", ...command() },
    ...{ notBeforeDate: february[0], notAfterDate: february[1], ...parts },
  });
const extend = (course: string, workingDays = 1) =>
  changes.extendHold({ name: course, workingDays, ...command() });
const interrupt = (course: string) =>
  changes.interruptCourse({ name: course, reason: "STAFF", sinceDate: date(1, 5), ...command() });
const resume = (course: string, parts = {}) =>
  changes.resumeCourse({
    ...{ name: course, readyDate: february[0], dueDate: february[1], ...command() },
    ...parts,
  });
const postpone = (course: string, parts = {}) =>
  changes.postponeSession({
    ...{ name: course, number: 2, reason: "PATIENT_UNWELL", ...command() },
    ...parts,
  });

/** How each reason of these commands comes about over the wire. */
const calls: Partial<Record<CapacityReason, () => Promise<unknown>>> = {
  COURSE_NOT_FOUND: () => move(`courses/${randomUUID()}`),
  ETAG_MISMATCH: async () => move(await held(), { etag: 'W/"9"' }),
  COURSE_NOT_MOVABLE: async () => {
    const course = await held();
    await courses.releaseCourse({ name: course, reason: "CANCELLED", ...command() });
    return move(course);
  },
  MOVE_BEYOND_PLAN: () => move(ofReferral, { notAfterDate: date(2, 28) }),
  HUB_CLOSED: async () =>
    move(await held(1), { notBeforeDate: date(2, 1), notAfterDate: date(2, 1) }),
  COURSE_OF_REFERRAL: () => extend(ofReferral),
  HOLD_EXTENSION_LIMIT: async () => extend(await held(), 10),
  COURSE_NOT_IN_TREATMENT: async () => interrupt(await held()),
  SESSION_NOT_PLANNED: async () => postpone(await held(), { number: 9 }),
  SESSION_NOT_REBOOKABLE: async () =>
    postpone(await held(3, "2026-02-02"), { number: 3, rebookByDate: date(2, 4) }),
  COURSE_NOT_INTERRUPTED: async () => resume(await admitted()),
  PROLONGATION_TOO_LONG: async () => {
    const course = await admitted();
    await moveClock(capacity.db, { to: Temporal.Instant.from("2026-01-06T12:00:00Z") });
    const { course: now } = await courses.getCourse({ name: course });
    const [first] = now?.sessions ?? [];
    const session = { number: 1, startTime: first?.startTime, endTime: first?.endTime };
    await courses.recordSession({ name: course, ...session, ...command() });
    await interrupt(course);
    return resume(course);
  },
  SESSIONS_NOT_RECORDED: async () => {
    const course = await admitted();
    const { course: now } = await courses.getCourse({ name: course });
    const seconds = now?.sessions.at(-1)?.endTime?.seconds ?? 0n;
    const to = Temporal.Instant.fromEpochMilliseconds(Number(seconds) * 1_000);
    await moveClock(capacity.db, { to });
    return move(course);
  },
};

test.each(Object.keys(calls))("refuses with %s, under the status of the table", async (reason) => {
  const refusal = await refusalOf(calls[reason as CapacityReason]?.() ?? Promise.resolve());
  const code = capacityReasons[reason as CapacityReason];
  expect(refusal).toMatchObject({ reason, code, domain: "capacity.carehub" });
});

test("gives a repeated command its first answer, and a dry run none that stays", async () => {
  const course = await held();
  const before = await courses.getCourse({ name: course });
  const asked = await move(course, { dryRun: true });
  expect(asked.changes.length).toBeGreaterThan(0);
  expect(asked.course?.firstDate).toMatchObject(february[0]);
  expect(await courses.getCourse({ name: course })).toEqual(before);
  const again = { requestId: randomUUID() };
  const moved = await move(course, again);
  expect(await move(course, again)).toEqual(moved);
  expect(moved.course?.releaseTime).toEqual(before.course?.releaseTime);
  const { course: extended } = await extend(course, 2);
  const seconds = (time?: { seconds: bigint }) => time?.seconds ?? 0n;
  expect(seconds(extended?.releaseTime)).toBeGreaterThan(seconds(moved.course?.releaseTime));
});

test("postpones a session, and answers the course with what is different", async () => {
  const course = await held(3, "2026-02-09");
  const { course: before } = await courses.getCourse({ name: course });
  const { course: after, changes: told } = await postpone(course, { number: 3 });
  expect(after?.sessions).toHaveLength(3);
  expect(told).toHaveLength(1);
  expect(after?.sessions[2]?.startTime).not.toEqual(before?.sessions[2]?.startTime);
  expect(after?.sessions.slice(0, 2)).toEqual(before?.sessions.slice(0, 2));
});

test("tells a stranger nothing of a course, however the request was written", async () => {
  const { changes: stranger } = server.as("hub/other-hub");
  const dates = { readyDate: february[1], dueDate: february[0] };
  const request = { name: ofReferral, ...dates, ...command() };
  expect((await refusalOf(stranger.resumeCourse(request))).reason).toBe("COURSE_NOT_FOUND");
  const postponed = { name: ofReferral, number: 1, reason: "STAFF", ...command() };
  expect((await refusalOf(stranger.postponeSession(postponed))).reason).toBe("COURSE_NOT_FOUND");
  const own = await refusalOf(changes.resumeCourse({ ...request, ...command() }));
  expect(own).toMatchObject({ code: "INVALID_ARGUMENT" });
});

test("hides a course from every other hub, and its commands from ministries", async () => {
  const { changes: stranger } = server.as("hub/other-hub");
  const { changes: ministry } = server.as("ministry/UZ");
  const request = { name: ofReferral, workingDays: 1, ...command() };
  expect((await refusalOf(stranger.extendHold(request))).reason).toBe("COURSE_NOT_FOUND");
  expect((await refusalOf(ministry.extendHold(request))).code).toBe("PERMISSION_DENIED");
});
