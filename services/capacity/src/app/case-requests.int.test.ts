import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  aPublishedHub,
  eventsOf,
  factsOf,
  openTestCapacity,
  requestForCase,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, monday } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCase, closeCase, stopCase } from "./case-requests.ts";
import { recordAdmission, recordDelivered } from "./course-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

async function aHeldCase(hub: TestHub, template = "visit", parts = {}) {
  const id = randomUUID() as Uuid;
  const plan = { ...aPlan("", parts), template: hub.template(template) };
  await requestForCase(deps, { id, hub: hub.name, plan });
  return { id, plan };
}

async function rowsOf(id: Uuid): Promise<number> {
  const rows = await db.run<{ count: number }>(
    "test-rows",
    `select ((select count(*) from reservation where course = $1)
      + (select count(*) from pool_use where course = $1))::integer as count`,
    [id],
  );
  return rows[0]?.count ?? 0;
}

test("books what is held in the asked round", async () => {
  const hub = await aPublishedHub(deps);
  const { id } = await aHeldCase(hub);
  expect(await bookCase(deps, { id, round: 1 }, aMessage(id, 2))).toBe("done");
  const [, booked] = await eventsOf(db, id);
  expect(booked?.event).toMatchObject({ case: "courseBooked", value: { round: 1 } });
  const held = await readCourse(db, id);
  const hash = held?.course.hold?.certificate.hash;
  expect(booked?.event.value).toMatchObject({ certificateHash: hash });
});

test("books a hold past its release time that nobody took", async () => {
  const hub = await aPublishedHub(deps);
  const day = Temporal.PlainDate.from("2026-03-02");
  const { id } = await aHeldCase(hub, "visit", { readyDate: day, dueDate: day });
  await moveClock(db, { to: Temporal.Instant.from("2026-01-20T00:00:00Z") });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseBooked"]);
});

test("answers a booking of nothing with a lapsed hold, and handles each message once", async () => {
  const id = randomUUID() as Uuid;
  expect(await bookCase(deps, { id, round: 2 }, aMessage(id, 1))).toBe("done");
  expect(await bookCase(deps, { id, round: 2 }, aMessage(id, 1))).toBe("duplicate");
  const [lapsed, ...others] = await eventsOf(db, id);
  const value = { round: 2, reason: "NOT_HELD" };
  expect(lapsed?.event).toMatchObject({ case: "courseHoldLapsed", value });
  expect(others).toEqual([]);
});

test("releases all that is held or booked when the case stops before treatment", async () => {
  const hub = await aPublishedHub(deps);
  const { id } = await aHeldCase(hub, "surgery");
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  expect(await rowsOf(id)).toBeGreaterThan(0);
  await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 3));
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseBooked", "courseReleased"]);
  expect(await rowsOf(id)).toBe(0);
  expect(await brokenInvariants(db)).toEqual({});
});

test("answers a stop of a course that was never held as released, so that nobody waits", async () => {
  const id = randomUUID() as Uuid;
  await stopCase(deps, { id, round: 1, reason: "REJECTED" }, aMessage(id, 1));
  const [released] = await eventsOf(db, id);
  const value = { round: 1, reason: "REJECTED" };
  expect(released?.event).toMatchObject({ case: "courseReleased", value });
});

test("holds nothing for a round that was stopped, and holds the next round", async () => {
  const hub = await aPublishedHub(deps);
  const id = randomUUID() as Uuid;
  const plan = { ...aPlan(""), template: hub.template("visit") };
  await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 1));
  await requestForCase(deps, { id, hub: hub.name, plan, round: 1, revision: 2 });
  expect(await factsOf(db, id)).toEqual(["courseReleased"]);
  await requestForCase(deps, { id, hub: hub.name, plan, round: 2, revision: 3 });
  expect(await factsOf(db, id)).toEqual(["courseReleased", "courseHeld"]);
});

test("gives back the older round when a newer one is asked for", async () => {
  const hub = await aPublishedHub(deps);
  const { id, plan } = await aHeldCase(hub, "surgery");
  const before = await rowsOf(id);
  const later = { ...plan, readyDate: monday.add({ days: 1 }), dueDate: monday.add({ days: 1 }) };
  await requestForCase(deps, { id, hub: hub.name, plan: later, round: 2, revision: 2 });
  expect(await rowsOf(id)).toBe(before);
  expect((await readCourse(db, id))?.course.hold?.round).toBe(2);
  await bookCase(deps, { id, round: 1 }, aMessage(id, 3));
  expect((await readCourse(db, id))?.course.state).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
});

