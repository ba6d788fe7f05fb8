import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Course_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { HubService } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { CoursePlanSchema } from "@carehub/contracts/gen/carehub/type/v1/course_plan_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { answerTime, openTestCapacity, requestForCase } from "../capacity.builder.ts";
import { aHubDocument, aPlan, monday } from "../domain/hub.builder.ts";
import { parseHubName } from "../domain/names.ts";
import { toWirePlan } from "../wire/course-parts.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const server = await serveCapacity(capacity, [
  "hub/api-hub",
  "hub/other-hub",
  "ministry/UZ",
  "ministry/KG",
  "operator/registry",
]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const name = parseHubName("hubs/api-hub", "name");
const document = { ...aHubDocument(), name };
const times = { createdAt: document.validUntilAt, updatedAt: document.validUntilAt };
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });
const date = { year: monday.year, month: monday.month, day: monday.day };
const time = { seconds: 1_767_600_000n, nanos: 0 };

function publish() {
  const hub = toWireHub({ document, version: 1, ...times }, capacityTime);
  return server.as("hub/api-hub").hubs.publishHub({ hub, ...command() });
}
const capacityTime = Temporal.Instant.from("2026-01-05T04:00:00Z");
await publish();

function aHold(template = "visit", parts = {}) {
  const plan = { ...aPlan("", parts), template: `${name}/templates/${template}` };
  const request = { plan: toWirePlan(plan), answerTime, ...command() };
  return server.as("hub/api-hub").courses.holdCourse(request);
}

test("shows a hub to every caller, without anything of its courses", async () => {
  for (const identity of ["ministry/UZ", "hub/other-hub", "operator/registry"]) {
    const { hub } = await server.as(identity).hubs.getHub({ name });
    expect(hub).toMatchObject({ name, version: 1, etag: 'W/"1"', zone: "Asia/Almaty" });
    expect(hub?.templates).toHaveLength(3);
  }
  const { hubs } = await server.as("ministry/UZ").hubs.listHubs({ programme: "heart-surgery" });
  expect(hubs.map((hub) => hub.name)).toEqual([name]);
});

test("holds, books and reads a hub's own course, with its certificate", async () => {
  const { course } = await aHold("proton", {
    phases: [{ phase: "main", sessionCount: 3 }],
    dueDate: monday.add({ days: 10 }),
  });
  expect(course).toMatchObject({ state: Course_State.HELD, hub: name, sendingParty: "" });
  expect(course?.sessions).toHaveLength(3);
  const hub = server.as("hub/api-hub").courses;
  const booked = await hub.bookCourse({
    name: course?.name ?? "",
    etag: course?.etag ?? "",
    ...command(),
  });
  expect(booked.course?.state).toBe(Course_State.BOOKED);
  const read = await hub.getCourse({ name: course?.name ?? "" });
  expect(read.course?.certificate?.hash).toBe(course?.certificate?.hash);
  expect(JSON.parse(read.course?.certificateDocument ?? "{}")).toMatchObject({ hub: name });
});

test("names the blocker in the metadata of a refusal", async () => {
  const far = { readyDate: monday.add({ days: 28 }), dueDate: monday.add({ days: 28 }) };
  const sessions = Array.from({ length: 40 }, () => aHold("visit", far).catch((error) => error));
  const errors = (await Promise.all(sessions)).filter((result) => result instanceof CallError);
  // Two rooms of ten hours each.
  expect(errors).toHaveLength(20);
  for (const error of errors) {
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "TIME_TAKEN" });
    expect(error.domain).toBe("capacity.carehub");
    expect(error.metadata).toMatchObject({ kind: "HOLD", session_number: "1" });
  }
});

