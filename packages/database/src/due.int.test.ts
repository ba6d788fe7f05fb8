import { testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { declareEnvironment, moveClock, now } from "./clock.ts";
import { count, counterTable, insertCounters, loadCounter } from "./counter.builder.ts";
import { dueCount, startSweeper } from "./due.ts";
import { type Database, openDatabase } from "./pool.ts";
import { readStillness } from "./quiet.ts";
import type { Due } from "./source.ts";

const database = await testDatabase({ migrations: "log" });
const ids = Array.from({ length: 50 }, (_, place) => `due-${place}`);
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "due-test" });
  await db.run("table", counterTable);
  await insertCounters(db, ids);
  await declareEnvironment(db, "sandbox");
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

test("raises each due row once, by two sweepers and a command, when the clock comes to it", async () => {
  const dueAt = (await now(db)).add({ hours: 24 });
  await Promise.all(ids.map((id) => count(db, id, { dues: () => [{ kind: "expire", dueAt }] })));
  expect(await dueCount(db)).toBe(0);
  expect((await readStillness(db)).nextDueAt).toEqual(dueAt);
  let failures = 0;
  const raise = async (due: Due) => {
    const id = due.aggregate.replace("counters/", "");
    // The first of all fails a few times: it must hold up nobody, and be raised in the end.
    if (id === "due-0" && failures < 3) {
      failures += 1;
      throw new Error("not yet");
    }
    await count(db, id, { source: { kind: "due", due }, steps: [100], dues: () => [] });
  };
  const sweepers = [1, 2].map(() => startSweeper(db, { raise, batch: 7, intervalMs: 20 }));
  await moveClock(db, { to: dueAt });
  // A command that comes first: it meets the same expiry, and takes its row away.
  await count(db, "due-49", { steps: [100], dues: () => [] });
  await until(async () => (await dueCount(db)) === 0, { what: "all due rows to be raised" });
  await Promise.all(sweepers.map((sweeper) => sweeper.close()));
  expect(failures).toBe(3);
  const counters = await Promise.all(ids.slice(0, 49).map((id) => loadCounter(db, id)));
  expect(new Set(counters.map(({ state }) => state.count))).toEqual(new Set([101]));
});
