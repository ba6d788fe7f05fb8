import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  answerTime,
  aPublishedHub,
  eventsOf,
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
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { readOverride } from "../storage/override-store.ts";
import { dischargePatient, releaseCourse } from "./course-commands.ts";
import { holdForHub } from "./hold-course.ts";
import { day, move, onCourse, refusedWith, startsOf, treat } from "./move.builder.ts";
import { anOverride, approve, hubEventsOf, propose, withdraw } from "./override.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const theatres = {
  resources: ["theatre-1", "theatre-2", "theatre-3"].map((id) => aResource(id, "THEATRE")),
  pools: aHubDocument()
    .pools.filter(({ kind }) => kind === "BED")
    .map((pool) => (pool.id === "picu" ? { ...pool, capacity: 1 } : pool)),
  templates: [surgeryTemplate],
};

function operationOn(hub: TestHub, from = "2026-02-16", to = from) {
  const dates = { readyDate: day(from), dueDate: day(to) };
  return { ...aPlan("", dates), template: hub.template("surgery") };
}

const beds = {
  kind: "OVERBOOKING",
  pool: "picu",
  firstDate: day("2026-02-16"),
  lastDate: day("2026-02-18"),
  count: 1,
} as const;

/** A hub with one bed of intensive care, which somebody has, and a course that waits for it. */
async function aFullUnit() {
  const hub = await aPublishedHub(deps, theatres);
  const taken = await holdOwn(deps, hub, operationOn(hub));
  const waiting = await aWaiting(hub);
  return { hub, taken, waiting };
}

async function aWaiting(hub: TestHub): Promise<Uuid> {
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: operationOn(hub) });
  await sweep(deps);
  expect(await stateOf(id)).toBe("WAITLISTED");
  return id;
}

async function stateOf(id: Uuid) {
  return (await readCourse(db, id))?.course.state;
}

async function overrideState(name: string) {
  return (await readOverride(db, name))?.override.state;
}

function overbookedOf(hub: TestHub) {
  return db.run<{ bucket: number; planned: number; capacity: number; overbooked: number }>(
    "test-overbooked",
    `select bucket, planned, capacity, overbooked from pool_bucket
     where pool = $1 || '/pools/picu' and overbooked > 0 order by bucket`,
    [hub.name],
  );
}

test("gives one course a bed more by the word of two, and tells so wherever it is told", async () => {
  const { hub, waiting } = await aFullUnit();
  const { name } = await propose(deps, { hub }, { opens: beds, course: waiting });
  await sweep(deps);
  expect(await stateOf(waiting)).toBe("WAITLISTED");
  expect(await refusedWith(approve(deps, { hub, actor: "e-1" }, name))).toEqual({
    reason: "OVERRIDE_SAME_PERSON",
    metadata: { actor: "e-1" },
  });
  await approve(deps, { hub }, name);
  await sweep(deps);
  const { course } = (await readCourse(db, waiting)) ?? {};
  expect(course).toMatchObject({ state: "HELD", hold: { override: name } });
  expect(JSON.parse(course?.hold?.certificate.document ?? "")).toMatchObject({
    override: { name },
  });
  const [, held] = await eventsOf(db, waiting);
  expect(held?.event).toMatchObject({ case: "courseHeld", value: { override: name } });
  const full = { planned: 2, capacity: 1, overbooked: 1 };
  expect(await overbookedOf(hub)).toMatchObject([full, full, full]);
  expect((await readOverride(db, name))?.override).toMatchObject({
    state: "USED",
    course: waiting,
  });
  const [told, ...rest] = await hubEventsOf(db, hub);
  expect(rest).toEqual([]);
  expect(told).toMatchObject({
    case: "overrideApproved",
    value: { override: name, course: `courses/${waiting}`, opens: { case: "overbooking" } },
  });
  expect(await brokenInvariants(db)).toEqual({});
});