test("tells nobody else of a course, by any method, before any check of its state", async () => {
  const id = randomUUID() as Uuid;
  const plan = {
    ...aPlan("", { dueDate: monday.add({ days: 60 }) }),
    template: `${name}/templates/visit`,
  };
  await requestForCase(capacity.deps, { id, hub: name, plan });
  const course = `courses/${id}`;
  const unknown = `courses/${randomUUID()}`;
  const stranger = server.as("hub/other-hub").courses;
  const calls = (of: string) => ({
    getCourse: () => stranger.getCourse({ name: of }),
    bookCourse: () => stranger.bookCourse({ name: of, ...command() }),
    releaseCourse: () => stranger.releaseCourse({ name: of, reason: "CANCELLED", ...command() }),
    recordAdmission: () =>
      stranger.recordAdmission({ name: of, admissionDate: date, ...command() }),
    recordSession: () =>
      stranger.recordSession({
        name: of,
        number: 1,
        startTime: time,
        endTime: { ...time, seconds: time.seconds + 600n },
        ...command(),
      }),
    dischargePatient: () =>
      stranger.dischargePatient({ name: of, dischargeDate: date, outcome: 1, ...command() }),
    declineCourseStop: () =>
      stranger.declineCourseStop({ name: of, reason: "OTHER", ...command() }),
  });
  for (const of of [course, unknown]) {
    for (const call of Object.values(calls(of))) {
      expect(await refusalOf(call())).toMatchObject({
        code: "NOT_FOUND",
        reason: "COURSE_NOT_FOUND",
      });
    }
  }
  const covered = [...Object.keys(calls("")), "holdCourse", "listCourses"];
  expect(covered.toSorted()).toEqual(
    CourseService.methods.map(({ localName }) => localName).toSorted(),
  );
  const kyrgyzstan = server.as("ministry/KG").courses;
  expect((await refusalOf(kyrgyzstan.getCourse({ name: course }))).code).toBe("NOT_FOUND");
  const uzbekistan = server.as("ministry/UZ").courses;
  expect((await uzbekistan.getCourse({ name: course })).course?.sendingParty).toBe("parties/UZ");
  expect((await uzbekistan.listCourses({})).courses.map((listed) => listed.name)).toEqual([course]);
  expect((await kyrgyzstan.listCourses({})).courses).toEqual([]);
  expect((await stranger.listCourses({})).courses).toEqual([]);
  const own = server.as("hub/api-hub").courses;
  const directed = await refusalOf(own.bookCourse({ name: course, ...command() }));
  expect(directed.reason).toBe("COURSE_OF_REFERRAL");
});

test("keeps a hub's document and usage from other hubs, and each method to its roles", async () => {
  const hub = toWireHub({ document, version: 1, ...times }, capacityTime);
  const stranger = server.as("hub/other-hub").hubs;
  expect((await refusalOf(stranger.publishHub({ hub, ...command() }))).reason).toBe(
    "HUB_NOT_FOUND",
  );
  const range = { name, firstDate: date, lastDate: date };
  expect((await refusalOf(stranger.getHubUsage(range))).reason).toBe("HUB_NOT_FOUND");
  expect((await refusalOf(stranger.getHub({ name: "hubs/nowhere" }))).reason).toBe("HUB_NOT_FOUND");
  const ministry = server.as("ministry/UZ");
  expect((await refusalOf(ministry.hubs.getHubUsage(range))).code).toBe("PERMISSION_DENIED");
  expect((await refusalOf(ministry.hubs.publishHub({ hub, ...command() }))).code).toBe(
    "PERMISSION_DENIED",
  );
  const plan = toWirePlan({ ...aPlan(""), template: `${name}/templates/visit` });
  const held = ministry.courses.holdCourse({ plan, answerTime, ...command() });
  expect((await refusalOf(held)).code).toBe("PERMISSION_DENIED");
  expect(HubService.methods).toHaveLength(4);
  expect((await server.as("operator/registry").hubs.getHubUsage(range)).resources).toHaveLength(7);
});

test("pages through courses once each, and refuses the token of another query", async () => {
  const own = server.as("hub/api-hub").courses;
  for (const days of [40, 41, 42]) {
    await aHold("visit", {
      readyDate: monday.add({ days }),
      dueDate: monday.add({ days: days + 5 }),
    });
  }
  const names: string[] = [];
  let pageToken = "";
  do {
    const page = await own.listCourses({ pageSize: 2, pageToken, state: Course_State.HELD });
    names.push(...page.courses.map((course) => course.name));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const all = await own.listCourses({ pageSize: 200, state: Course_State.HELD });
  expect(names).toEqual(all.courses.map((course) => course.name));
  expect(new Set(names).size).toBe(names.length);
  const { nextPageToken } = await own.listCourses({ pageSize: 1, state: Course_State.HELD });
  for (const token of [nextPageToken, "rubbish"]) {
    const refused = await refusalOf(own.listCourses({ pageSize: 1, pageToken: token }));
    expect(refused).toMatchObject({ code: "INVALID_ARGUMENT", reason: "PAGE_TOKEN_INVALID" });
  }
  expect((await refusalOf(own.listCourses({ pageSize: -1 }))).code).toBe("INVALID_ARGUMENT");
});

test("refuses dates that do not exist and answer times of unknown countries", async () => {
  const { $typeName: _, ...plan } = create(
    CoursePlanSchema,
    toWirePlan({ ...aPlan(""), template: `${name}/templates/visit` }),
  );
  const own = server.as("hub/api-hub").courses;
  const readyDate = { year: 2026, month: 2, day: 30 };
  const dates = own.holdCourse({ plan: { ...plan, readyDate }, answerTime, ...command() });
  expect(await refusalOf(dates)).toMatchObject({ reason: "INVALID_FIELD" });
  const later = { ...plan, dueDate: { year: 2026, month: 6, day: 30 } };
  const from = (calendars: string[]) =>
    own.holdCourse({ plan: later, answerTime: { ...answerTime, calendars }, ...command() });
  expect((await refusalOf(from(["FR"]))).reason).toBe("CALENDAR_COUNTRY_UNKNOWN");
});
