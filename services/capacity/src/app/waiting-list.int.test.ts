import { randomUUID } from "node:crypto";
import { moveClock, now } from "@carehub/database/clock";
import { dueCount } from "@carehub/database/due";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCaller,
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
import { aPlan, aTemplate, surgeryTemplate } from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { Priority } from "../domain/priority.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCase, closeCase, stopCase } from "./case-requests.ts";
import { bookCourse, dischargePatient, recordAdmission, releaseCourse } from "./course-commands.ts";
import { listCourses } from "./queries.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

// Far from the tests' time, so that moving the clock by some days changes no answer.
const day = Temporal.PlainDate.from("2026-11-02");

/** One room, open for that many visits on Mondays. */
function aSmallHub(visits = 1, parts: Partial<HubDocument> = {}): Promise<TestHub> {
  const weeklyOpenings = [{ days: [1], start: 480, end: 480 + visits * 60 }];
  const resources = [{ id: "room-1", kind: "ROOM", weeklyOpenings } as const];
  return aPublishedHub(deps, { resources, pools: [], templates: [aTemplate()], ...parts });
}

const planAt = (hub: TestHub, on = day, template = "visit") => ({
  ...aPlan("", { readyDate: on, dueDate: on }),
  template: hub.template(template),
});

async function aCase(hub: TestHub, priority: Priority = "ROUTINE", plan = planAt(hub)) {
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan, priority });
  return id;
}

const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course.state;
const statesOf = (ids: readonly Uuid[]) => Promise.all(ids.map(stateOf));
const release = (hub: TestHub, id: Uuid) =>
  releaseCourse(deps, { ...aCommand(hub.caller), id, etag: "", reason: "CANCELLED" });

async function dueOf(hub: TestHub): Promise<string | undefined> {
  const rows = await db.run<{ dueAt: Temporal.Instant }>(
    "test-list-due",
    `select due_at as "dueAt" from log.due where aggregate = $1`,
    [hub.name],
  );
  return rows[0]?.dueAt.toString();
}

test("lets a course wait that does not fit, shows it, and holds it in the same round when it fits", async () => {
  const hub = await aSmallHub();
  const taker = await holdOwn(deps, hub, planAt(hub));
  const id = await aCase(hub);
  await sweep(deps);
  const [told] = await eventsOf(db, id);
  expect(told?.event).toMatchObject({
    case: "courseUnavailable",
    value: { round: 1, reason: "NO_FREE_TIME", waitlisted: true },
  });
  const page = { size: 10, after: undefined, state: "WAITLISTED" } as const;
  for (const caller of [hub.caller, aCaller("ministry", "UZ")]) {
    const { items } = await listCourses(deps, caller, page);
    expect(items.map(({ course }) => course.id)).toEqual([id]);
  }
  await moveClock(db, { to: Temporal.Instant.from("2026-01-08T06:00:00Z") });
  await release(hub, taker);
  expect(await dueCount(db)).toBe(1);
  await sweep(deps);
  expect(await dueCount(db)).toBe(0);
  expect(await dueOf(hub)).toBeUndefined();
  const [, held] = await eventsOf(db, id);
  expect(held?.event).toMatchObject({ case: "courseHeld", value: { round: 1 } });
  const hold = (await readCourse(db, id))?.course.hold;
  // Five working days of both countries from 8 January, when it was held: 9, 12, 13, 14 and 15 January.
  expect(hold?.answerBy.onDate.toString()).toBe("2026-01-15");
  expect(await bookCase(deps, { id, round: 1 }, aMessage(id, 2))).toBe("done");
  expect(await stateOf(id)).toBe("BOOKED");
  expect(await brokenInvariants(db)).toEqual({});
});

