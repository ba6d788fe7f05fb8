import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aMessage,
  aPublishedHub,
  factsOf,
  holdOwn,
  openTestCapacity,
  requestForCase,
  type TestHub,
} from "../capacity.builder.ts";
import type { CoursePlan } from "../domain/demand.ts";
import {
  aPlan,
  aResource,
  aTemplate,
  dailyRules,
  protonTemplate,
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { checkTogether } from "../wire/course-checker.builder.ts";
import { bookCase } from "./case-requests.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const racers = 200;
const answeredWithinMs = 5_000;

/** Lets that many ask for the same at once; answers who held and what the others were told. */
async function race(hub: TestHub, plans: readonly CoursePlan[]) {
  // With every connection open, so that the first twelve read before any of them has written.
  await Promise.all(Array.from({ length: 16 }, () => db.run("test-warm", "select pg_sleep(0.05)")));
  const before = performance.now();
  const results = await Promise.allSettled(plans.map((plan) => holdOwn(deps, hub, plan)));
  const tookMs = performance.now() - before;
  const held = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  const refusals = errors.filter((error) => error instanceof DomainError);
  return {
    held,
    refusals,
    failures: errors.filter((error) => !(error instanceof DomainError)),
    tookMs,
  };
}

function many<Value>(value: Value): Value[] {
  return Array.from({ length: racers }, () => value);
}

test("gives the last room hour to one of two hundred, and tells the others who has it", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const { held, refusals, failures, tookMs } = await race(hub, many(plan));
  expect(failures).toEqual([]);
  expect(held).toHaveLength(1);
  expect(refusals).toHaveLength(racers - 1);
  for (const { reason, metadata } of refusals) {
    expect(reason).toBe("TIME_TAKEN");
    expect(metadata).toMatchObject({
      resource: `${hub.name}/resources/room-1`,
      start_time: "2026-02-02T03:00:00Z",
    });
  }
  expect(tookMs).toBeLessThan(answeredWithinMs);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives the last bed to one of two hundred, and names the pool to the others", async () => {
  const theatres = [1, 2, 3].map((index) => aResource(`theatre-${index}`, "THEATRE"));
  const hub = await aPublishedHub(deps, {
    resources: theatres,
    pools: [
      { id: "picu", kind: "BED", capacity: 1, serves: [] },
      { id: "ward", kind: "BED", capacity: 300, serves: [] },
    ],
    templates: [surgeryTemplate],
  });
  const plan = { ...aPlan(""), template: hub.template("surgery") };
  const { held, refusals, failures, tookMs } = await race(hub, many(plan));
  expect(failures).toEqual([]);
  expect(held).toHaveLength(1);
  expect(refusals).toHaveLength(racers - 1);
  for (const { reason, metadata } of refusals) {
    expect(reason).toBe("POOL_FULL");
    expect(metadata).toMatchObject({
      resource: `${hub.name}/pools/picu`,
      start_time: "2026-02-01T19:00:00Z",
    });
  }
  expect(tookMs).toBeLessThan(answeredWithinMs);
  expect(await brokenInvariants(db)).toEqual({});
});

