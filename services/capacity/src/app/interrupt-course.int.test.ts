import { randomUUID } from "node:crypto";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aMessage,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  requestForCase,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { checkCourse } from "../wire/course-checker.builder.ts";
import { stopCase } from "./case-requests.ts";
import { dischargePatient } from "./course-commands.ts";
import {
  day,
  interrupt,
  move,
  onCourse,
  refusedWith,
  resume,
  startsOf,
  treat,
} from "./move.builder.ts";

const capacity = await openTestCapacity();
const { deps, db, close } = capacity;
afterAll(close);

async function aRoom() {
  const visit = aTemplate({ rules: { ...dailyRules, prolongationDaysMax: 4 } });
  const inWard = aTemplate({
    id: "in-ward",
    stays: [{ id: "ward", pool: "ward", fromDay: 0, days: 5 }],
  });
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [{ id: "ward", kind: "BED", capacity: 1, serves: [] }],
    templates: [visit, inWard],
  });
  const plan = (from: string, sessionCount = 1, template = "visit") => ({
    ...aPlan("", { readyDate: day(from), dueDate: day(from) }),
    phases: [{ phase: "main", sessionCount }],
    template: hub.template(template),
  });
  return { hub, plan };
}

const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course;
const bedsOf = async (id: Uuid) =>
  (
    await db.run<{ bucket: number }>(
      "test-beds",
      "select bucket from pool_use where course = $1 order by bucket",
      [id],
    )
  ).length;

test("gives back the sessions to come, and plans the rest from another day on, booked at once", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-02-02", 5));
  await treat(capacity, { hub, id }, 2);
  await interrupt(deps, { hub, id }, { since: "2026-02-03" });
  expect(await stateOf(id)).toMatchObject({
    state: "INTERRUPTED",
    interruption: { reason: "PATIENT_UNWELL" },
  });
  expect(await startsOf(db, id)).toHaveLength(2);
  // What was its time is another's.
  const other = await holdOwn(deps, hub, plan("2026-02-05"));
  await resume(deps, { hub, id }, { from: "2026-02-05", to: "2026-02-06" });
  const course = await stateOf(id);
  expect(course).toMatchObject({ state: "IN_TREATMENT" });
  expect(course?.interruption).toBeUndefined();
  expect(course?.hold?.sessions.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
  expect(await startsOf(db, id)).toEqual([
    "2026-02-02T03:00:00Z",
    "2026-02-03T03:00:00Z",
    "2026-02-06T03:00:00Z",
    "2026-02-09T03:00:00Z",
    "2026-02-10T03:00:00Z",
  ]);
  expect(await startsOf(db, other)).toEqual(["2026-02-05T03:00:00Z"]);
  expect(course?.hold).toMatchObject({
    serviceItems: [{ serviceCode: "proton-fraction", quantity: 5 }],
  });
  expect(course?.hold?.lastDate.toString()).toBe("2026-02-10");
  const events = await eventsOf(db, id);
  expect(events.slice(-3).map(({ event }) => event)).toMatchObject([
    { case: "courseInterrupted", value: { remainingSessions: 3, sinceDate: { day: 3 } } },
    { case: "courseMoved", value: { reason: "RESUMED", lastDate: { day: 10 } } },
    { case: "courseResumed", value: { nextDate: { day: 6 } } },
  ]);
  expect(checkCourse(hub.document, course?.hold?.certificate.document ?? "", 5)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("refuses to resume beyond the overall time of the template, unless who acts accepts that", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-02-16", 5));
  await treat(capacity, { hub, id }, 2);
  await interrupt(deps, { hub, id }, { since: "2026-02-17" });
  const wish = { from: "2026-02-23", to: "2026-02-25" };
  const refused = await refusedWith(resume(deps, { hub, id }, wish));
  expect(refused).toMatchObject({
    reason: "PROLONGATION_TOO_LONG",
    metadata: { kind: "PROLONGATION_RULE" },
  });
  expect(await stateOf(id)).toMatchObject({ state: "INTERRUPTED" });
  await resume(deps, { hub, id }, { ...wish, acceptProlongation: true });
  expect(await stateOf(id)).toMatchObject({
    state: "IN_TREATMENT",
    hold: { prolongationDays: 5 },
  });
  const actors = await db.run<{ actor: unknown }>(
    "test-actors",
    "select actor from log.event where aggregate = $1 order by revision desc limit 1",
    [`courses/${id}`],
  );
  expect(actors[0]?.actor).toMatchObject({ reference: "e-1" });
  expect(await brokenInvariants(db)).toEqual({});
});

test("moves the rest of a treatment, and leaves what took place as it was", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-03-02", 3));
  await treat(capacity, { hub, id }, 2);
  const last = (await stateOf(id))?.recorded.at(-1);
  await move(deps, { hub, id }, { from: "2026-03-05" });
  expect(await startsOf(db, id)).toEqual([
    "2026-03-02T03:00:00Z",
    "2026-03-03T03:00:00Z",
    "2026-03-05T03:00:00Z",
  ]);
  expect(last?.number).toBe(2);
  const { number } = (await stateOf(id))?.hold?.sessions.at(-1) ?? {};
  expect(number).toBe(3);
  expect((await factsOf(db, id)).at(-1)).toBe("courseMoved");
  expect(await brokenInvariants(db)).toEqual({});
});

test("ends an interrupted treatment early, with what was delivered", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-03-16", 5));
  await treat(capacity, { hub, id }, 2);
  await interrupt(deps, { hub, id }, { since: "2026-03-17" });
  expect((await refusedWith(move(deps, { hub, id }, { from: "2026-03-20" }))).reason).toBe(
    "COURSE_NOT_MOVABLE",
  );
  const discharge = { dischargeDate: day("2026-03-17"), outcome: "STOPPED", stays: [] } as const;
  await dischargePatient(deps, { ...onCourse(hub, id), discharge });
  expect(await stateOf(id)).toMatchObject({
    state: "ENDED",
    outcome: "STOPPED",
    deliveredItems: [{ serviceCode: "proton-fraction", quantity: 2 }],
  });
  expect((await stateOf(id))?.interruption).toBeUndefined();
  expect(await brokenInvariants(db)).toEqual({});
});

