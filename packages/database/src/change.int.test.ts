import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { responseOf } from "./change.ts";
import {
  aCommand,
  count,
  counterTable,
  countRows,
  insertCounters,
  loadCounter,
} from "./counter.builder.ts";
import { readHistory } from "./event-log.ts";
import { type Database, openDatabase } from "./pool.ts";
import { EventGapError, markSeen } from "./seen.ts";
import { requestSource, type Source } from "./source.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "change-test" });
  await db.run("table", counterTable);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
let counters = 0;

async function aCounter(): Promise<string> {
  counters += 1;
  const id = `change-${counters}`;
  await insertCounters(db, [id]);
  return id;
}

function aMessage(revision: number, aggregate = "referrals/1"): Source {
  const from = { topic: "t", eventId: `event-${revision}`, traceId: "trace" };
  return { kind: "message", consumer: "test", aggregate, revision, ...from };
}

test("commits state, response and events, each event one revision further", async () => {
  const id = await aCounter();
  const actor = { reference: "person-1", role: "clinician" };
  const changed = await count(db, id, { steps: [1, 2, 3], actor });
  expect(changed).toMatchObject({ kind: "done", revision: 3, state: { count: 6 } });
  const history = await readHistory(db, `counters/${id}`, 10);
  expect(history.map(({ revision, payload }) => [revision, text(payload)])).toEqual([
    [1, '{"by":1,"revision":1}'],
    [2, '{"by":2,"revision":2}'],
    [3, '{"by":3,"revision":3}'],
  ]);
  expect(history[0]).toMatchObject({
    caller: "ministry/UZ",
    actor,
    topic: "test.counters",
    key: id,
  });
  expect(history[0]?.occurredAt).toBeInstanceOf(Temporal.Instant);
});

test("answers a repeated request with the bytes of the first response", async () => {
  const id = await aCounter();
  const source = aCommand();
  const first = await count(db, id, { source, limit: 1 });
  await count(db, id);
  // Decided anew it would be refused: the count is past the limit now.
  const second = await count(db, id, { source, limit: 1 });
  expect(second.kind).toBe("repeated");
  expect(responseOf(second)).toEqual(responseOf(first));
  expect((await loadCounter(db, id)).state.count).toBe(2);
});

test("refuses a request id that stood for another body, also on another aggregate", async () => {
  const [id, other] = [await aCounter(), await aCounter()];
  const requestId = crypto.randomUUID();
  await count(db, id, { source: aCommand({ requestId, body: id }) });
  const again = count(db, other, { source: aCommand({ requestId, body: other }) });
  await expect(again).rejects.toMatchObject({ reason: "REQUEST_ID_REUSED" });
  expect((await loadCounter(db, other)).state.count).toBe(0);
});

test("takes one request id of two callers for two requests, each once", async () => {
  const id = await aCounter();
  const requestId = crypto.randomUUID();
  const request = { requestId, method: "Count", body: new Uint8Array() };
  const ours = requestSource({ ...request, caller: "ministry/UZ" });
  const theirs = requestSource({ ...request, caller: "ministry/KG" });
  const kinds = [];
  for (const source of [ours, theirs, ours, theirs]) {
    const changed = await count(db, id, { source });
    kinds.push([changed.kind, text(responseOf(changed))]);
  }
  const [first, second] = ['{"count":1,"revision":1}', '{"count":2,"revision":2}'];
  expect(kinds).toEqual([
    ["done", first],
    ["done", second],
    ["repeated", first],
    ["repeated", second],
  ]);
  const callers = (await readHistory(db, `counters/${id}`, 10)).map(({ caller }) => caller);
  expect(callers).toEqual(["ministry/UZ", "ministry/KG"]);
});

test("has one effect and one response for fifty requests of one id at once", async () => {
  const id = await aCounter();
  const source = aCommand();
  const all = await Promise.all(Array.from({ length: 50 }, () => count(db, id, { source })));
  expect(all.filter(({ kind }) => kind === "done")).toHaveLength(1);
  expect(new Set(all.map((changed) => text(responseOf(changed))))).toEqual(
    new Set(['{"count":1,"revision":1}']),
  );
  expect((await loadCounter(db, id)).state.count).toBe(1);
});

