import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import {
  aHubDocument,
  aPlan,
  aResource,
  aTemplate,
  dailyRules,
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { Postponement } from "../domain/postpone.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { checkCourse } from "../wire/course-checker.builder.ts";
import { bookCase } from "./case-requests.ts";
import { bookCourse, recordAdmission } from "./course-commands.ts";
import { day, move, onCourse, refusedWith, startsOf, treat } from "./move.builder.ts";
import type { MovedView } from "./move-course.ts";
import { postponeSession } from "./postpone-session.ts";
import { recordMissedSession } from "./session-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

async function putOff(hub: TestHub, id: Uuid, postponement: Postponement) {
  let view: MovedView | undefined;
  const command = aCommand<MovedView>(hub.caller, {}, (moved) => {
    view = moved;
    return new Uint8Array();
  });
  await postponeSession(deps, { ...command, id, etag: "", postponement });
  return view;
}

async function certified(document: HubDocument, id: Uuid, sessions: number) {
  const text = (await readCourse(db, id))?.course.hold?.certificate.document ?? "";
  return checkCourse(document, text, sessions);
}

const oneTheatre = {
  resources: [aResource("theatre-1", "THEATRE", { start: 480, end: 720 })],
  pools: aHubDocument().pools.filter(({ kind }) => kind === "BED"),
  templates: [surgeryTemplate],
};

function operationOn(hub: TestHub, from: string, to = from) {
  const dates = { readyDate: day(from), dueDate: day(to) };
  return { ...aPlan("", dates), template: hub.template("surgery") };
}

const twoHours = { start: 480, end: 600 };
const daily = (parts = {}) => ({
  resources: [aResource("room-1", "ROOM", twoHours)],
  pools: [],
  templates: [aTemplate({ rules: { ...dailyRules, ...parts } })],
});

async function aFractionated(parts = {}, monday = "2026-02-02") {
  const hub = await aPublishedHub(deps, daily(parts));
  const plan = {
    ...aPlan("", { readyDate: day(monday), dueDate: day(monday) }),
    phases: [{ phase: "main", sessionCount: 5 }],
    template: hub.template("visit"),
  };
  return { hub, id: await holdOwn(deps, hub, plan) };
}

test("moves an operation with its beds to the next day that fits, beyond the plan of its referral", async () => {
  const hub = await aPublishedHub(deps, oneTheatre);
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: operationOn(hub, "2026-02-02") });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  await holdOwn(deps, hub, operationOn(hub, "2026-02-03"));
  const view = await putOff(hub, id, { number: 1, reason: "BED_UNAVAILABLE" });
  expect(await startsOf(db, id)).toEqual(["2026-02-04T03:00:00Z"]);
  expect(view?.changes).toHaveLength(1);
  const { course } = (await readCourse(db, id)) ?? {};
  expect(course).toMatchObject({ state: "BOOKED", round: 1 });
  expect(course?.hold?.stays.map(({ firstDate }) => firstDate.toString())).toEqual([
    "2026-02-04",
    "2026-02-07",
  ]);
  const [, , postponed, moved] = await eventsOf(db, id);
  expect(postponed?.event).toMatchObject({
    case: "sessionPostponed",
    value: {
      number: 1,
      reason: "BED_UNAVAILABLE",
      startTime: { seconds: BigInt(Date.parse("2026-02-02T03:00:00Z") / 1_000) },
      rebookByDate: { year: 2026, month: 2, day: 16 },
    },
  });
  expect(moved?.event).toMatchObject({ case: "courseMoved", value: { reason: "BED_UNAVAILABLE" } });
  expect(await certified(hub.document, id, 1)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("leaves everything as it was where nothing fits by then, and says what is in the way", async () => {
  const hub = await aPublishedHub(deps, oneTheatre);
  const id = await holdOwn(deps, hub, operationOn(hub, "2026-02-02"));
  await holdOwn(deps, hub, operationOn(hub, "2026-02-03"));
  const before = await readCourse(db, id);
  const rebookByDate = day("2026-02-03");
  const refused = putOff(hub, id, { number: 1, reason: "STAFF", rebookByDate });
  expect(await refusedWith(refused)).toMatchObject({
    reason: "TIME_TAKEN",
    metadata: { kind: "HOLD", start_time: "2026-02-03T03:00:00Z" },
  });
  expect(await readCourse(db, id)).toEqual(before);
  expect(await factsOf(db, id)).toEqual(["courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives an emergency one day, an urgent course three", async () => {
  for (const [priority, first] of [
    ["EMERGENCY", "2026-02-17"],
    ["URGENT", "2026-02-19"],
  ] as const) {
    const hub = await aPublishedHub(deps, oneTheatre);
    const id = randomUUID() as Uuid;
    const plan = operationOn(hub, "2026-02-16");
    await requestForCase(deps, { id, hub: hub.name, plan, priority });
    await putOff(hub, id, { number: 1, reason: "MACHINE" });
    const postponed = (await eventsOf(db, id)).map(({ event }) => event)[1];
    expect(postponed).toMatchObject({ value: { rebookByDate: { day: Number(first.slice(-2)) } } });
  }
});

test("makes up for a later session at the end, and leaves every other appointment", async () => {
  const { hub, id } = await aFractionated();
  const before = await startsOf(db, id);
  const view = await putOff(hub, id, { number: 2, reason: "PATIENT_UNWELL" });
  const after = await startsOf(db, id);
  expect(after).toEqual([before[0], ...before.slice(2), "2026-02-09T03:00:00Z"]);
  expect(view?.changes).toHaveLength(1);
  expect(await factsOf(db, id)).toEqual(["courseHeld", "sessionPostponed", "courseMoved"]);
  expect(await certified(hub.document, id, 5)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("refuses a session that its template does not let be made up for, and a day too late", async () => {
  const short = await aFractionated({ prolongationDaysMax: 0 });
  const unwell = { number: 2, reason: "PATIENT_UNWELL" } as const;
  expect(await refusedWith(putOff(short.hub, short.id, unwell))).toEqual({
    reason: "PROLONGATION_TOO_LONG",
    metadata: { prolongation_days: expect.any(String), prolongation_days_max: "0" },
  });
  const { hub, id } = await aFractionated();
  const rebookByDate = day("2026-02-06");
  expect(await refusedWith(putOff(hub, id, { ...unwell, rebookByDate }))).toEqual({
    reason: "SESSION_NOT_REBOOKABLE",
    metadata: { number: "2", first_possible_date: "2026-02-09" },
  });
  expect(await factsOf(db, id)).toEqual(["courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps what was given of a treatment as it was", async () => {
  const { hub, id } = await aFractionated();
  const before = await startsOf(db, id);
  await treat({ deps, db }, { hub, id }, 2);
  await putOff(hub, id, { number: 4, reason: "MACHINE" });
  const after = await startsOf(db, id);
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after).not.toContain(before[3]);
  expect(after).toHaveLength(5);
  await sweep(deps);
  expect(await brokenInvariants(db)).toEqual({});
});

test("puts a session off after another was missed, and proves what is left", async () => {
  const { hub, id } = await aFractionated({}, "2026-02-16");
  await treat({ deps, db }, { hub, id }, 1);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-17T12:00:00Z") });
  const missed = { number: 2, reason: "PATIENT_UNWELL" } as const;
  await recordMissedSession(deps, { ...onCourse(hub, id), missed });
  await putOff(hub, id, { number: 4, reason: "MACHINE" });
  await sweep(deps);
  expect(await brokenInvariants(db)).toEqual({});
});

test("numbers the only session anew that was missed, moved, and is put off", async () => {
  const hub = await aPublishedHub(deps, daily());
  const dates = { readyDate: day("2026-02-23"), dueDate: day("2026-02-23") };
  const id = await holdOwn(deps, hub, { ...aPlan("", dates), template: hub.template("visit") });
  await bookCourse(deps, onCourse(hub, id));
  await moveClock(db, { to: Temporal.Instant.from("2026-02-23T12:00:00Z") });
  await recordAdmission(deps, { ...onCourse(hub, id), admissionDate: day("2026-02-23") });
  const missed = { number: 1, reason: "PATIENT_UNWELL" } as const;
  await recordMissedSession(deps, { ...onCourse(hub, id), missed });
  await move(deps, { hub, id }, { from: "2026-02-24" });
  await putOff(hub, id, { number: 2, reason: "MACHINE" });
  const { course } = must(await readCourse(db, id), "it is known");
  expect(course.hold?.sessions.map(({ number }) => number)).toEqual([2]);
  expect(await startsOf(db, id)).toEqual(["2026-02-25T03:00:00Z"]);
  expect(await brokenInvariants(db)).toEqual({});
});
