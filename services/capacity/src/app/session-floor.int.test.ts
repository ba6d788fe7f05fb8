import { moveClock } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCaller,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  type TestHub,
} from "../capacity.builder.ts";
import { aHubDocument, aPlan, aResource, monday, protonTemplate } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { dischargePatient, recordDelivered } from "./course-commands.ts";
import { aBooked, anAdmitted, anHour, on, refusedUnchanged } from "./floor.builder.ts";
import { correctRecord, recordMissedSession } from "./session-commands.ts";
import { listSessions } from "./session-list.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const at = (time: string) => moveClock(db, { to: Temporal.Instant.from(time) });
const miss = (hub: TestHub, id: Uuid, number: number) =>
  recordMissedSession(deps, { ...on(hub, id), missed: { number, reason: "PATIENT_UNWELL" } });
const correct = (hub: TestHub, id: Uuid, number: number) =>
  correctRecord(deps, { ...on(hub, id), number, reason: "NOT_DELIVERED" });

async function list(hub: TestHub, date = monday, size = 50, after?: string) {
  const page = { hub: hub.name, date, size, after };
  return listSessions(deps, hub.caller, page);
}

async function keptOf(id: Uuid) {
  const rows = await db.run<{ kept: string }>(
    "test-kept",
    `select session_number || ' ' || resource as kept from reservation where course = $1
     union all select bucket % 48 || ' ' || pool from pool_use where course = $1 order by kept`,
    [id],
  );
  return rows.map(({ kept }) => kept);
}

const day = { readyDate: monday, dueDate: monday };
const phases = (sessionCount: number) => [{ phase: "main", sessionCount }];

test("gives back what of a missed session's time is not over, to whoever wants it now", async () => {
  const room = aResource("room-1", "ROOM", { start: 480, end: 540 });
  const hub = await aPublishedHub(deps, {
    resources: [room],
    pools: [],
    templates: [aHubDocument().templates[0] ?? protonTemplate],
  });
  await at("2026-02-02T01:00:00Z");
  const id = await anAdmitted(deps, hub, ["visit", { ...day, phases: phases(3) }]);
  const visit = { ...aPlan("", day), template: hub.template("visit") };
  expect((await refusalOf(holdOwn(deps, hub, visit)))?.reason).toBe("TIME_TAKEN");
  expect(await refusedUnchanged(db, id, () => miss(hub, id, 2))).toBe("TIME_IN_FUTURE");
  expect(await refusedUnchanged(db, id, () => miss(hub, id, 9))).toBe("SESSION_NOT_PLANNED");
  await miss(hub, id, 1);
  const instead = await holdOwn(deps, hub, visit);
  const { items } = await list(hub);
  expect(items.map(({ course }) => course).toSorted()).toEqual([id, instead].toSorted());
  expect(items.find(({ course }) => course === id)?.uses).toEqual([]);
  const missed = (await eventsOf(db, id)).at(-1)?.event;
  expect(missed).toMatchObject({
    case: "sessionMissed",
    // From Wednesday to Thursday.
    value: { number: 1, reason: "PATIENT_UNWELL", prolongationDays: 1 },
  });
  expect(missed?.value).not.toHaveProperty("prolongationDaysMax");
  expect(await refusedUnchanged(db, id, () => miss(hub, id, 1))).toBe("SESSION_ALREADY_RECORDED");
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps of a missed session what is over, and gives beam back by the half hour", async () => {
  const hub = await aPublishedHub(deps, {
    templates: [{ ...protonTemplate, rules: { ...protonTemplate.rules, prolongationDaysMax: 2 } }],
  });
  const id = await anAdmitted(deps, hub, [
    "proton",
    { ...day, phases: phases(2), underAnaesthesia: true },
  ]);
  const before = await keptOf(id);
  expect(before.filter((kept) => kept.startsWith("1 "))).toHaveLength(3);
  // The room is free since 8:45, the team is there until 9.
  await at("2026-02-02T03:50:00Z");
  await miss(hub, id, 1);
  const kept = await keptOf(id);
  expect(kept.filter((one) => one.startsWith("1 "))).toEqual([`1 ${hub.name}/resources/room-1`]);
  // Half past eight is half over at 8:50, and stays.
  expect(before.length - kept.length).toBe(2);
  const fact = (await eventsOf(db, id)).at(-1)?.event;
  expect(fact?.value).toMatchObject({ prolongationDays: 1, prolongationDaysMax: 2 });
  expect(await brokenInvariants(db)).toEqual({});
});