test("never deadlocks courses that overlap in several resources, and holds each whole or not at all", async () => {
  const hub = await aPublishedHub(deps, { templates: [aTemplate(), protonTemplate] });
  const plans = Array.from({ length: 60 }, (_, index): CoursePlan => {
    const readyDate = Temporal.PlainDate.from("2026-02-02").add({ days: index % 5 });
    const phases = [{ phase: "main", sessionCount: 5 + (index % 7) }];
    const dates = { readyDate, dueDate: readyDate.add({ days: 4 }) };
    const underAnaesthesia = index % 2 === 0;
    const template = hub.template(index % 3 === 0 ? "visit" : "proton");
    return { ...aPlan("", { phases, underAnaesthesia, ...dates }), template };
  });
  const { held, failures, refusals } = await race(hub, plans);
  expect(failures).toEqual([]);
  expect(refusals.filter(({ reason }) => reason === "INTERNAL")).toEqual([]);
  expect(held.length).toBeGreaterThan(5);
  const texts = await Promise.all(
    held.map(async (id) => (await readCourse(db, id))?.course.hold?.certificate.document ?? ""),
  );
  expect(checkTogether(hub.document, texts)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("takes a lapsed hold or books it, never both, however they meet", async () => {
  const rules = { ...dailyRules, gridMinutes: 60 };
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [],
    templates: [aTemplate({ rules })],
  });
  const monday = Temporal.PlainDate.from("2026-03-02");
  const template = hub.template("visit");
  const days = [0, 1, 2, 3, 4, 8, 9, 10, 11].map((days) => monday.add({ days }));
  const plans = days.map((day) => ({ ...aPlan("", { readyDate: day, dueDate: day }), template }));
  const cases = await Promise.all(
    plans.map(async (plan) => {
      const id = randomUUID() as Uuid;
      await requestForCase(deps, { id, hub: hub.name, plan });
      return { id, plan };
    }),
  );
  await moveClock(db, { to: Temporal.Instant.from("2026-02-20T00:00:00Z") });
  const outcomes = await Promise.all(
    cases.map(async ({ id, plan }) => {
      const taker = randomUUID() as Uuid;
      const [taken] = await Promise.allSettled([
        holdOwn(deps, hub, plan, taker),
        bookCase(deps, { id, round: 1 }, aMessage(id, 2)),
      ]);
      const state = (await readCourse(db, id))?.course.state;
      return { state, taken: taken.status, facts: await factsOf(db, id) };
    }),
  );
  for (const { state, taken, facts } of outcomes) {
    if (state === "BOOKED") {
      expect(taken).toBe("rejected");
      expect(facts).toEqual(["courseHeld", "courseBooked"]);
    } else {
      expect(state).toBe("LAPSED");
      expect(taken).toBe("fulfilled");
      expect(facts).toEqual(["courseHeld", "courseHoldLapsed", "courseHoldLapsed"]);
    }
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("takes a lapsed hold only when nothing else is free, and leaves a live one alone", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 600 })],
    pools: [],
    templates: [aTemplate()],
  });
  const day = Temporal.PlainDate.from("2026-03-17");
  const plan = { ...aPlan("", { readyDate: day, dueDate: day }), template: hub.template("visit") };
  const lapsed = await holdOwn(deps, hub, plan);
  await moveClock(db, { to: Temporal.Instant.from("2026-03-10T00:00:00Z") });
  const live = await holdOwn(deps, hub, plan);
  expect((await readCourse(db, lapsed))?.course.state).toBe("HELD");
  await holdOwn(deps, hub, plan);
  expect((await readCourse(db, lapsed))?.course.state).toBe("LAPSED");
  expect((await readCourse(db, live))?.course.state).toBe("HELD");
  await expect(holdOwn(deps, hub, plan)).rejects.toMatchObject({ reason: "TIME_TAKEN" });
});

test("frees one bed by the hold that lapsed first, and leaves the other", async () => {
  const hub = await aPublishedHub(deps);
  const day = Temporal.PlainDate.from("2026-04-06");
  const on = (date: Temporal.PlainDate) => {
    const plan = aPlan("", { readyDate: date, dueDate: date });
    return { ...plan, template: hub.template("surgery") };
  };
  const first = await holdOwn(deps, hub, on(day));
  await moveClock(db, { to: Temporal.Instant.from("2026-03-12T00:00:00Z") });
  const second = await holdOwn(deps, hub, on(day));
  await expect(holdOwn(deps, hub, on(day.add({ days: 1 })))).rejects.toMatchObject({
    reason: "POOL_FULL",
  });
  await moveClock(db, { to: Temporal.Instant.from("2026-03-30T00:00:00Z") });
  const winner = await holdOwn(deps, hub, on(day.add({ days: 1 })));
  const states = await Promise.all(
    [first, second, winner].map(async (id) => (await readCourse(db, id))?.course.state),
  );
  expect(states).toEqual(["LAPSED", "HELD", "HELD"]);
  expect(await factsOf(db, first)).toEqual(["courseHeld", "courseHoldLapsed"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("takes a lapsed hold when all that was free is lost to others", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 660 })],
    pools: [],
    templates: [aTemplate()],
  });
  const day = Temporal.PlainDate.from("2026-05-19");
  const plan = { ...aPlan("", { readyDate: day, dueDate: day }), template: hub.template("visit") };
  const lapsed = await holdOwn(deps, hub, plan);
  await moveClock(db, { to: Temporal.Instant.from("2026-04-20T00:00:00Z") });
  const faster: Uuid[] = [];
  const transaction: typeof db.transaction = async (name, work) => {
    if (name === "course-hold" && faster.length < 2) faster.push(await holdOwn(deps, hub, plan));
    return db.transaction(name, work);
  };
  const slow = await holdOwn({ ...deps, db: { ...db, transaction } }, hub, plan);
  const states = await Promise.all(
    [lapsed, ...faster, slow].map(async (id) => (await readCourse(db, id))?.course.state),
  );
  expect(states).toEqual(["LAPSED", "HELD", "HELD", "HELD"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
