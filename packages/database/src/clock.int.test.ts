import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { declareEnvironment, moveClock, now } from "./clock.ts";
import { count, counterTable, insertCounters } from "./counter.builder.ts";
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

test("gives one time to all statements of a transaction, though the clock is moved", async () => {
  let moving: Promise<unknown> | undefined;
  await db.transaction("one-time", async (tx) => {
    const first = await now(tx);
    moving = moveClock(db, { to: first.add({ hours: 1 }) });
    await db.run("meanwhile", "select pg_sleep(0.1)");
    expect(await now(tx)).toEqual(first);
  });
  await moving;
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