test("offers by clinical priority, then by time, one place at a time", async () => {
  const hub = await aSmallHub(2);
  const takers = [await holdOwn(deps, hub, planAt(hub)), await holdOwn(deps, hub, planAt(hub))];
  const waiting: Uuid[] = [];
  for (const priority of ["ROUTINE", "URGENT", "EMERGENCY", "URGENT"] as const) {
    waiting.push(await aCase(hub, priority));
  }
  await sweep(deps);
  const held: number[] = [];
  const releaseNext = async (id: Uuid) => {
    await release(hub, id);
    await sweep(deps);
    const states = await statesOf(waiting);
    held.push(...states.flatMap((state, index) => (state === "HELD" ? [index] : [])));
  };
  for (const taker of takers) await releaseNext(taker);
  expect(held).toEqual([2, 1, 2]);
  await stopCase(
    deps,
    { id: waiting[2] as Uuid, round: 1, reason: "CANCELLED" },
    aMessage(waiting[2] as Uuid, 2),
  );
  await sweep(deps);
  expect(await statesOf(waiting)).toEqual(["WAITLISTED", "HELD", "RELEASED", "HELD"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("leaves a course that still does not fit in its place, and offers to those behind it", async () => {
  const hub = await aSmallHub(2, {
    templates: [
      aTemplate(),
      aTemplate({
        id: "long",
        uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 120, onlyUnderAnaesthesia: false }],
      }),
    ],
  });
  const takers = [await holdOwn(deps, hub, planAt(hub)), await holdOwn(deps, hub, planAt(hub))];
  const long = await aCase(hub, "URGENT", planAt(hub, day, "long"));
  const short = await aCase(hub);
  await release(hub, takers[0] as Uuid);
  await sweep(deps);
  expect(await statesOf([long, short])).toEqual(["WAITLISTED", "HELD"]);
  expect(await factsOf(db, long)).toEqual(["courseUnavailable"]);
  await stopCase(deps, { id: short, round: 1, reason: "CANCELLED" }, aMessage(short, 2));
  await release(hub, takers[1] as Uuid);
  await sweep(deps);
  expect(await stateOf(long)).toBe("HELD");
});

test("tries the list again when a case is stopped or closed, a document published, a treatment ended", async () => {
  const frees: Record<string, (hub: TestHub, taker: Uuid) => Promise<unknown>> = {
    stop: (_, id) => stopCase(deps, { id, round: 1, reason: "DEFERRED" }, aMessage(id, 2)),
    close: (_, id) => closeCase(deps, id, aMessage(id, 2)),
    publish: (hub) =>
      hub.publish({
        exceptionalOpenings: [{ resources: ["room-1"], onDate: day, start: 600, end: 660 }],
      }),
  };
  for (const [name, free] of Object.entries(frees)) {
    const hub = await aSmallHub();
    const taker = await aCase(hub);
    const waiting = await aCase(hub);
    await sweep(deps);
    expect([name, await stateOf(waiting)]).toEqual([name, "WAITLISTED"]);
    await free(hub, taker);
    await sweep(deps);
    expect([name, await stateOf(waiting)]).toEqual([name, "HELD"]);
  }
});

test("offers the beds that a patient who went home early gave back", async () => {
  const hub = await aPublishedHub(deps, {
    templates: [surgeryTemplate],
    pools: [
      { id: "picu", kind: "BED", capacity: 9, serves: [] },
      { id: "ward", kind: "BED", capacity: 1, serves: [] },
    ],
  });
  const today = Temporal.PlainDate.from("2026-01-08");
  const own = await holdOwn(deps, hub, planAt(hub, today, "surgery"));
  await bookCourse(deps, { ...aCommand(hub.caller), id: own, etag: "" });
  // The ward is wanted from the 15th, three days after the operation; the first patient has it until then.
  const next = { ...planAt(hub, Temporal.PlainDate.from("2026-01-12"), "surgery") };
  const waiting = randomUUID() as Uuid;
  const short = { workingDays: 1, calendars: ["UZ"], graceHours: 0, clause: "" };
  await requestForCase(deps, { id: waiting, hub: hub.name, plan: next, answerTime: short });
  await sweep(deps);
  expect(await stateOf(waiting)).toBe("WAITLISTED");
  const command = () => ({ ...aCommand(hub.caller), id: own, etag: "" });
  await recordAdmission(deps, { ...command(), admissionDate: today });
  const discharge = { dischargeDate: today, outcome: "STOPPED", stays: [] } as const;
  await dischargePatient(deps, { ...command(), discharge });
  await sweep(deps);
  expect(await stateOf(waiting)).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
});

test("takes a hold past its release time for who waits, without anybody asking", async () => {
  const hub = await aSmallHub();
  const taker = randomUUID() as Uuid;
  const long = { workingDays: 5, calendars: ["UZ"], graceHours: 30, clause: "" };
  await requestForCase(deps, { id: taker, hub: hub.name, plan: planAt(hub), answerTime: long });
  const waiting = await aCase(hub);
  await sweep(deps);
  // Each day that passes, and at the release time of the hub's next hold: six hours after midnight in Astana.
  expect(await dueOf(hub)).toBe("2026-01-08T19:00:00Z");
  await moveClock(db, { to: Temporal.Instant.from("2026-01-16T19:30:00Z") });
  await sweep(deps);
  expect(await dueOf(hub)).toBe("2026-01-17T01:00:00Z");
  await moveClock(db, { to: Temporal.Instant.from("2026-01-17T01:00:00Z") });
  await sweep(deps);
  expect(await factsOf(db, taker)).toEqual(["courseHeld", "courseHoldLapsed"]);
  expect(await factsOf(db, waiting)).toEqual(["courseUnavailable", "courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("offers nothing to a course whose case was stopped or closed", async () => {
  const hub = await aSmallHub();
  const taker = await holdOwn(deps, hub, planAt(hub));
  const stopped = await aCase(hub, "EMERGENCY");
  const closed = await aCase(hub, "URGENT");
  const last = await aCase(hub);
  await stopCase(
    deps,
    { id: stopped, round: 1, reason: "COURSE_UNAVAILABLE" },
    aMessage(stopped, 2),
  );
  await closeCase(deps, closed, aMessage(closed, 2));
  await release(hub, taker);
  await sweep(deps);
  expect(await statesOf([stopped, closed, last])).toEqual(["RELEASED", "RELEASED", "HELD"]);
  for (const id of [stopped, closed]) {
    expect(await factsOf(db, id)).toEqual(["courseUnavailable", "courseReleased"]);
  }
});

test("waits in the newer round when its case asks again, and is held in that one", async () => {
  const hub = await aSmallHub();
  const taker = await holdOwn(deps, hub, planAt(hub));
  const id = await aCase(hub);
  const sinceAt = (await readCourse(db, id))?.course.waiting?.sinceAt;
  await requestForCase(deps, { id, hub: hub.name, plan: planAt(hub), round: 2, revision: 2 });
  expect((await readCourse(db, id))?.course).toMatchObject({ round: 2, waiting: { sinceAt } });
  await release(hub, taker);
  await sweep(deps);
  expect((await readCourse(db, id))?.course.hold?.round).toBe(2);
});

test("lets no direct request overtake a course that waits and would fit", async () => {
  const hub = await aSmallHub();
  const taker = await holdOwn(deps, hub, planAt(hub));
  const waiting = await aCase(hub);
  await sweep(deps);
  await release(hub, taker);
  // The sweeper has not come yet.
  await expect(holdOwn(deps, hub, planAt(hub))).rejects.toMatchObject({ reason: "TIME_TAKEN" });
  expect(await stateOf(waiting)).toBe("HELD");
  expect(await dueCount(db)).toBe(0);
});

test("keeps a course in the list when its dates come too near to be answered", async () => {
  const hub = await aSmallHub();
  const soon = Temporal.PlainDate.from("2026-02-02");
  await holdOwn(deps, hub, planAt(hub, soon));
  const id = await aCase(hub, "ROUTINE", planAt(hub, soon));
  await moveClock(db, { to: Temporal.Instant.from("2026-01-30T06:00:00Z") });
  await hub.publish({
    exceptionalOpenings: [{ resources: ["room-1"], onDate: soon, start: 600, end: 720 }],
  });
  await sweep(deps);
  expect(await stateOf(id)).toBe("WAITLISTED");
  expect(await factsOf(db, id)).toEqual(["courseUnavailable"]);
  await stopCase(deps, { id, round: 1, reason: "COURSE_UNAVAILABLE" }, aMessage(id, 2));
  await moveClock(db, { to: Temporal.Instant.from("2026-01-31T06:00:00Z") });
  await sweep(deps);
  expect(await dueOf(hub)).toBeUndefined();
});

test("waits while the hub's document is stale, and is held when the next one comes", async () => {
  const at = await now(db);
  const hub = await aSmallHub(1, { validUntilAt: at.add({ hours: 24 }) });
  await moveClock(db, { to: at.add({ hours: 25 }) });
  const id = await aCase(hub);
  const [told] = await eventsOf(db, id);
  const value = { reason: "CAPACITY_STALE", waitlisted: true };
  expect(told?.event.value).toMatchObject(value);
  await sweep(deps);
  expect(await stateOf(id)).toBe("WAITLISTED");
  await hub.publish({ validUntilAt: Temporal.Instant.from("2026-12-31T00:00:00Z") });
  await sweep(deps);
  expect(await stateOf(id)).toBe("HELD");
});
