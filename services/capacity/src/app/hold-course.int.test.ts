import { randomUUID } from "node:crypto";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  answerTime,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
} from "../capacity.builder.ts";
import { aPlan, aTemplate, monday } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { checkCourse } from "../wire/course-checker.builder.ts";
import { holdForCase, holdForHub } from "./hold-course.ts";
import { proposeCourse } from "./place-course.ts";
import { takeProposal } from "./take-course.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

test("holds thirty sessions under anaesthesia for a case, whole and checked by itself", async () => {
  const hub = await aPublishedHub(deps);
  const id = randomUUID() as Uuid;
  const plan = {
    ...aPlan("", { phases: [{ phase: "main", sessionCount: 30 }], underAnaesthesia: true }),
    template: hub.template("proton"),
  };
  expect(await requestForCase(deps, { id, hub: hub.name, plan })).toBe("done");
  const [told] = await eventsOf(db, id);
  expect(told?.event.case).toBe("courseHeld");
  const held = told?.event.case === "courseHeld" ? told.event.value : undefined;
  expect(held?.sessions).toHaveLength(30);
  expect(held?.serviceItems.map(({ serviceCode, quantity }) => [serviceCode, quantity])).toEqual([
    ["proton-planning", 1],
    ["proton-fraction", 30],
    ["anaesthesia-session", 30],
  ]);
  const stored = await readCourse(db, id);
  const certificate = stored?.course.hold?.certificate;
  expect(checkCourse(hub.document, certificate?.document ?? "", 30)).toEqual([]);
  expect(certificate?.hash).toBe(held?.certificate?.hash);
  expect(await brokenInvariants(db)).toEqual({});
});

test("counts the answer-by time in the working days of both countries, and releases a grace later", async () => {
  const hub = await aPublishedHub(deps);
  const id = await holdOwn(deps, hub, { ...aPlan(""), template: hub.template("visit") });
  const hold = (await readCourse(db, id))?.course.hold;
  // From Monday 5 January 2026: 7 January is off in Kazakhstan, so day 5 is the 13th.
  expect(hold?.answerBy.onDate.toString()).toBe("2026-01-13");
  expect(hold?.answerBy.expiresAt.toString()).toBe("2026-01-13T19:00:00Z");
  expect(hold?.releaseAt.toString()).toBe("2026-01-14T19:00:00Z");
  expect(hold?.answerBy.answerTime.clause).toBe(answerTime.clause);
});

test("begins the course of a case after its release time, and a hub's own patient tomorrow", async () => {
  const hub = await aPublishedHub(deps);
  const tomorrow = Temporal.PlainDate.from("2026-01-06");
  const plan = { ...aPlan("", { readyDate: tomorrow }), template: hub.template("visit") };
  const own = await holdOwn(deps, hub, plan);
  expect((await readCourse(db, own))?.course.hold?.firstDate).toEqual(tomorrow);
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan });
  const hold = (await readCourse(db, id))?.course.hold;
  expect(hold?.releaseAt.toString()).toBe("2026-01-14T19:00:00Z");
  expect(hold?.firstDate.toString()).toBe("2026-01-15");
  const early = { ...plan, dueDate: Temporal.PlainDate.from("2026-01-14") };
  const late = randomUUID() as Uuid;
  await requestForCase(deps, { id: late, hub: hub.name, plan: early });
  const [told] = await eventsOf(db, late);
  const value = told?.event.case === "courseUnavailable" ? told.event.value : undefined;
  expect(value).toMatchObject({ reason: "DUE_BEFORE_ANSWER", blockers: [], openings: [] });
  expect(value?.firstPossibleDate).toMatchObject({ year: 2026, month: 1, day: 15 });
});

test("plans again when midnight came between plan and hold", async () => {
  const hub = await aPublishedHub(deps);
  const timed = must(await deps.hubs.load(db, hub.name), "the hub is published");
  const readyDate = Temporal.PlainDate.from("2026-01-06");
  const plan = { ...aPlan("", { readyDate }), template: hub.template("visit") };
  const id = randomUUID() as Uuid;
  const asked = {
    id,
    hub: hub.name,
    plan,
    round: 1,
    answerTime,
    priority: "ROUTINE" as const,
    sendingParty: "parties/UZ",
  };
  const dayBefore = Temporal.Instant.from("2026-01-04T18:59:00Z");
  const proposed = await proposeCourse(db, timed, { request: asked, now: dayBefore });
  const proposal = must(
    proposed.kind === "fits" ? proposed.proposal : undefined,
    "the course fits",
  );
  const asking = { source: aMessage(id, 1) };
  const tried = await takeProposal(deps, { request: asked, asking }, proposal);
  expect(tried.kind).toBe("lost");
  expect(await factsOf(db, id)).toEqual([]);
});

test("answers a repeated request with its first response and holds nothing more", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [
      { id: "room-1", kind: "ROOM", weeklyOpenings: [{ days: [1], start: 480, end: 540 }] },
    ],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const own = { sendingParty: undefined, round: 0, priority: "ROUTINE" } as const;
  const request = { hub: hub.name, ...own, plan, answerTime };
  const once = { requestId: randomUUID() };
  const first = await holdForHub(
    deps,
    { ...request, id: randomUUID() as Uuid },
    aCommand(hub.caller, once),
  );
  const second = await holdForHub(
    deps,
    { ...request, id: randomUUID() as Uuid },
    aCommand(hub.caller, once),
  );
  expect(Buffer.from(second)).toEqual(Buffer.from(first));
  const other = aCommand(hub.caller, { ...once, body: "another" });
  const reused = holdForHub(deps, { ...request, id: randomUUID() as Uuid }, other);
  expect((await refusalOf(reused))?.reason).toBe("REQUEST_ID_REUSED");
});