test("lists the day by time with what was recorded, also what was given back or is an error", async () => {
  const hub = await aPublishedHub(deps);
  const three = { ...day, phases: phases(3) };
  const treated = await anAdmitted(deps, hub, ["visit", three]);
  const missed = await anAdmitted(deps, hub, ["visit", three]);
  const booked = await aBooked(deps, hub, ["visit", three]);
  const held = await holdOwn(deps, hub, { ...aPlan("", three), template: hub.template("visit") });
  await at("2026-02-02T05:30:00Z");
  await recordDelivered(deps, { ...on(hub, treated), session: anHour(1, "2026-02-02T04:00:00Z") });
  await miss(hub, missed, 1);
  await correct(hub, treated, 1);
  const { items, next } = await list(hub);
  expect(next).toBeUndefined();
  const seen = new Map<string, (typeof items)[number]>(items.map((line) => [line.course, line]));
  expect([...seen.keys()].toSorted()).toEqual([treated, missed, booked, held].toSorted());
  const starts = items.map(({ startAt }) => startAt.epochMilliseconds);
  expect(starts).toEqual(starts.toSorted((one, other) => one - other));
  expect(items.map(({ number }) => number)).toEqual([1, 1, 1, 1]);
  expect(seen.get(held)).toMatchObject({ state: "HELD", session: { phase: "main" } });
  expect(seen.get(booked)).toMatchObject({ state: "BOOKED", records: { recorded: [] } });
  expect(seen.get(treated)).toMatchObject({
    state: "IN_TREATMENT",
    records: { recorded: [], inError: [{ was: { kind: "delivered" } }] },
  });
  expect(seen.get(missed)?.records.missed).toMatchObject([{ reason: "PATIENT_UNWELL" }]);
  await correct(hub, missed, 1);
  const corrected = (await list(hub)).items.find(({ course }) => course === missed);
  expect(corrected?.records).toMatchObject({ missed: [], inError: [{ was: { kind: "missed" } }] });
  const tomorrow = await list(hub, monday.add({ days: 1 }));
  expect(tomorrow.items.map(({ number }) => number)).toEqual([2, 2, 2, 2]);
  expect((await list(hub, monday.subtract({ days: 1 }))).items).toEqual([]);
});

test("lists page by page what it lists at once, and steps of the preparation with it", async () => {
  const imaging = {
    kind: "IMAGING",
    offsetMinutes: 0,
    minutes: 30,
    onlyUnderAnaesthesia: false,
  } as const;
  const step = { id: "ct", leadDaysMin: 2, leadDaysMax: 5, uses: [imaging] };
  const visit = must(aHubDocument().templates[0], "the test hub has templates");
  const hub = await aPublishedHub(deps, {
    resources: [...aHubDocument().resources, aResource("ct-1", "IMAGING")],
    templates: [visit, { ...visit, id: "prepared", preparation: [step] }],
  });
  const later = monday.add({ days: 14 });
  for (let course = 0; course < 3; course += 1) {
    await aBooked(deps, hub, ["prepared", { readyDate: later, dueDate: later }]);
  }
  const steps = [];
  for (let days = 7; days <= 14; days += 1) {
    const { items } = await list(hub, monday.add({ days }));
    steps.push(...items.filter(({ number }) => number < 1));
  }
  expect(steps).toHaveLength(3);
  expect(steps[0]).toMatchObject({ number: 0, step: { step: "ct" }, state: "BOOKED" });
  expect(steps[0]?.session).toBeUndefined();
  expect(steps[0]?.uses).toMatchObject([{ resource: `${hub.name}/resources/ct-1` }]);
  const whole = (await list(hub, later)).items;
  const paged = [];
  let after: string | undefined;
  do {
    const page = await list(hub, later, 1, after);
    paged.push(...page.items);
    after = page.next;
  } while (after !== undefined && paged.length < 10);
  expect(paged).toEqual(whole);
  expect(whole).toHaveLength(3);
});