test("has one effect for one request id that creates under fifty new names at once", async () => {
  const source = aCommand();
  const all = await Promise.all(
    Array.from({ length: 50 }, (_, place) => {
      const id = `created-${place}`;
      return count(db, id, {
        source,
        load: async () => ({ aggregate: `counters/${id}`, revision: 0, state: { id, count: 0 } }),
        write: ({ state }) => ({
          name: "counter-create",
          sql: "insert into counter values ($1, 1, $2) on conflict do nothing returning id",
          values: [id, state.count],
        }),
      });
    }),
  );
  expect(all.filter(({ kind }) => kind === "done")).toHaveLength(1);
  const rows = await db.run("created", "select id from counter where id like 'created-%'");
  expect(rows).toHaveLength(1);
});

test("loads and decides again after a lost race", async () => {
  const id = await aCounter();
  let loads = 0;
  const changed = await count(db, id, {
    load: async () => {
      const loaded = await loadCounter(db, id);
      loads += 1;
      if (loads <= 3) await count(db, id, { steps: [10] });
      return loaded;
    },
  });
  expect(loads).toBe(4);
  expect(changed).toMatchObject({ kind: "done", state: { count: 31 }, revision: 4 });
});

test("gives up with REVISION_CONFLICT after three lost races more", async () => {
  const id = await aCounter();
  const load = async () => {
    const loaded = await loadCounter(db, id);
    await count(db, id);
    return loaded;
  };
  await expect(count(db, id, { load })).rejects.toMatchObject({ reason: "REVISION_CONFLICT" });
  expect((await loadCounter(db, id)).state.count).toBe(4);
});

test("leaves no rows after a refusal or a failed write", async () => {
  const id = await aCounter();
  const before = await countRows(db);
  await expect(count(db, id, { limit: 0 })).rejects.toMatchObject({ reason: "LIMIT_REACHED" });
  const sql = "update counter set count = 1 / (count - count) where id = $1 returning id";
  const write = () => ({ name: "counter-broken", sql, values: [id] });
  await expect(count(db, id, { write })).rejects.toMatchObject({ sqlState: "22012" });
  expect(await countRows(db)).toEqual(before);
  expect((await loadCounter(db, id)).revision).toBe(0);
});

test("rolls the state back when its event cannot be written", async () => {
  const id = await aCounter();
  await count(db, id);
  const before = await countRows(db);
  // A write that forgot its guard: revision 1 was told already.
  const sql = "update counter set count = 9, revision = 1 where id = $1 returning id";
  const careless = count(db, id, {
    load: async () => ({ aggregate: `counters/${id}`, revision: 0, state: { id, count: 0 } }),
    write: () => ({ name: "counter-careless", sql, values: [id] }),
  });
  await expect(careless).rejects.toMatchObject({ constraint: "event_aggregate_revision_key" });
  expect(await countRows(db)).toEqual(before);
  expect((await loadCounter(db, id)).state.count).toBe(1);
});

test("remembers a request that found nothing to change, and tells no event", async () => {
  const id = await aCounter();
  const source = aCommand();
  expect(await count(db, id, { source, steps: [] })).toMatchObject({ kind: "done", revision: 0 });
  expect((await count(db, id, { source, steps: [] })).kind).toBe("repeated");
  expect(await readHistory(db, `counters/${id}`, 1)).toEqual([]);
});

