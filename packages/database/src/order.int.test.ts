import { testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aCommand, count, counterTable, insertCounters } from "./counter.builder.ts";
import { type LoggedEvent, readLogFigures, readPublished } from "./event-log.ts";
import { startNumbering } from "./numbering.ts";
import { type Database, openDatabase, type Tx } from "./pool.ts";
import { transact } from "./transact.ts";

const database = await testDatabase({ migrations: "log" });
const ids = Array.from({ length: 6 }, (_, place) => `counter-${place}`);
const writers = 32;
const writesMin = 3_000;
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "order-test", poolSizeMax: writers });
  await db.run("table", counterTable);
  await insertCounters(db, ids);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

async function add(tx: Tx, id: string) {
  const rows = await tx.run<{ revision: number }>(
    "counter-add",
    "update counter set count = count + 1, revision = revision + 1 where id = $1 returning revision",
    [id],
  );
  const revision = (rows[0]?.revision ?? 0) - 1;
  const event = { topic: "test", key: id, type: "test.Added", payload: new Uint8Array() };
  return { aggregate: `counters/${id}`, revision, events: [event] };
}

/** Two aggregates in one commit, in one order of locks. */
function addTwo(pair: readonly string[]) {
  return transact(db, {
    name: "add-two",
    source: aCommand(),
    work: async (tx) => {
      const aggregates = [];
      for (const id of [...pair].sort()) aggregates.push(await add(tx, id));
      return { state: undefined, aggregates, response: new Uint8Array() };
    },
  });
}

async function writeForAWhile(writer: number): Promise<number> {
  let done = 0;
  while (done < writesMin / writers) {
    const [one, other] = [
      ids[(writer + done) % 6] ?? "",
      ids[(writer * 5 + done * 3 + 1) % 6] ?? "",
    ];
    if (writer % 2 === 0 && one !== other) await addTwo([one, other]);
    // A lost race is nothing here: the next turn writes.
    else await count(db, one, { steps: [1, 1] }).catch(() => undefined);
    done += 1;
  }
  return done;
}

test("numbers every aggregate's events in the order of its revisions, whatever commits first", {
  timeout: 60_000,
}, async () => {
  const leaders = [startNumbering(db, { batchMax: 50 }), startNumbering(db, { batchMax: 50 })];
  await Promise.all(Array.from({ length: writers }, (_, writer) => writeForAWhile(writer)));
  const numbered = async () => (await readLogFigures(db)).pendingCount === 0;
  await until(numbered, { what: "all to be numbered" });
  await Promise.all(leaders.map((leader) => leader.close()));
  const events = await readPublished(db, 0n, 1_000_000);
  const [{ told } = { told: 0n }] = await db.run<{ told: bigint }>(
    "told",
    "select sum(revision)::bigint as told from counter",
  );
  expect(events.length).toBe(Number(told));
  expect(events.length).toBeGreaterThan(writesMin);
  expect(countOutOfOrder(events)).toBe(0);
});

function countOutOfOrder(events: readonly LoggedEvent[]): number {
  const last = new Map<string, number>();
  let wrong = 0;
  for (const { aggregate, revision } of events) {
    if (revision !== (last.get(aggregate) ?? 0) + 1) wrong += 1;
    last.set(aggregate, Math.max(revision, last.get(aggregate) ?? 0));
  }
  return wrong;
}