test("lets the stop of an interrupted treatment wait for the hub, and ends it at once by death", async () => {
  const { hub, plan } = await aRoom();
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: plan("2026-04-06", 3) });
  await treat(capacity, { hub, id }, 1);
  await interrupt(deps, { hub, id }, { since: "2026-04-06" });
  await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 3));
  expect(await stateOf(id)).toMatchObject({ state: "INTERRUPTED", stopPending: { round: 1 } });
  await stopCase(deps, { id, round: 1, reason: "DECEASED" }, aMessage(id, 4));
  expect(await stateOf(id)).toMatchObject({ state: "ENDED", outcome: "DIED" });
  expect((await factsOf(db, id)).slice(-3)).toEqual([
    "courseInterrupted",
    "courseStopPending",
    "courseEnded",
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives beds back on request and takes them again with the next session; else keeps them", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-04-20", 3, "in-ward"));
  await treat(capacity, { hub, id }, 1);
  await interrupt(deps, { hub, id }, { since: "2026-04-20", releaseStays: true });
  // Today is the last day that is kept, of five.
  expect(await bedsOf(id)).toBe(1);
  const other = await holdOwn(deps, hub, plan("2026-04-21", 1, "in-ward"));
  expect(await bedsOf(other)).toBe(5);
  const full = await refusedWith(
    resume(deps, { hub, id }, { from: "2026-04-22", to: "2026-04-23" }),
  );
  expect(full.reason).toBe("POOL_FULL");
  await resume(deps, { hub, id }, { from: "2026-04-22", to: "2026-04-28" });
  expect(await bedsOf(id)).toBe(5);
  expect((await stateOf(id))?.hold?.stays.map(({ lastDate }) => lastDate.toString())).toEqual([
    "2026-04-20",
    "2026-04-30",
  ]);
  await interrupt(deps, { hub, id }, { since: "2026-04-20" });
  expect(await bedsOf(id)).toBe(5);
  expect(await brokenInvariants(db)).toEqual({});
});
