import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { OperationalError } from "@carehub/database/operational-error";
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
import { aPlan, aTemplate } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { readDueList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { closeCase, stopCase } from "./case-requests.ts";
import { releaseCourse } from "./course-commands.ts";
import { offerWaiting } from "./waiting-list.ts";

const { deps, db, another, close } = await openTestCapacity({ poolSizeMax: 8 });
afterAll(close);
const sweepers = [deps, another(), another()];

const day = Temporal.PlainDate.from("2026-11-02");
const rounds = 4;

function aSmallHub(visits: number): Promise<TestHub> {
  const weeklyOpenings = [{ days: [1], start: 480, end: 480 + visits * 60 }];
  const resources = [{ id: "room-1", kind: "ROOM", weeklyOpenings } as const];
  return aPublishedHub(deps, { resources, pools: [], templates: [aTemplate()] });
}

const planAt = (hub: TestHub) => {
  const plan = aPlan("", { readyDate: day, dueDate: day });
  return { ...plan, template: hub.template("visit") };
};

/** A full hub, who fills it, and who waits for it in that order. */
async function aFullHub({ visits, waiting }: { visits: number; waiting: number }) {
  const hub = await aSmallHub(visits);
  const takers: Uuid[] = [];
  const queue: Uuid[] = [];
  for (let count = 0; count < visits; count += 1)
    takers.push(await holdOwn(deps, hub, planAt(hub)));
  for (let count = 0; count < waiting; count += 1) {
    const id = randomUUID() as Uuid;
    await requestForCase(deps, { id, hub: hub.name, plan: planAt(hub) });
    queue.push(id);
  }
  await sweep(deps);
  return { hub, takers, queue };
}

const release = (of: Deps, hub: TestHub, id: Uuid) =>
  releaseCourse(of, { ...aCommand(hub.caller), id, etag: "", reason: "CANCELLED" });
const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course.state;

test("offers each freed place once and in order, whatever sweepers, stops and closings meet", async () => {
  for (let round = 1; round <= rounds; round += 1) {
    const { hub, takers, queue } = await aFullHub({ visits: 3, waiting: 6 });
    const [stopped, , closed] = queue as [Uuid, Uuid, Uuid];
    await Promise.all([
      ...takers.map((id, index) => release(sweepers[index % 3] ?? deps, hub, id)),
      ...sweepers.map((of) => offerWaiting(of, hub.name)),
      stopCase(deps, { id: stopped, round: 1, reason: "CANCELLED" }, aMessage(stopped, 2)),
      closeCase(deps, closed, aMessage(closed, 2)),
    ]);
    await Promise.all(sweepers.map((of) => offerWaiting(of, hub.name)));
    await sweep(deps);
    // Two left the list, however far they had come: of the others the first three hold what there is.
    const states = await Promise.all(queue.map(stateOf));
    expect(states).toEqual(["RELEASED", "HELD", "RELEASED", "HELD", "HELD", "WAITLISTED"]);
    for (const id of queue) {
      const held = (await factsOf(db, id)).filter((fact) => fact === "courseHeld");
      expect(held.length).toBeLessThanOrEqual(1);
    }
    for (const id of [stopped, closed]) {
      expect((await factsOf(db, id)).at(-1)).toBe("courseReleased");
    }
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("holds in one round only when a newer one comes while the place is offered", async () => {
  for (let round = 1; round <= rounds; round += 1) {
    const { hub, takers, queue } = await aFullHub({ visits: 1, waiting: 1 });
    const [id] = queue as [Uuid];
    await release(deps, hub, takers[0] as Uuid);
    await Promise.all([
      ...sweepers.map((of) => offerWaiting(of, hub.name)),
      requestForCase(deps, { id, hub: hub.name, plan: planAt(hub), round: 2, revision: 2 }),
    ]);
    await sweep(deps);
    const stored = await readCourse(db, id);
    expect(stored?.course).toMatchObject({ state: "HELD", round: 2, hold: { round: 2 } });
    const rows = await db.run("test-kept", "select 1 from reservation where course = $1", [id]);
    expect(rows).toHaveLength(1);
    const answered = (await eventsOf(db, id)).filter(
      ({ event }) => event.case === "courseHeld" && event.value.round === 2,
    );
    expect(answered).toHaveLength(1);
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives what comes free to who waits and never to who asks at that moment", async () => {
  for (let round = 1; round <= rounds; round += 1) {
    const { hub, takers, queue } = await aFullHub({ visits: 1, waiting: 1 });
    const ask = (of: Deps) => holdOwn(of, hub, planAt(hub));
    const [, ...asked] = await Promise.allSettled([
      release(deps, hub, takers[0] as Uuid),
      ...[...sweepers, ...sweepers].map(ask),
    ]);
    await sweep(deps);
    expect(await stateOf(queue[0] as Uuid)).toBe("HELD");
    for (const result of asked) {
      expect(result.status === "rejected" && result.reason.reason).toBe("TIME_TAKEN");
    }
  }
});

test("misses no place that comes free while a course begins to wait", async () => {
  for (let round = 1; round <= rounds; round += 1) {
    const { hub, takers } = await aFullHub({ visits: 1, waiting: 0 });
    const id = randomUUID() as Uuid;
    await Promise.all([
      requestForCase(sweepers[1] ?? deps, { id, hub: hub.name, plan: planAt(hub) }),
      release(deps, hub, takers[0] as Uuid),
      ...sweepers.map((of) => offerWaiting(of, hub.name)),
    ]);
    await sweep(deps);
    expect(await stateOf(id)).toBe("HELD");
  }
});

test("begins again with the first when something comes free on the way through the list", async () => {
  const { hub, takers, queue } = await aFullHub({ visits: 2, waiting: 3 });
  await release(deps, hub, takers[0] as Uuid);
  // Just as the first one is to be held, another place comes free: that pass holds nothing and begins again.
  let released = false;
  const transaction: typeof db.transaction = async (name, work) => {
    if (name === "course-hold" && !released) {
      released = true;
      await release(deps, hub, takers[1] as Uuid);
    }
    return db.transaction(name, work);
  };
  await offerWaiting({ ...deps, offers: new Map(), db: { ...db, transaction } }, hub.name);
  expect(await Promise.all(queue.map(stateOf))).toEqual(["HELD", "HELD", "WAITLISTED"]);
  const heldAt = await db.run<{ aggregate: string }>(
    "test-held-order",
    `select aggregate from log.event where type like '%CourseHeld' and aggregate = any ($1)
     order by position`,
    [queue.map((id) => `courses/${id}`)],
  );
  expect(heldAt.map(({ aggregate }) => aggregate)).toEqual(
    queue.slice(0, 2).map((id) => `courses/${id}`),
  );
});

test("goes on where a pass was cut off after its first hold", async () => {
  const { hub, takers, queue } = await aFullHub({ visits: 3, waiting: 3 });
  for (const taker of takers) await release(deps, hub, taker);
  let holds = 0;
  const transaction: typeof db.transaction = async (name, work) => {
    if (name === "course-hold") holds += 1;
    if (holds === 2) throw new OperationalError(name, { cause: new Error("killed") });
    return db.transaction(name, work);
  };
  const killed = { ...deps, offers: new Map(), db: { ...db, transaction } };
  await expect(offerWaiting(killed, hub.name)).rejects.toThrow(OperationalError);
  expect(await Promise.all(queue.map(stateOf))).toEqual(["HELD", "WAITLISTED", "WAITLISTED"]);
  await sweep(deps);
  expect(await Promise.all(queue.map(stateOf))).toEqual(["HELD", "HELD", "HELD"]);
  for (const id of queue)
    expect(await factsOf(db, id)).toEqual(["courseUnavailable", "courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("holds nothing for a course that was stopped, closed or asked for anew a moment before", async () => {
  type Before = (id: Uuid, hub: TestHub) => Promise<unknown>;
  const befores: readonly [Before, string, number][] = [
    [(id) => stopCase(deps, { id, round: 1, reason: "DEFERRED" }, aMessage(id, 2)), "RELEASED", 1],
    [(id) => closeCase(deps, id, aMessage(id, 2)), "RELEASED", 1],
    [
      (id, hub) =>
        requestForCase(deps, { id, hub: hub.name, plan: planAt(hub), round: 2, revision: 2 }),
      "HELD",
      2,
    ],
  ];
  for (const [before, state, round] of befores) {
    const { hub, takers, queue } = await aFullHub({ visits: 1, waiting: 1 });
    const [id] = queue as [Uuid];
    await release(deps, hub, takers[0] as Uuid);
    let done = false;
    const transaction: typeof db.transaction = async (name, work) => {
      if (name === "course-hold" && !done) {
        done = true;
        await before(id, hub);
      }
      return db.transaction(name, work);
    };
    await offerWaiting({ ...deps, offers: new Map(), db: { ...db, transaction } }, hub.name);
    await sweep(deps);
    const stored = await readCourse(db, id);
    expect(stored?.course).toMatchObject({ state, round });
    const held = (await eventsOf(db, id)).filter(
      ({ event }) => event.case === "courseHeld" && event.value.round === round,
    );
    expect(held).toHaveLength(state === "HELD" ? 1 : 0);
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("offers to the others where a course cannot be tried for a defect, and says so", async () => {
  const { hub, takers, queue } = await aFullHub({ visits: 2, waiting: 3 });
  for (const taker of takers) await release(deps, hub, taker);
  let tries = 0;
  const transaction: typeof db.transaction = async (name, work) => {
    if (name === "course-hold") tries += 1;
    if (tries === 1) throw new TypeError("a defect");
    return db.transaction(name, work);
  };
  const faulty = { ...deps, offers: new Map(), db: { ...db, transaction } };
  await expect(offerWaiting(faulty, hub.name)).rejects.toThrow("offering at");
  expect(await Promise.all(queue.map(stateOf))).toEqual(["WAITLISTED", "HELD", "HELD"]);
  expect(await readDueList(db, hub.name)).toBeUndefined();
});

test("takes a hold that passed its release time between the last try and the end of the pass", async () => {
  const { hub, takers, queue } = await aFullHub({ visits: 1, waiting: 1 });
  const taker = await readCourse(db, takers[0] as Uuid);
  const lapseAt = taker?.course.hold?.releaseAt as Temporal.Instant;
  await requestForCase(deps, { id: randomUUID() as Uuid, hub: hub.name, plan: planAt(hub) });
  let loads = 0;
  const load: typeof deps.hubs.load = async (of, name) => {
    loads += 1;
    // Both were tried; what is left is to say when the list is due again.
    if (loads === 3) await moveClock(db, { to: lapseAt.add({ minutes: 1 }) });
    return deps.hubs.load(of, name);
  };
  await offerWaiting({ ...deps, offers: new Map(), hubs: { ...deps.hubs, load } }, hub.name);
  await sweep(deps);
  expect(await stateOf(queue[0] as Uuid)).toBe("HELD");
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
