import { CourseOutcome } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { RecordedSession_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { moveClock, now } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { aBooked } from "../app/floor.builder.ts";
import { factsOf } from "../capacity.builder.ts";
import { monday } from "../domain/hub.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";
import {
  command,
  course,
  missed,
  openFloor,
  outcomesOf,
  took,
  wednesday,
  wire,
} from "./floor.builder.ts";

const { capacity, hub, treated } = await openFloor();
const { deps, db } = capacity;
const server = await serveCapacity(capacity, ["hub/floor", "hub/other"]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const floor = server.as("hub/floor");

function correctOf(id: Uuid) {
  const asked = { name: course(id), number: 1, reason: "WRONG_TIME", ...command() };
  return floor.sessions.correctSession(asked);
}

test("shows what was corrected with its reason, and refuses under the statuses of the table", async () => {
  const id = await treated();
  const nothing = await refusalOf(correctOf(id));
  expect(nothing).toMatchObject({
    reason: "NOTHING_RECORDED",
    code: capacityReasons.NOTHING_RECORDED,
  });
  await floor.sessions.recordSessions({ entries: [took(id)], ...command() });
  await correctOf(id);
  await floor.sessions.recordSessions({ entries: [took(id, 1, { site: "room-2" })], ...command() });
  const shown = await floor.courses.getCourse({ name: course(id) });
  const { DELIVERED, ENTERED_IN_ERROR } = RecordedSession_State;
  expect(shown.course?.recordedSessions).toMatchObject([
    { number: 1, state: DELIVERED, site: "hubs/floor/resources/room-2", correctionReason: "" },
    { number: 1, state: ENTERED_IN_ERROR, correctionReason: "WRONG_TIME" },
  ]);
  const stranger = server.as("hub/other").sessions;
  const foreign = { name: course(id), number: 1, reason: "OTHER", ...command() };
  expect((await refusalOf(stranger.correctSession(foreign))).reason).toBe("COURSE_NOT_FOUND");
  const { results } = await stranger.recordSessions({ entries: [took(id, 2)], ...command() });
  expect(outcomesOf({ results })).toEqual(["COURSE_NOT_FOUND"]);
  const discharge = {
    name: course(id),
    dischargeDate: wire(wednesday),
    outcome: CourseOutcome.COMPLETED,
    ...command(),
  };
  await floor.courses.dischargePatient(discharge);
  expect(await refusalOf(correctOf(id))).toMatchObject({
    reason: "COURSE_ENDED",
    code: capacityReasons.COURSE_ENDED,
  });
});

test("ends the corrections of a course at a number", async () => {
  const id = await treated();
  await floor.sessions.recordSessions({ entries: [took(id)], ...command() });
  await correctOf(id);
  await db.run(
    "test-correct-often",
    `update course set facts = jsonb_set(facts, '{inError}', (
       select jsonb_agg(entry) from (
         select facts->'inError'->0 as entry from generate_series(1, 200)) as many)) where id = $1`,
    [id],
  );
  await floor.sessions.recordSessions({ entries: [took(id)], ...command() });
  expect(await refusalOf(correctOf(id))).toMatchObject({
    reason: "CORRECTION_LIMIT_REACHED",
    code: capacityReasons.CORRECTION_LIMIT_REACHED,
    metadata: { corrections_max: "200" },
  });
});

test("lists the day of the caller's own hub in pages, and a missed session as it was planned", async () => {
  await Promise.all([treated(), treated(), treated()]);
  const date = wire(wednesday);
  const all = await floor.sessions.listSessions({ hub: hub.name, date, pageSize: 200 });
  expect(all.date).toMatchObject(date);
  const ofToday = await floor.sessions.listSessions({ hub: hub.name });
  const today = (await now(db)).toZonedDateTimeISO(hub.document.zone).toPlainDate();
  expect(ofToday.date).toMatchObject({ year: today.year, month: today.month, day: today.day });
  const first = await floor.sessions.listSessions({ hub: hub.name, date, pageSize: 1 });
  const page = { hub: hub.name, pageSize: 199, pageToken: first.nextPageToken };
  const rest = await floor.sessions.listSessions({ ...page, date });
  expect([...first.sessions, ...rest.sessions]).toEqual(all.sessions);
  expect(all.sessions.length).toBeGreaterThan(1);
  const other = { ...page, date: wire(monday) };
  expect((await refusalOf(floor.sessions.listSessions(other))).reason).toBe("PAGE_TOKEN_INVALID");
  const stranger = server.as("hub/other").sessions.listSessions({ hub: hub.name, date });
  expect((await refusalOf(stranger)).reason).toBe("HUB_NOT_FOUND");
  const line = all.sessions.find(({ records }) => records.length === 0);
  const id = (line?.course.slice("courses/".length) ?? "") as Uuid;
  await floor.sessions.recordSessions({ entries: [missed(id, line?.number)], ...command() });
  const again = await floor.sessions.listSessions({ hub: hub.name, date, pageSize: 200 });
  const shown = again.sessions.find((session) => session.course === line?.course);
  const { records: _, courseEtag: __, ...plan } = line ?? { records: [], courseEtag: "" };
  expect(shown).toMatchObject(plan);
  expect(shown?.records).toMatchObject([
    { state: RecordedSession_State.MISSED, missedReason: "NO_SHOW", startTime: line?.startTime },
  ]);
});

test("extends a stay, shows until when, and names what is in the way", async () => {
  const thursday = monday.add({ days: 3 });
  const plan = { readyDate: thursday, dueDate: thursday.add({ days: 10 }) };
  const id = await aBooked(deps, hub, ["surgery", plan]);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-14T12:00:00Z") });
  await floor.courses.recordAdmission({
    name: course(id),
    admissionDate: wire(thursday),
    ...command(),
  });
  const extend = (lastDate: Temporal.PlainDate) =>
    floor.sessions.extendStay({
      name: course(id),
      stay: "intensive-care",
      lastDate: wire(lastDate),
      reason: "COMPLICATION",
      ...command(),
    });
  const within = await refusalOf(extend(thursday));
  expect(within).toMatchObject({
    reason: "STAY_WITHIN_PLAN",
    code: capacityReasons.STAY_WITHIN_PLAN,
    metadata: { stay: "intensive-care" },
  });
  const lastDate = thursday.add({ days: 20 });
  const { course: extended } = await extend(lastDate);
  expect(extended?.extendedStays).toMatchObject([
    { stay: "intensive-care", lastDate: wire(lastDate), reason: "COMPLICATION" },
  ]);
  expect((await factsOf(db, id)).at(-1)).toBe("stayExtended");
});