test("ends a course that has begun when its case stops, with what was delivered until today", async () => {
  const hub = await aPublishedHub(deps);
  const { id } = await aHeldCase(hub, "surgery");
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  await moveClock(db, { to: Temporal.Instant.from("2026-02-03T06:00:00Z") });
  const command = () => ({ ...aCommand(hub.caller), id, etag: "" });
  await recordAdmission(deps, { ...command(), admissionDate: monday });
  const startAt = Temporal.Instant.from("2026-02-02T03:00:00Z");
  const session = { number: 1, startAt, endAt: startAt.add({ hours: 5 }) };
  const recorded = { ...session, site: undefined, underAnaesthesia: undefined };
  await recordDelivered(deps, { ...command(), session: recorded });
  await stopCase(deps, { id, round: 1, reason: "DECEASED" }, aMessage(id, 3));
  await stopCase(deps, { id, round: 1, reason: "DECEASED" }, aMessage(id, 4));
  const events = await eventsOf(db, id);
  expect(events.map(({ event }) => event.case)).toEqual([
    "courseHeld",
    "courseBooked",
    "courseStarted",
    "sessionDelivered",
    "courseEnded",
  ]);
  expect(events.at(-1)?.event.value).toMatchObject({
    outcome: 3,
    deliveredItems: [
      { serviceCode: "heart-surgery", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: 2 },
    ],
  });
  expect(await brokenInvariants(db)).toEqual({});
});

test("answers a stop that crosses the refusal of a hub that nobody published", async () => {
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: "hubs/nowhere", plan: aPlan("visit") });
  expect(await stopCase(deps, { id, round: 1, reason: "CANCELLED" }, aMessage(id, 2))).toBe("done");
  expect(await factsOf(db, id)).toEqual(["courseUnavailable", "courseReleased"]);
});

test("keeps a row of a closed case, also where nothing was known, and holds nothing for it later", async () => {
  const hub = await aPublishedHub(deps);
  const id = randomUUID() as Uuid;
  await closeCase(deps, id, aMessage(id, 1));
  const plan = {
    ...aPlan("", { dueDate: monday.add({ days: 20 }) }),
    template: hub.template("visit"),
  };
  await requestForCase(deps, { id, hub: hub.name, plan, revision: 2 });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 3));
  expect(await factsOf(db, id)).toEqual([]);
  expect((await readCourse(db, id))?.course).toMatchObject({ closed: true, state: "NONE" });
});

test("gives back what a closed case still held", async () => {
  const hub = await aPublishedHub(deps);
  const { id } = await aHeldCase(hub, "visit", { dueDate: monday.add({ days: 20 }) });
  await closeCase(deps, id, aMessage(id, 2));
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseReleased"]);
  expect(await rowsOf(id)).toBe(0);
});

test("books nothing whose first session has begun, and gives back what was held", async () => {
  const hub = await aPublishedHub(deps);
  const day = Temporal.PlainDate.from("2026-03-02");
  const dates = { readyDate: day, dueDate: day.add({ days: 14 }) };
  const { id, plan } = await aHeldCase(hub, "surgery", dates);
  expect(await rowsOf(id)).toBeGreaterThan(0);
  await moveClock(db, { to: Temporal.Instant.from("2026-03-02T03:30:00Z") });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  const [, lapsed] = await eventsOf(db, id);
  const value = { round: 1, reason: "NOT_HELD" };
  expect(lapsed?.event).toMatchObject({ case: "courseHoldLapsed", value });
  expect((await readCourse(db, id))?.course.state).toBe("LAPSED");
  expect(await rowsOf(id)).toBe(0);
  expect(await brokenInvariants(db)).toEqual({});
  await requestForCase(deps, { id, hub: hub.name, plan, round: 2, revision: 3 });
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseHoldLapsed", "courseHeld"]);
});

test("counts the beds of a stopped course from its admission, and gives the earlier days back", async () => {
  const hub = await aPublishedHub(deps);
  const day = Temporal.PlainDate.from("2026-04-06");
  const { id } = await aHeldCase(hub, "surgery", { readyDate: day, dueDate: day });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  await moveClock(db, { to: Temporal.Instant.from("2026-04-08T06:00:00Z") });
  const admissionDate = Temporal.PlainDate.from("2026-04-08");
  await recordAdmission(deps, { ...aCommand(hub.caller), id, etag: "", admissionDate });
  await stopCase(deps, { id, round: 1, reason: "DECEASED" }, aMessage(id, 3));
  const ended = (await eventsOf(db, id)).at(-1)?.event;
  const deliveredItems = [{ serviceCode: "intensive-care-day", quantity: 1 }];
  expect(ended).toMatchObject({ case: "courseEnded", value: { deliveredItems } });
  expect(await rowsOf(id)).toBe(1);
  expect(await brokenInvariants(db)).toEqual({});
});