test("takes a message in once, keeps where its effects came from, and knows a gap", async () => {
  const id = await aCounter();
  expect((await count(db, id, { source: aMessage(1) })).kind).toBe("done");
  const before = await countRows(db);
  expect(await count(db, id, { source: aMessage(1) })).toEqual({ kind: "duplicate" });
  await expect(count(db, id, { source: aMessage(3) })).rejects.toThrow(EventGapError);
  expect(await countRows(db)).toEqual(before);
  expect((await count(db, id, { source: aMessage(2), steps: [] })).kind).toBe("done");
  expect(await markSeen(db, aMessageSource(3))).toBe("done");
  expect(await markSeen(db, aMessageSource(3))).toBe("duplicate");
  await expect(markSeen(db, aMessageSource(5))).rejects.toThrow(EventGapError);
  const [event] = await readHistory(db, `counters/${id}`, 1);
  expect(event).toMatchObject({ sourceEventId: "event-1", sourceTraceId: "trace", caller: null });
});

function aMessageSource(revision: number) {
  const source = aMessage(revision);
  if (source.kind !== "message") throw new Error("not a message");
  return source;
}

test("has one effect for one message that two consumers handle at once", async () => {
  const [left, right] = [await aCounter(), await aCounter()];
  const source = aMessage(1, "referrals/twice");
  let loaded = 0;
  const bothLoaded = Promise.withResolvers<void>();
  // Two aggregates, so that no revision keeps them apart; both have loaded before either commits.
  const handle = (id: string) =>
    count(db, id, {
      source,
      load: async () => {
        const counter = await loadCounter(db, id);
        loaded += 1;
        if (loaded === 2) bothLoaded.resolve();
        await bothLoaded.promise;
        return counter;
      },
    });
  const kinds = (await Promise.all([handle(left), handle(right)])).map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(["done", "duplicate"]);
  const counts = await Promise.all([left, right].map((id) => loadCounter(db, id)));
  expect(counts.map(({ state }) => state.count).sort()).toEqual([0, 1]);
});

test("replaces the due rows, and raises each once though a command and a sweeper race", async () => {
  const id = await aCounter();
  const dueAt = Temporal.Instant.from("2026-01-05T00:00:00.123456Z");
  const aggregate = `counters/${id}`;
  const kinds = (list: string[]) => () => list.map((kind) => ({ kind, dueAt }));
  await count(db, id, { dues: kinds(["answer", "release"]) });
  const source = { kind: "due", due: { aggregate, kind: "answer", dueAt } } as const;
  const results = await Promise.all([
    ...Array.from({ length: 8 }, () => count(db, id, { source, dues: kinds(["release"]) })),
    count(db, id, { dues: kinds(["release"]) }),
  ]);
  expect(results.filter(({ kind }) => kind === "done").length).toBeLessThanOrEqual(2);
  const sql = "select kind, due_at from log.due where aggregate = $1";
  expect(await db.run("dues", sql, [aggregate])).toEqual([{ kind: "release", due_at: dueAt }]);
});

test("sets a due row anew from the commit that it raised", async () => {
  const id = await aCounter();
  const aggregate = `counters/${id}`;
  const at = (hour: number) => Temporal.Instant.from(`2026-01-05T0${hour}:00:00Z`);
  await count(db, id, { dues: () => [{ kind: "remind", dueAt: at(1) }] });
  const due = { aggregate, kind: "remind", dueAt: at(1) };
  const dues = () => [{ kind: "remind", dueAt: at(2) }];
  expect((await count(db, id, { source: { kind: "due", due }, dues })).kind).toBe("done");
  expect((await count(db, id, { source: { kind: "due", due }, dues })).kind).toBe("duplicate");
  const without = { kind: "due", due: { ...due, dueAt: at(2) } } as const;
  expect((await count(db, id, { source: without })).kind).toBe("done");
  expect((await countRows(db)).due).toBe(1);
});

test("leaves the due rows alone where a command changes nothing", async () => {
  const id = await aCounter();
  const at = Temporal.Instant.from("2030-01-01T00:00:00Z");
  await count(db, id, { dues: () => [{ kind: "remind", dueAt: at }] });
  await count(db, id, { steps: [], dues: () => [] });
  const sql = "select kind from log.due where aggregate = $1";
  expect(await db.run("due-kinds", sql, [`counters/${id}`])).toEqual([{ kind: "remind" }]);
});
