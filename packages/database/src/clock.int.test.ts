import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { responseOf } from "./change.ts";
import { declareEnvironment, moveClock, moveClockOnRequest, now } from "./clock.ts";
import { aCommand, count, counterTable, insertCounters } from "./counter.builder.ts";
import { type Database, openDatabase } from "./pool.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "clock-test" });
  await db.run("table", counterTable);
  await insertCounters(db, ["1"]);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const at = (text: string) => Temporal.Instant.from(text);

// One story: each test goes on from the one before.
test("refuses to move the clock of any environment but a sandbox, also by hand", async () => {
  await declareEnvironment(db, "staging");
  const moved = moveClock(db, { to: at("2027-01-01T00:00:00Z") });
  await expect(moved).rejects.toMatchObject({ reason: "CLOCK_NOT_MOVABLE" });
  const byHand = db.run("by-hand", "update app.clock set shift = '1 hour'");
  await expect(byHand).rejects.toMatchObject({ constraint: "clock_moves_in_a_sandbox_only" });
});

test("sets the clock of a fresh sandbox anywhere, then only forward", async () => {
  await declareEnvironment(db, "sandbox");
  const start = await moveClock(db, { to: at("2026-01-05T00:00:00Z") });
  expect(start.since(at("2026-01-05T00:00:00Z")).total("seconds")).toBeLessThan(1);
  const back = moveClock(db, { to: at("2026-01-04T23:59:59Z") });
  await expect(back).rejects.toMatchObject({ reason: "CLOCK_ONLY_FORWARD" });
  const byHand = db.run("by-hand-back", "update app.clock set shift = shift - interval '1 second'");
  await expect(byHand).rejects.toMatchObject({ sqlState: "23001" });
  // Over the change to summer time of zones that have one.
  const later = await moveClock(db, { to: at("2026-07-01T12:00:00Z") });
  expect(later.since(at("2026-07-01T12:00:00Z")).total("seconds")).toBeLessThan(1);
});

test("keeps the environment of a database that has a moved clock or history", async () => {
  const other = declareEnvironment(db, "production");
  await expect(other).rejects.toMatchObject({ reason: "ENVIRONMENT_FIXED" });
  await declareEnvironment(db, "sandbox");
});

const onRequest = (to: Temporal.Instant) => {
  const source = aCommand();
  return moveClockOnRequest(db, { to, source, respond: () => new Uint8Array([1]) });
};

test.each([
  ["by itself", (to: Temporal.Instant) => moveClock(db, { to })],
  ["on request", onRequest],
])("gives one time to all statements of a transaction, though it is moved %s", async (_, move) => {
  let moving: Promise<unknown> | undefined;
  await db.transaction("one-time", async (tx) => {
    const first = await now(tx);
    moving = move(first.add({ hours: 1 }));
    await db.run("meanwhile", "select pg_sleep(0.1)");
    expect(await now(tx)).toEqual(first);
  });
  await moving;
});

test("is moved once for each request id, and answers a repeat in the same bytes", async () => {
  const source = aCommand();
  const to = (await now(db)).add({ hours: 1 });
  const move = (hours: number) =>
    moveClockOnRequest(db, {
      ...{ to: to.add({ hours }), source },
      respond: () => new Uint8Array([hours]),
    });
  const all = await Promise.all([1, 1, 1, 1].map(move));
  expect(all.filter(({ kind }) => kind === "done")).toHaveLength(1);
  expect(all.map(responseOf)).toEqual([1, 1, 1, 1].map((byte) => new Uint8Array([byte])));
  expect(responseOf(await move(2))).toEqual(new Uint8Array([1]));
  expect((await now(db)).since(to).total("hours")).toBeCloseTo(1, 1);
  const back = moveClockOnRequest(db, { to, source: aCommand(), respond: () => new Uint8Array() });
  await expect(back).rejects.toMatchObject({ reason: "CLOCK_ONLY_FORWARD" });
});

test("decides and dates events by the moved clock", async () => {
  const to = at("2026-08-01T00:00:00Z");
  await moveClock(db, { to });
  let seen: Temporal.Instant | undefined;
  await count(db, "1", {
    decide: (state, time) => {
      seen = time;
      return { state, events: [{ by: 0 }] };
    },
  });
  const rows = await db.run("dated", "select occurred_at from log.event");
  expect(rows).toEqual([{ occurred_at: seen }]);
  expect(seen?.since(to).total("seconds")).toBeLessThan(5);
});
