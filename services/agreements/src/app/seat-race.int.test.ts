import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  aConfirmation,
  eventsOf,
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
  raiseDues,
  request,
  seatsOf,
  unbalanced,
} from "../agreements.builder.ts";
import { aProtocol, aQuota, days } from "../domain/agreement.builder.ts";
import { confirmEntitlement } from "./confirm-entitlement.ts";
import { moveSeat } from "./move-seat.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;

beforeAll(async () => {
  agreements = await openTestAgreements();
  await publishParties(agreements.app);
});

afterAll(async () => expect(await agreements.closeAndCountDeadlocks()).toBe(0));

/** Publishes a protocol of its own party and quota, so that tests of one database do not meet. */
async function openQuota(party: string, seats: number, aside = 0) {
  const name = `agreements/of-${party.toLowerCase()}`;
  const parties = ["parties/KZ", `parties/${party}`];
  const quotas = [aQuota(seats, aside)];
  await publishTexts(agreements.app, aProtocol({ name, parties, quotas }));
  return { quota: `${name}/quotas/heart`, facts: { sending_party: `parties/${party}` } };
}

// A service in work has its connections open and its statements prepared.
async function warmUp() {
  const ids = Array.from({ length: 32 }, () => randomUUIDv7());
  const facts = { sending_party: "parties/none" };
  await Promise.all(ids.map((id) => request(agreements.app, id, { facts })));
}

async function outcomes(ids: readonly string[]) {
  const events = await Promise.all(ids.map((id) => eventsOf(agreements.db, id)));
  return events.map((told) => told.at(-1));
}

test("of 200 concurrent requests for the last seat one wins and 199 wait in order, within 5 s", async () => {
  const { app, db } = agreements;
  const { quota, facts } = await openQuota("UZ", 1);
  await warmUp();
  const ids = Array.from({ length: 200 }, () => randomUUIDv7());
  const startedMs = performance.now();
  const racing = ids.map((id) => request(app, id, { facts }));
  await Promise.race(racing);
  // Whoever waits, waits for a turn: at most one look for a connection each that has one.
  expect(db.pool.waitingCount).toBeLessThanOrEqual(8);
  const changes = await Promise.all(racing);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(changes.every(({ kind }) => kind === "done")).toBe(true);
  const told = await outcomes(ids);
  const places = told.flatMap((event) =>
    event?.case === "entitlementPended" ? [event.value.place] : [],
  );
  expect(told.filter((event) => event?.case === "entitlementGranted")).toHaveLength(1);
  expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 199 }, (_, i) => i + 1));
  expect(await seatsOf(db, quota)).toEqual({ "": [1, 0, 1, 0, 0] });
  expect(await unbalanced(db)).toEqual([]);
});

test("12 general and 2 of Karakalpakstan on 10 seats with 3 set aside", async () => {
  const { app, db } = agreements;
  const { quota, facts } = await openQuota("KG", 10, 3);
  const ids = Array.from({ length: 14 }, () => randomUUIDv7());
  await Promise.all(
    ids.map((id, index) => {
      const residence_region = index < 2 ? "UZ-QR" : "UZ-TK";
      return request(app, id, { facts: { ...facts, residence_region } });
    }),
  );
  const told = await outcomes(ids);
  const setAsides = told.flatMap((event) =>
    event?.case === "entitlementGranted" ? [event.value.seat?.setAside] : [],
  );
  expect(setAsides.toSorted()).toEqual([...Array(7).fill(""), "UZ-QR", "UZ-QR"]);
  expect(told.filter((event) => event?.case === "entitlementPended")).toHaveLength(5);
  expect(await seatsOf(db, quota)).toEqual({ "": [7, 0, 7, 0, 0], "UZ-QR": [3, 1, 2, 0, 0] });
  expect(await unbalanced(db)).toEqual([]);
});

