import { startNumbering } from "@carehub/database/numbering";
import type { Database } from "@carehub/database/pool";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  aPayload,
  fillLog,
  openTestEvents,
  readTopic,
  revisionOf,
  silent,
  type TestEvents,
  tell,
  upTo,
} from "./events.builder.ts";
import type { Producer } from "./kafka-port.ts";
import { type Relay, startRelay } from "./relay.ts";

let events: TestEvents;
let producer: Producer;

beforeAll(async () => {
  events = await openTestEvents();
  producer = events.kafka.producer();
});

afterAll(async () => {
  await producer.close();
  await events.close();
});

// One relay at a time brings the whole log of this file's database along; each test reads its own topic.
function relay(changed: { db?: Database; producer?: Producer } = {}): Relay {
  return startRelay({ db: events.db, producer, name: "test", logger: silent, ...changed });
}

const isDone = async (running: Relay) => {
  const waiting = await events.db.run("pending", "select from log.pending limit 1");
  return waiting.length === 0 && (await running.lag()).rows === 0;
};

test("brings every revision to the topic in its order, from thousands of racing commits", async () => {
  const topic = await events.newTopic();
  const numbering = startNumbering(events.db);
  const running = relay();
  const writers = Array.from({ length: 12 }, async (_, writer) => {
    for (let at = 0; at < 80; at += 1) {
      // One aggregate that all write, and two in one commit: their numbers cross between commits.
      await tell(events.db, ["hot"], { topic });
      await tell(events.db, ["left", "right"], { topic });
      await tell(events.db, [`own-${writer}`], { topic });
    }
  });
  await Promise.all(writers);
  await until(() => isDone(running), { what: "an empty relay", limitMs: 20_000 });
  await Promise.all([running.close(), numbering.close()]);
  const byKey = await readTopic(events.kafka, topic, 12 * 80 * 4);
  for (const key of ["hot", "left", "right"]) {
    expect(byKey.get(key)?.map(revisionOf)).toEqual(upTo(960));
  }
  expect(byKey.get("own-7")?.map(revisionOf)).toEqual(upTo(80));
});

test("sends again what was acknowledged when it died before its cursor moved, in order", async () => {
  const topic = await events.newTopic();
  await fillLog(events.db, { topic, keys: 50, perKey: 20, payload: aPayload("x") });
  const counting: Producer = {
    ...producer,
    async send(messages) {
      await producer.send(messages);
      sent += messages.length;
    },
  };
  // What came before the first acknowledgement was written; nothing after it is.
  const dying = {
    ...events.db,
    run: ((name, sql, values) =>
      sent > 0 && name === "cursor-move"
        ? Promise.reject(new Error("the process died here"))
        : events.db.run(name, sql, values)) satisfies Database["run"],
  } as Database;
  let sent = 0;
  const first = relay({ db: dying, producer: counting });
  await until(() => sent > 0, { what: "some acknowledged events" });
  await first.close();
  const lost = sent;
  const second = relay();
  await until(() => isDone(second), { what: "an empty relay" });
  await second.close();
  const byKey = await readTopic(events.kafka, topic, lost + 1_000);
  for (const messages of byKey.values()) {
    const revisions = messages.map(revisionOf);
    expect(new Set(revisions).size).toBe(20);
    // First copies come in order; a later copy is never ahead of what was there before it.
    let highest = 0;
    for (const revision of revisions) {
      expect(revision).toBeLessThanOrEqual(highest + 1);
      highest = Math.max(highest, revision);
    }
  }
  expect([...byKey.values()].flat().length).toBeGreaterThan(1_000);
});

test("tries for as long as the broker refuses, without losing the order", async () => {
  const topic = await events.newTopic();
  await fillLog(events.db, { topic, keys: 5, perKey: 40, payload: aPayload("x") });
  let refused = 0;
  const refusing: Producer = {
    ...producer,
    async send(messages) {
      refused += 1;
      if (refused % 3 !== 0) throw new Error("no broker");
      await producer.send(messages);
    },
  };
  const running = relay({ producer: refusing });
  await until(() => isDone(running), { what: "an empty relay", limitMs: 20_000 });
  await running.close();
  const byKey = await readTopic(events.kafka, topic, 200);
  for (const messages of byKey.values()) expect(messages.map(revisionOf)).toEqual(upTo(40));
});

test("lets one relay lead and another take its place", async () => {
  const first = relay();
  await until(() => first.isLeader(), { what: "a leader" });
  const second = relay();
  const topic = await events.newTopic();
  await fillLog(events.db, { topic, keys: 1, perKey: 3, payload: aPayload("x") });
  await until(() => isDone(first), { what: "an empty relay" });
  expect(second.isLeader()).toBe(false);
  await first.close();
  await until(() => second.isLeader(), { what: "the other leader" });
  await second.close();
});

test("carries large payloads, each in a batch that the broker accepts", async () => {
  const topic = await events.newTopic();
  const said = "x".repeat(900 * 1024);
  const numbering = startNumbering(events.db);
  for (let at = 0; at < 6; at += 1) await tell(events.db, [`large-${at % 2}`], { topic, said });
  const running = relay();
  await until(() => isDone(running), { what: "an empty relay" });
  await Promise.all([running.close(), numbering.close()]);
  const byKey = await readTopic(events.kafka, topic, 6);
  expect(byKey.get("large-0")?.map((message) => message.value.length)).toEqual(
    Array.from({ length: 3 }, () => aPayload(said).length),
  );
});