test("names the booking, its resource and time, and what would help", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [
      { id: "room-1", kind: "ROOM", weeklyOpenings: [{ days: [1], start: 480, end: 540 }] },
    ],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  await holdOwn(deps, hub, plan);
  const refused = await refusalOf(holdOwn(deps, hub, plan));
  expect(refused?.reason).toBe("TIME_TAKEN");
  expect(refused?.metadata).toMatchObject({
    kind: "HOLD",
    resource: `${hub.name}/resources/room-1`,
    start_time: "2026-02-02T03:00:00Z",
    end_time: "2026-02-02T04:00:00Z",
    session_number: "1",
    first_possible_date: "2026-02-09",
  });
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan });
  const [told] = await eventsOf(db, id);
  const value = told?.event.case === "courseUnavailable" ? told.event.value : undefined;
  expect(value?.reason).toBe("NO_FREE_TIME");
  expect(value?.blockers).toHaveLength(1);
  expect(value?.openings.map(({ resource }) => resource)).toEqual([`${hub.name}/resources/room-1`]);
  expect(value?.firstPossibleDate).toMatchObject({ year: 2026, month: 2, day: 9 });
});

test("gives each other reason for what stands in the way", async () => {
  const hub = await aPublishedHub(deps);
  const surgery = { ...aPlan(""), template: hub.template("surgery") };
  await holdOwn(deps, hub, surgery);
  const sunday = monday.subtract({ days: 1 });
  const visit = { ...aPlan(""), template: hub.template("visit") };
  const reasonOf = async (plan: typeof visit) =>
    (await refusalOf(holdOwn(deps, hub, plan)))?.reason ?? "HELD";
  await hub.publish({
    pools: hub.document.pools.map((pool) => (pool.id === "picu" ? { ...pool, capacity: 1 } : pool)),
  });
  expect(await reasonOf(surgery)).toBe("POOL_FULL");
  expect(await reasonOf({ ...visit, readyDate: sunday, dueDate: sunday })).toBe("HUB_CLOSED");
  expect(await reasonOf({ ...visit, template: hub.template("none") })).toBe("TEMPLATE_UNKNOWN");
  expect(await reasonOf({ ...visit, dueDate: sunday })).toBe("INVALID_FIELD");
  const phases = [{ phase: "main", sessionCount: 60 }];
  expect(await reasonOf({ ...visit, phases })).toBe("PLAN_OUTSIDE_TEMPLATE");
  const phase = [{ phase: "boost", sessionCount: 1 }];
  expect(await reasonOf({ ...visit, phases: phase })).toBe("PLAN_OUTSIDE_TEMPLATE");
  const year = Temporal.PlainDate.from("2050-01-10");
  expect(await reasonOf({ ...visit, readyDate: year, dueDate: year })).toBe("HUB_CLOSED");
});

test("names the gap rule when holidays tear a course apart", async () => {
  const rules = { ...aTemplate().rules, maxGapHours: 72 };
  const hub = await aPublishedHub(deps, { templates: [aTemplate({ rules })] });
  const start = Temporal.PlainDate.from("2026-03-16");
  const phases = [{ phase: "main", sessionCount: 10 }];
  const plan = { ...aPlan("", { phases, readyDate: start, dueDate: start }) };
  const refused = await refusalOf(holdOwn(deps, hub, { ...plan, template: hub.template("visit") }));
  expect(refused?.reason).toBe("GAP_TOO_LONG");
  expect(refused?.metadata).toMatchObject({ kind: "GAP_RULE", session_number: "6" });
  const id = randomUUID() as Uuid;
  await requestForCase(deps, {
    id,
    hub: hub.name,
    plan: { ...plan, template: hub.template("visit") },
  });
  const [told] = await eventsOf(db, id);
  const value = told?.event.case === "courseUnavailable" ? told.event.value : undefined;
  expect(value?.reason).toBe("GAP_TOO_LONG");
  expect(value?.openings.length).toBeGreaterThan(0);
});

test("tells a case that the hub or the template is unknown instead of failing", async () => {
  const id = randomUUID() as Uuid;
  const plan = aPlan("visit");
  await requestForCase(deps, { id, hub: "hubs/nowhere", plan });
  expect(await factsOf(db, id)).toEqual(["courseUnavailable"]);
});

test("tells a case that its answer is awaited past the tables of working days", async () => {
  const hub = await aPublishedHub(deps);
  const id = randomUUID() as Uuid;
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const asked = {
    id,
    hub: hub.name,
    plan,
    round: 1,
    priority: "ROUTINE" as const,
    sendingParty: "parties/UZ",
  };
  const far = { ...answerTime, workingDays: 1000 };
  expect(await holdForCase(deps, { ...asked, answerTime: far }, aMessage(id, 1))).toBe("done");
  const [told] = await eventsOf(db, id);
  const value = { round: 1, reason: "CALENDAR_YEAR_UNKNOWN" };
  expect(told?.event).toMatchObject({ case: "courseUnavailable", value });
});