test("lets nobody else have the bed, neither before its course nor once it is given back", async () => {
  const { hub, taken, waiting } = await aFullUnit();
  const other = await aWaiting(hub);
  const name = await anOverride(deps, hub, { opens: beds, course: other });
  await sweep(deps);
  expect([await stateOf(waiting), await stateOf(other)]).toEqual(["WAITLISTED", "HELD"]);
  // One of the two beds that are planned is free again, but the unit has one: it is full as it is.
  await releaseCourse(deps, { ...onCourse(hub, taken), reason: "CANCELLED" });
  await sweep(deps);
  expect(await stateOf(waiting)).toBe("WAITLISTED");
  expect((await overbookedOf(hub))[0]).toMatchObject({ planned: 1, overbooked: 1 });
  expect(await brokenInvariants(db)).toEqual({});
  const own = operationOn(hub);
  expect((await refusedWith(holdOwn(deps, hub, own))).reason).toBe("POOL_FULL");
  expect(await overrideState(name)).toBe("USED");
});

test("gives the bed and its count back with the course", async () => {
  const { hub, taken } = await aFullUnit();
  const name = await anOverride(deps, hub, { opens: beds });
  const id = await holdWith(hub, name);
  expect(await overbookedOf(hub)).toHaveLength(3);
  await releaseCourse(deps, { ...onCourse(hub, id), reason: "CANCELLED" });
  expect(await overbookedOf(hub)).toEqual([]);
  await sweep(deps);
  expect(await stateOf(taken)).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
});

async function holdWith(hub: TestHub, override: string, on = deps) {
  const own = { sendingParty: undefined, round: 0, priority: "ROUTINE" as const, answerTime };
  const id = randomUUID() as Uuid;
  const request = { id, hub: hub.name, ...own, plan: operationOn(hub), override };
  await holdForHub(on, request, aCommand(hub.caller));
  return id;
}

test("lets one of many new patients have the bed that was opened for one", async () => {
  const { hub } = await aFullUnit();
  const name = await anOverride(deps, hub, { opens: beds });
  const tries = Array.from({ length: 6 }, () => holdWith(hub, name));
  const done = await Promise.allSettled(tries);
  const held = done.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(held).toHaveLength(1);
  const reasons = done.flatMap((one) => (one.status === "rejected" ? [one.reason.reason] : []));
  expect(new Set(reasons)).toEqual(new Set(["OVERRIDE_NOT_OPEN"]));
  expect((await readOverride(db, name))?.override.course).toBe(held[0]);
  expect((await overbookedOf(hub))[0]).toMatchObject({ planned: 2, overbooked: 1 });
  expect(await brokenInvariants(db)).toEqual({});
});

test("says that it was used to whoever read it just before and then found its bed taken", async () => {
  const { hub } = await aFullUnit();
  const name = await anOverride(deps, hub, { opens: beds });
  const run: Run = async (statement, ...rest) => {
    const rows = await db.run<never>(statement, ...rest);
    // What follows is read when the bed is gone.
    if (statement === "override-read" && (await overrideState(name)) === "APPROVED")
      await holdWith(hub, name);
    return rows;
  };
  const refused = await refusedWith(holdWith(hub, name, { ...deps, db: { ...db, run } }));
  expect(refused.reason).toBe("OVERRIDE_NOT_OPEN");
});

test("is not used by a course that fits without it", async () => {
  const hub = await aPublishedHub(deps, theatres);
  const name = await anOverride(deps, hub, { opens: beds });
  const id = await holdWith(hub, name);
  expect((await readCourse(db, id))?.course.hold?.override).toBeUndefined();
  expect(await overrideState(name)).toBe("APPROVED");
  expect(await overbookedOf(hub)).toEqual([]);
});

const room = {
  resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
  pools: [],
  templates: [aTemplate()],
};
const evening = {
  kind: "OUTSIDE_HOURS",
  resources: ["room-1"],
  startAt: Temporal.Instant.from("2026-02-17T13:00:00Z"),
  endAt: Temporal.Instant.from("2026-02-17T15:00:00Z"),
} as const;

