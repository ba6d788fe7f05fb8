import { DomainError } from "@carehub/rules/domain-error";
import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { responseOf } from "./change.ts";
import {
  aCommand,
  counterTable,
  countRows,
  insertCounters,
  loadCounter,
} from "./counter.builder.ts";
import { readHistory } from "./event-log.ts";
import { type Database, openDatabase, type Tx } from "./pool.ts";
import type { Source } from "./source.ts";
import { LostRaceError, transact } from "./transact.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "transact-test" });
  await db.run("table", counterTable);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

let pairs = 0;
async function aPair(): Promise<[string, string]> {
  pairs += 1;
  const pair: [string, string] = [`left-${pairs}`, `right-${pairs}`];
  await insertCounters(db, pair);
  return pair;
}

async function add(tx: Tx, id: string) {
  const rows = await tx.run<{ revision: number }>(
    "counter-lock",
    "select revision from counter where id = $1 for update",
    [id],
  );
  const revision = rows[0]?.revision ?? 0;
  const sql = "update counter set count = count + 1, revision = $2 where id = $1";
  await tx.run("counter-add", sql, [id, revision + 1]);
  const payload = new TextEncoder().encode(String(revision + 1));
  const event = { topic: "test", key: id, type: "test.Added", payload };
  return { aggregate: `counters/${id}`, revision, events: [event] };
}

/** Adds one to both counters, or is refused once the left one has reached the limit. */
function addBoth(
  [left, right]: [string, string],
  { source = aCommand(), limit = 1_000 }: { source?: Source; limit?: number } = {},
) {
  return transact(db, {
    name: "add-both",
    source,
    work: async (tx) => {
      const aggregates = [await add(tx, left), await add(tx, right)];
      const state = (aggregates[0]?.revision ?? 0) + 1;
      if (state > limit) throw new DomainError("LIMIT_REACHED");
      return { state, aggregates, response: new TextEncoder().encode(String(state)) };
    },
  });
}

test("commits two aggregates with their events, or neither", async () => {
  const pair = await aPair();
  expect(await addBoth(pair)).toMatchObject({ kind: "done", state: 1, revision: 1 });
  const before = await countRows(db);
  await expect(addBoth(pair, { limit: 1 })).rejects.toMatchObject({ reason: "LIMIT_REACHED" });
  expect(await countRows(db)).toEqual(before);
  for (const id of pair) {
    expect((await loadCounter(db, id)).state.count).toBe(1);
    expect(await readHistory(db, `counters/${id}`, 9)).toHaveLength(1);
  }
});

test("has one effect and one response for fifty requests of one id at once", async () => {
  const pair = await aPair();
  const source = aCommand();
  // The limit refuses each second run on the new state: that must become the first response.
  const all = await Promise.all(
    Array.from({ length: 50 }, () => addBoth(pair, { source, limit: 1 })),
  );
  expect(all.filter(({ kind }) => kind === "done")).toHaveLength(1);
  expect(new Set(all.map((one) => new TextDecoder().decode(responseOf(one))))).toEqual(
    new Set(["1"]),
  );
  expect((await loadCounter(db, pair[0])).state.count).toBe(1);
});

test("takes each message in once though it comes eight times at once", async () => {
  const pair = await aPair();
  for (const revision of [1, 2, 3]) {
    const from = { consumer: "test", topic: "t", aggregate: "referrals/1" };
    const source = { kind: "message", ...from, revision } as const;
    const all = await Promise.all(Array.from({ length: 8 }, () => addBoth(pair, { source })));
    expect(all.filter(({ kind }) => kind === "done")).toHaveLength(1);
    expect((await loadCounter(db, pair[1])).revision).toBe(revision);
  }
});

test("runs work again that met a rival's row, and then gives up", async () => {
  const pair = await aPair();
  let runs = 0;
  const losing = (wins: number) =>
    transact(db, {
      name: "losing",
      source: aCommand(),
      work: async (tx) => {
        const aggregates = [await add(tx, pair[0])];
        runs += 1;
        if (runs < wins) throw new LostRaceError();
        return { state: runs, aggregates, response: new Uint8Array() };
      },
    });
  expect(await losing(3)).toMatchObject({ kind: "done", state: 3, revision: 1 });
  await expect(losing(99)).rejects.toMatchObject({ reason: "REVISION_CONFLICT" });
  expect((await loadCounter(db, pair[0])).revision).toBe(1);
});