test("lists a room of that day also when the hub has none of it any more", async () => {
  const hub = await aPublishedHub(deps);
  const id = await anAdmitted(deps, hub, ["visit", day]);
  await recordDelivered(deps, { ...on(hub, id), session: anHour(1, "2026-02-02T04:00:00Z") });
  const discharge = { dischargeDate: monday, outcome: "COMPLETED", stays: [] } as const;
  await dischargePatient(deps, { ...on(hub, id), discharge });
  const others = hub.document.resources.filter(({ kind }) => kind !== "ROOM");
  await at("2026-02-03T05:30:00Z");
  await hub.publish({ resources: others, pools: [], templates: [] });
  expect((await list(hub)).items).toMatchObject([{ course: id, state: "ENDED" }]);
});

test("lists nobody else's day", async () => {
  const hub = await aPublishedHub(deps);
  for (const caller of [aCaller("hub", "other"), aCaller("operator", "registry")]) {
    const asked = { hub: hub.name, date: monday, size: 50, after: undefined };
    expect((await refusalOf(listSessions(deps, caller, asked)))?.reason).toBe("HUB_NOT_FOUND");
  }
  const asked = { hub: hub.name, date: monday, size: 50, after: "rubbish" };
  const refusal = await refusalOf(listSessions(deps, hub.caller, asked));
  expect(refusal?.reason).toBe("PAGE_TOKEN_INVALID");
});

test("keeps a corrected record, counts it nowhere, and corrects nothing after the end", async () => {
  const hub = await aPublishedHub(deps);
  const wednesday = monday.add({ days: 2 });
  const asked = { readyDate: wednesday, dueDate: wednesday, phases: phases(2) };
  await at("2026-02-04T01:00:00Z");
  const id = await anAdmitted(deps, hub, ["visit", asked]);
  await at("2026-02-05T12:00:00Z");
  const session = anHour(1, "2026-02-04T04:00:00Z");
  expect(await refusedUnchanged(db, id, () => correct(hub, id, 1))).toBe("NOTHING_RECORDED");
  await recordDelivered(deps, { ...on(hub, id), session });
  await recordDelivered(deps, { ...on(hub, id), session: { ...session, number: 2 } });
  await correct(hub, id, 2);
  const stale = () => correctRecord(deps, { ...on(hub, id, 'W/"1"'), number: 1, reason: "OTHER" });
  expect(await refusedUnchanged(db, id, stale)).toBe("ETAG_MISMATCH");
  const discharge = { dischargeDate: wednesday, outcome: "STOPPED", stays: [] } as const;
  await dischargePatient(deps, { ...on(hub, id), discharge });
  expect(await refusedUnchanged(db, id, () => correct(hub, id, 1))).toBe("COURSE_ENDED");
  const ended = (await eventsOf(db, id)).at(-1)?.event;
  const items = [{ serviceCode: "proton-fraction", quantity: 1 }];
  expect(ended?.value).toMatchObject({ deliveredItems: items });
  expect((await factsOf(db, id)).slice(3)).toEqual([
    "sessionDelivered",
    "sessionDelivered",
    "sessionCorrected",
    "courseEnded",
  ]);
  const { course } = must(await readCourse(db, id), "the course is kept");
  expect(course.inError).toMatchObject([
    { was: { record: { number: 2, startAt: session.startAt } } },
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});