test("opens a room in the evening for the course that moves there, and for nobody else", async () => {
  const hub = await aPublishedHub(deps, room);
  const plan = (on: string) => ({
    ...aPlan("", { readyDate: day(on), dueDate: day(on) }),
    template: hub.template("visit"),
  });
  const id = await holdOwn(deps, hub, plan("2026-02-16"));
  await holdOwn(deps, hub, plan("2026-02-17"));
  expect((await refusedWith(move(deps, { hub, id }, { from: "2026-02-17" }))).reason).toBe(
    "TIME_TAKEN",
  );
  const name = await anOverride(deps, hub, { opens: evening, course: id });
  expect((await refusedWith(holdOwn(deps, hub, plan("2026-02-17")))).reason).toBe("TIME_TAKEN");
  const asked = await move(deps, { hub, id }, { from: "2026-02-17", dryRun: true });
  expect(asked?.stored.course.hold?.override).toBe(name);
  expect(await overrideState(name)).toBe("APPROVED");
  await move(deps, { hub, id }, { from: "2026-02-17" });
  expect(await startsOf(db, id)).toEqual(["2026-02-17T13:00:00Z"]);
  expect(await overrideState(name)).toBe("USED");
  // A version that says nothing of it strands nobody.
  await hub.publish({ pools: [] });
  expect(await startsOf(db, id)).toEqual(["2026-02-17T13:00:00Z"]);
  const second = propose(deps, { hub }, { opens: evening, course: id });
  expect(await refusedWith(second)).toEqual({
    reason: "OVERRIDE_STANDS",
    metadata: { override: name },
  });
  await move(deps, { hub, id }, { from: "2026-02-18" });
  expect((await readCourse(db, id))?.course.hold?.override).toBeUndefined();
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps a hub's next version from fewer beds than courses have without their overrides", async () => {
  const { hub } = await aFullUnit();
  const name = await anOverride(deps, hub, { opens: beds });
  await holdWith(hub, name);
  const picu = (capacity: number) =>
    theatres.pools.map((pool) => (pool.id === "picu" ? { ...pool, capacity } : pool));
  await hub.publish({ pools: picu(1) });
  expect((await refusedWith(hub.publish({ pools: picu(0) }))).reason).toBe("BOOKINGS_IN_THE_WAY");
  await hub.publish({ pools: picu(2) });
  expect((await overbookedOf(hub))[0]).toMatchObject({ planned: 2, capacity: 2, overbooked: 1 });
  expect(await brokenInvariants(db)).toEqual({});
});

test("ends by its time or when it is withdrawn, and says which", async () => {
  const { hub, waiting } = await aFullUnit();
  const first = await propose(deps, { hub }, { opens: beds, course: waiting });
  await withdraw(deps, { hub }, first.name);
  expect(await refusedWith(approve(deps, { hub }, first.name))).toEqual({
    reason: "OVERRIDE_NOT_OPEN",
    metadata: { state: "WITHDRAWN" },
  });
  const forNew = await anOverride(deps, hub, { opens: beds });
  const late = await anOverride(deps, hub, {
    opens: { ...beds, firstDate: day("2026-03-02"), lastDate: day("2026-03-02") },
    course: waiting,
  });
  await moveClock(db, { to: Temporal.Instant.from("2026-01-31T00:00:00Z") });
  for (const name of [forNew, late]) {
    expect(await refusedWith(withdraw(deps, { hub }, name))).toEqual({
      reason: "OVERRIDE_NOT_OPEN",
      metadata: { state: "EXPIRED" },
    });
  }
  expect(await refusedWith(holdWith(hub, forNew))).toEqual({
    reason: "OVERRIDE_NOT_OPEN",
    metadata: { state: "EXPIRED" },
  });
  // It is held as anybody would be, now that the hold before it has lapsed.
  await sweep(deps);
  expect((await readCourse(db, waiting))?.course.hold?.override).toBeUndefined();
  expect(await overrideState(late)).toBe("APPROVED");
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives back the days of the bed that a discharged patient did not need, and keeps those before", async () => {
  const { hub } = await aFullUnit();
  const expiresAt = Temporal.Instant.from("2026-02-10T00:00:00Z");
  const { name } = await propose(deps, { hub }, { opens: beds, expiresAt });
  await approve(deps, { hub }, name);
  const id = await holdWith(hub, name);
  await treat({ deps, db }, { hub, id }, 1);
  expect(await overbookedOf(hub)).toHaveLength(3);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-18T04:00:00Z") });
  const firstDate = day("2026-02-16");
  const stays = [{ stay: "intensive-care", firstDate, lastDate: day("2026-02-17") }];
  const discharge = { dischargeDate: day("2026-02-18"), outcome: "COMPLETED", stays } as const;
  await dischargePatient(deps, { ...onCourse(hub, id), discharge });
  expect(await stateOf(id)).toBe("ENDED");
  expect((await overbookedOf(hub)).map(({ overbooked }) => overbooked)).toEqual([1, 1]);
  expect(await brokenInvariants(db)).toEqual({});
});
