import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { CourseOutcome } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { Course_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { moveClock } from "@carehub/database/clock";
import { toInstant } from "@carehub/grpc/instants";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { bookCase, stopCase } from "../app/case-requests.ts";
import {
  aMessage,
  eventsOf,
  factsOf,
  openTestCapacity,
  requestForCase,
  sweep,
} from "../capacity.builder.ts";
import { aPlan } from "../domain/hub.builder.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { checkCourse } from "../wire/course-checker.builder.ts";
import {
  anExampleHub,
  asExceptionalOpenings,
  readExampleHub,
} from "../wire/example-hub.builder.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { serveCapacity } from "./capacity-server.builder.ts";

/*
 * The whole way of a child whose thirty fractions are torn by two holidays: refused with both, waiting, and held as soon
 * as the hub publishes the openings that the refusal asked for; then begun, a stop asked for and declined.
 */
const capacity = await openTestCapacity();
const { deps, db } = capacity;
const server = await serveCapacity(capacity, ["hub/astana-proton", "ministry/UZ"]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const { hubs, courses } = server.as("hub/astana-proton");
const hub = anExampleHub("astana-proton");
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });
const start = Temporal.PlainDate.from("2026-03-02");
const wire = ({ year, month, day }: Temporal.PlainDate) => ({ year, month, day });
const id = randomUUID() as Uuid;
const name = `courses/${id}`;

test("refuses the course over gRPC with what is missing, and lets it wait", async () => {
  await hubs.publishHub({ hub: create(HubSchema, readExampleHub("astana-proton")), ...command() });
  const plan = {
    ...aPlan("", { readyDate: start, dueDate: start, underAnaesthesia: true }),
    template: "hubs/astana-proton/templates/medulloblastoma",
  };
  await requestForCase(deps, { id, hub: "hubs/astana-proton", plan, priority: "URGENT" });
  await sweep(deps);
  const ministry = server.as("ministry/UZ").courses;
  const { courses: waiting } = await ministry.listCourses({ state: Course_State.WAITLISTED });
  expect(waiting.map((course) => course.name)).toEqual([name]);
  const [course] = waiting;
  expect(course?.waitingSinceTime).toBeDefined();
  expect(course?.unavailable).toMatchObject({ reason: "GAP_TOO_LONG", waitlisted: true });
  expect(
    course?.unavailable?.blockers.map(({ kind, sessionNumber }) => [kind, sessionNumber]),
  ).toEqual([
    ["GAP_RULE", 6],
    ["GAP_RULE", 16],
  ]);
  expect(course?.unavailable?.openings).toHaveLength(6);
});

test("holds it in the same round once the hub publishes exactly these openings", async () => {
  const { course: waiting } = await courses.getCourse({ name });
  const openings = (waiting?.unavailable?.openings ?? []).map(
    ({ resource, startTime = { seconds: 0n, nanos: 0 }, endTime = startTime }) => ({
      resource,
      startAt: toInstant(startTime),
      endAt: toInstant(endTime),
    }),
  );
  const exceptionalOpenings = [
    ...hub.document.exceptionalOpenings,
    ...asExceptionalOpenings(hub, openings),
  ];
  const document = { ...hub.document, exceptionalOpenings };
  const next = toWireHub({ ...hub, document }, hub.createdAt);
  const { hub: published } = await hubs.publishHub({ hub: next, etag: 'W/"1"', ...command() });
  expect(published?.version).toBe(2);
  await sweep(deps);
  const { course } = await courses.getCourse({ name });
  expect(course).toMatchObject({ state: Course_State.HELD, round: 1, firstDate: wire(start) });
  expect(course?.waitingSinceTime).toBeUndefined();
  expect(course?.sessions.map(({ phase }) => phase)).toEqual([
    ...Array.from({ length: 13 }, () => "craniospinal"),
    ...Array.from({ length: 17 }, () => "boost"),
  ]);
  expect(checkCourse(document, course?.certificateDocument ?? "", 30)).toEqual([]);
  expect(await factsOf(db, id)).toEqual(["courseUnavailable", "courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("declines a stop over gRPC, then confirms the next one with what was done", async () => {
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  await moveClock(db, { to: Temporal.Instant.from("2026-03-03T12:00:00Z") });
  await courses.recordAdmission({ name, admissionDate: wire(start), ...command() });
  const { course: planned } = await courses.getCourse({ name });
  for (const { number, startTime, endTime } of planned?.sessions.slice(0, 2) ?? []) {
    await courses.recordSession({
      ...{ name, number, ...command() },
      ...(startTime === undefined ? {} : { startTime }),
      ...(endTime === undefined ? {} : { endTime }),
    });
  }
  await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 3));
  const { course: asked } = await courses.getCourse({ name });
  expect(asked?.stopPending).toMatchObject({ round: 1, reason: "CANCELLED" });
  const decline = { name, reason: "CLINICALLY_UNSAFE", etag: asked?.etag ?? "", ...command() };
  const { course: goesOn } = await courses.declineCourseStop(decline);
  expect(goesOn?.state).toBe(Course_State.IN_TREATMENT);
  expect(goesOn?.stopPending).toBeUndefined();
  expect((await courses.declineCourseStop(decline)).course?.etag).toBe(goesOn?.etag);
  await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 4));
  const discharge = { dischargeDate: wire(start.add({ days: 1 })), outcome: CourseOutcome.STOPPED };
  await courses.dischargePatient({ name, ...discharge, ...command() });
  const ended = (await eventsOf(db, id)).at(-1)?.event;
  expect(ended).toMatchObject({
    case: "courseEnded",
    value: {
      outcome: CourseOutcome.STOPPED,
      deliveredItems: [
        { serviceCode: "proton-planning", quantity: 1 },
        { serviceCode: "proton-fraction", quantity: 2 },
        { serviceCode: "anaesthesia-session", quantity: 2 },
      ],
    },
  });
  expect(await brokenInvariants(db)).toEqual({});
});
