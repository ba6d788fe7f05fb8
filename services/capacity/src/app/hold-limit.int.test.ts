import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aMessage,
  aPublishedHub,
  eventsOf,
  holdOwn,
  openTestCapacity,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, testNow } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { bookCase, stopCase } from "./case-requests.ts";
import { holdForCase } from "./hold-course.ts";
import { requireOwnHoldsLeft } from "./hold-limit.ts";
import { day, refusedWith } from "./move.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const rooms = [1, 2, 3, 4].map((index) => aResource(`room-${index}`, "ROOM"));

async function aHubOf(partyHoldsMax: number) {
  const templates = [aTemplate()];
  const hub = await aPublishedHub(deps, { resources: rooms, pools: [], templates, partyHoldsMax });
  const dates = { readyDate: day("2026-02-02"), dueDate: day("2026-03-27") };
  return { hub, plan: { ...aPlan("", dates), template: hub.template("visit") } };
}

type Known = Awaited<ReturnType<typeof aHubOf>>;

async function ask({ hub, plan }: Known): Promise<Uuid> {
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan });
  return id;
}

const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course.state;

const heldAt = async (hub: TestHub) => {
  const rows = await db.run<{ count: number }>(
    "test-held",
    "select count(*)::integer as count from course where hub = $1 and state = 'HELD'",
    [hub.name],
  );
  return rows[0]?.count;
};

test("holds exactly as many courses of a party as the hub allows, however many ask at once", async () => {
  const known = await aHubOf(7);
  const ids = await Promise.all(Array.from({ length: 40 }, () => ask(known)));
  expect(await heldAt(known.hub)).toBe(7);
  const states = await Promise.all(ids.map(stateOf));
  expect(states.filter((state) => state === "WAITLISTED")).toHaveLength(33);
  const waiting = ids[states.indexOf("WAITLISTED")] as Uuid;
  const [told] = await eventsOf(db, waiting);
  expect(told?.event).toMatchObject({
    case: "courseUnavailable",
    value: {
      reason: "HOLD_LIMIT_REACHED",
      waitlisted: true,
      blockers: [{ kind: "HOLD_LIMIT", resource: known.hub.name }],
    },
  });
  // Another party is not in the way of this one.
  const other = randomUUID() as Uuid;
  const request = { id: other, hub: known.hub.name, plan: known.plan, round: 1 };
  const answerTime = { workingDays: 3, calendars: ["KG"], graceHours: 24, clause: "" };
  const asked = {
    ...request,
    answerTime,
    priority: "ROUTINE",
    sendingParty: "parties/KG",
  } as const;
  await holdForCase(deps, asked, aMessage(other, 1));
  expect(await stateOf(other)).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
  expect(await countedDeadlocks(db)).toBe(0);
});

test("holds the next of a party when one of its holds is booked, given back or lapses", async () => {
  const known = await aHubOf(1);
  const first = await ask(known);
  const rest = [await ask(known), await ask(known), await ask(known)] as const;
  const states = () => Promise.all(rest.map(stateOf));
  expect(await states()).toEqual(["WAITLISTED", "WAITLISTED", "WAITLISTED"]);
  await sweep(deps);
  expect(await states()).toEqual(["WAITLISTED", "WAITLISTED", "WAITLISTED"]);
  await bookCase(deps, { id: first, round: 1 }, aMessage(first, 2));
  await sweep(deps);
  expect(await states()).toEqual(["HELD", "WAITLISTED", "WAITLISTED"]);
  await stopCase(deps, { id: rest[0], round: 1, reason: "CANCELLED" }, aMessage(rest[0], 2));
  await sweep(deps);
  expect(await states()).toEqual(["RELEASED", "HELD", "WAITLISTED"]);
  await moveClock(db, { to: testNow.add({ hours: 24 * 12 }) });
  await sweep(deps);
  expect(await states()).toEqual(["RELEASED", "HELD", "HELD"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps one hold a referral, in whatever round its case asks", async () => {
  const known = await aHubOf(1);
  const id = await ask(known);
  const { hub, plan } = known;
  await requestForCase(deps, { id, hub: hub.name, plan, round: 2, revision: 2 });
  expect((await readCourse(db, id))?.course).toMatchObject({ state: "HELD", round: 2 });
  expect(await heldAt(hub)).toBe(1);
  expect(await brokenInvariants(db)).toEqual({});
});

test("bounds the holds of a hub's own patients", async () => {
  const { hub, plan } = await aHubOf(1);
  await holdOwn(deps, hub, plan);
  await holdOwn(deps, hub, plan);
  await requireOwnHoldsLeft(db, hub.name, 3);
  expect(await refusedWith(requireOwnHoldsLeft(db, hub.name, 2))).toEqual({
    reason: "HOLD_LIMIT_REACHED",
    metadata: { hub: hub.name, holds_max: "2" },
  });
});
