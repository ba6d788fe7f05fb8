import { testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { count, counterTable, insertCounters } from "./counter.builder.ts";
import { moveCursor, readCursor, resetCursor } from "./cursor.ts";
import { type LoggedEvent, readHistory, readLogFigures, readPublished } from "./event-log.ts";
import { type Numbering, startNumbering } from "./numbering.ts";
import { type Database, openDatabase } from "./pool.ts";
import { type PublishedWatch, watchPublished } from "./published-watch.ts";
import { isStill, readStillness } from "./quiet.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;
let opened: (Numbering | PublishedWatch)[] = [];

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "numbering-test" });
  await db.run("table", counterTable);
});

afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

function start(): Numbering {
  const numbering = startNumbering(db);
  opened.push(numbering);
  return numbering;
}

async function watch(): Promise<PublishedWatch> {
  const watching = await watchPublished(db);
  opened.push(watching);
  return watching;
}

const nothingPends = () =>
  until(async () => (await readLogFigures(db)).pendingCount === 0, { what: "all to be numbered" });

async function leaderOf(candidates: readonly Numbering[]): Promise<Numbering> {
  return await until(() => candidates.find((one) => one.isLeader()), { what: "a leader" });
}

async function killLeader(): Promise<void> {
  const sql = `select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and granted and database =
      (select oid from pg_database where datname = current_database())`;
  await db.run("kill-leader", sql);
}

test("keeps committed events through a crash before they are numbered, in their order", async () => {
  await insertCounters(db, ["crash"]);
  // Without a leader: as if it had crashed between commit and numbering.
  for (let turn = 0; turn < 5; turn += 1) await count(db, "crash", { steps: [1, 1] });
  expect(await readPublished(db, 0n, 99)).toEqual([]);
  expect(await readLogFigures(db)).toMatchObject({ pendingCount: 10, lastNumber: 0n });
  expect(isStill(await readStillness(db))).toBe(false);
  start();
  await nothingPends();
  const events = await readPublished(db, 0n, 99);
  expect(events.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await readPublished(db, events[6]?.number ?? 0n, 2)).toEqual(events.slice(7, 9));
  const history = await readHistory(db, "counters/crash", 99);
  expect(history).toEqual(events);
});

test("goes on where it was when the leader's connection is killed again and again", async () => {
  await insertCounters(db, ["killed"]);
  const candidates = [start(), start()];
  for (let turn = 0; turn < 5; turn += 1) {
    const writes = Array.from({ length: 8 }, (_, place) =>
      insertCounters(db, [`killed-${turn}-${place}`]).then(() =>
        count(db, `killed-${turn}-${place}`, { steps: [1, 1, 1] }),
      ),
    );
    await leaderOf(candidates);
    await killLeader();
    await Promise.all(writes);
  }
  await nothingPends();
  const events = (await readPublished(db, 0n, 9_999)).filter(({ key }) =>
    key.startsWith("killed-"),
  );
  expect(events).toHaveLength(5 * 8 * 3);
  expect(outOfOrder(events)).toEqual([]);
});

test("has one leader, and another when it closes", async () => {
  const candidates = [start(), start(), start()];
  const first = await leaderOf(candidates);
  expect(candidates.filter((one) => one.isLeader())).toHaveLength(1);
  await first.close();
  expect(await leaderOf(candidates.filter((one) => one !== first))).not.toBe(first);
});

test("wakes those that wait for a number, and lets the others go in time", async () => {
  start();
  await nothingPends();
  const watching = await watch();
  const last = watching.lastNumber();
  expect(await watching.waitForNumber(last - 1n, { timeoutMs: 1 })).toBe(true);
  expect(await watching.waitForNumber(last, { timeoutMs: 20 })).toBe(false);
  const gone = new AbortController();
  const aborted = watching.waitForNumber(last, { timeoutMs: 9_000, signal: gone.signal });
  gone.abort();
  expect(await aborted).toBe(false);
  const waiting = watching.waitForNumber(last, { timeoutMs: 9_000 });
  await insertCounters(db, ["wake"]);
  await count(db, "wake");
  expect(await waiting).toBe(true);
  expect(watching.lastNumber()).toBeGreaterThan(last);
});

test("goes on waking after its connection was lost", async () => {
  start();
  const watching = await watch();
  await insertCounters(db, ["reconnect"]);
  const sql = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1";
  await db.run("kill-listener", sql, ["numbering-test:log_published"]);
  const last = watching.lastNumber();
  const waiting = watching.waitForNumber(last, { timeoutMs: 9_000 });
  await count(db, "reconnect");
  expect(await waiting).toBe(true);
});

test("moves a cursor only forward, and back only when it is reset", async () => {
  expect(await readCursor(db, "relay/0")).toBe(0n);
  await moveCursor(db, "relay/0", 7n);
  await moveCursor(db, "relay/0", 5n);
  expect(await readCursor(db, "relay/0")).toBe(7n);
  await resetCursor(db, "relay/0", 0n);
  expect(await readCursor(db, "relay/0")).toBe(0n);
  expect((await readStillness(db)).behind).toContainEqual({ reader: "relay/0", number: 0n });
});

function outOfOrder(events: readonly LoggedEvent[]): LoggedEvent[] {
  const last = new Map<string, number>();
  return events.filter(({ aggregate, revision }) => {
    const expected = (last.get(aggregate) ?? 0) + 1;
    last.set(aggregate, revision);
    return revision !== expected;
  });
}