test("concurrent repeats of one release and one consumption move each seat once", async () => {
  const { app, db } = agreements;
  const { quota, facts } = await openQuota("TJ", 2);
  const [used, given] = [randomUUIDv7(), randomUUIDv7()];
  await Promise.all([used, given].map((id) => request(app, id, { facts })));
  await moveSeat(app, { id: used, round: 1, move: "COMMIT", reason: "" }, nextMessage(used));
  const times = Array.from({ length: 10 });
  const [consume, release] = [nextMessage(used), nextMessage(given)];
  const changes = await Promise.all([
    ...times.map(() => moveSeat(app, { id: used, round: 1, move: "CONSUME", reason: "" }, consume)),
    ...times.map(() =>
      moveSeat(app, { id: given, round: 1, move: "RELEASE", reason: "STOP" }, release),
    ),
  ]);
  expect(changes.filter(({ kind }) => kind === "done")).toHaveLength(2);
  expect(changes.filter(({ kind }) => kind === "duplicate")).toHaveLength(18);
  expect(await seatsOf(db, quota)).toEqual({ "": [2, 1, 0, 0, 1] });
  expect(await unbalanced(db)).toEqual([]);
});

test("seats that are freed while many ask go to those who waited longest, one each", async () => {
  const { app, db } = agreements;
  const { quota, facts } = await openQuota("RU", 3);
  const holders = Array.from({ length: 3 }, () => randomUUIDv7());
  await Promise.all(holders.map((id) => request(app, id, { facts })));
  const waiters = Array.from({ length: 5 }, () => randomUUIDv7());
  for (const id of waiters) await request(app, id, { facts });
  const late = Array.from({ length: 5 }, () => randomUUIDv7());
  await Promise.all([
    ...holders.map((id) =>
      moveSeat(app, { id, round: 1, move: "RELEASE", reason: "CANCELLED" }, nextMessage(id)),
    ),
    ...late.map((id) => request(app, id, { facts })),
  ]);
  await raiseDues(app);
  const told = await outcomes([...waiters, ...late]);
  const granted = told.map((event) => event?.case === "entitlementGranted");
  expect(granted).toEqual([true, true, true, ...Array(7).fill(false)]);
  expect(await seatsOf(db, quota)).toEqual({ "": [3, 0, 3, 0, 0] });
  expect(await unbalanced(db)).toEqual([]);
});

test("courses that move seats between two periods both ways do not wait for each other", async () => {
  const { app, db } = agreements;
  const name = "agreements/two-periods";
  const half = (id: string, first: string, last: string) => {
    return { id, days: days(first, last), seatCount: 20, setAsides: [] };
  };
  const periods = [half("h1", "2026-01-01", "2026-06-30"), half("h2", "2026-07-01", "2026-12-31")];
  const quotas = [{ id: "heart", title: "Heart surgery", periods }];
  const parties = ["parties/KZ", "parties/AZ"];
  await publishTexts(app, aProtocol({ name, parties, quotas }));
  const ids = Array.from({ length: 20 }, () => randomUUIDv7());
  const dayOf = (index: number) => (index % 2 === 0 ? "2026-02-02" : "2026-08-03");
  await Promise.all(
    ids.map((id, index) =>
      request(app, id, { facts: { sending_party: "parties/AZ", referral_date: dayOf(index) } }),
    ),
  );
  const changes = await Promise.all(
    ids.map((id, index) => {
      const course = aConfirmation(id, [dayOf(index + 1), dayOf(index + 1)]);
      return confirmEntitlement(app, course, nextMessage(id));
    }),
  );
  expect(changes.every(({ kind }) => kind === "done")).toBe(true);
  const told = await outcomes(ids);
  expect(told.every((event) => event?.case === "entitlementConfirmed")).toBe(true);
  const counts = await db.run(
    "test-periods",
    "select period, reserved, released from seat_account where agreement = $1 order by period",
    [name],
  );
  expect(counts).toEqual([
    { period: "h1", reserved: 10, released: 10 },
    { period: "h2", reserved: 10, released: 10 },
  ]);
  expect(await unbalanced(db)).toEqual([]);
});
