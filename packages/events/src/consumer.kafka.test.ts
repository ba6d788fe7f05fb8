import { randomUUID } from "node:crypto";
import { openDatabase } from "@carehub/database/pool";
import { readSeen } from "@carehub/database/seen";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aMessage, consume, keysOf, messagesOf, settled } from "./consumer.builder.ts";
import { applying, openTestEvents, readApplied, type TestEvents, upTo } from "./events.builder.ts";
import type { Producer } from "./kafka-port.ts";
import { createSeenBatches } from "./mark-seen.ts";
import { startTcpProxy } from "./tcp-proxy.builder.ts";

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

test("applies every event once and in order when each comes three times", async () => {
  const topic = await events.newTopic();
  const keys = keysOf(40);
  const messages = messagesOf(topic, keys, upTo(25));
  for (const copy of [messages, messages, messages]) {
    for (let at = 0; at < copy.length; at += 200) await producer.send(copy.slice(at, at + 200));
  }
  const consumer = consume(events, { topic });
  await settled(events.kafka, consumer);
  await consumer.close();
  const applied = await readApplied(events.db, consumer.group);
  for (const key of keys) expect(applied[`things/${key}`]).toEqual(upTo(25));
});

test("changes nothing when a whole topic is read again from its beginning", async () => {
  const topic = await events.newTopic();
  const group = `test.${randomUUID()}`;
  await producer.send(messagesOf(topic, keysOf(20), upTo(20)));
  const first = consume(events, { topic, group });
  await settled(events.kafka, first);
  await first.close();
  // Another Kafka group with the same name of `seen` rows stands for offsets that were lost.
  const handle = applying(events.db);
  const again = consume(events, {
    topic,
    handle: (message) => handle({ ...message, seen: { ...message.seen, consumer: group } }),
  });
  await settled(events.kafka, again);
  await again.close();
  const applied = await readApplied(events.db, group);
  for (const key of keysOf(20)) expect(applied[`things/${key}`]).toEqual(upTo(20));
});

test("marks as seen what its handler has nothing to do with, between what it has", async () => {
  const topic = await events.newTopic();
  const apply = applying(events.db);
  const consumer = consume(events, {
    topic,
    handle: (message) => {
      if (message.revision % 5 === 0) return apply(message);
      return message.revision % 5 === 1 ? "unknown-variant" : "ignored";
    },
  });
  await producer.send(messagesOf(topic, keysOf(30), upTo(20)));
  await settled(events.kafka, consumer);
  await consumer.close();
  const applied = await readApplied(events.db, consumer.group);
  for (const key of keysOf(30)) {
    const aggregate = `things/${key}`;
    expect(applied[aggregate]).toEqual([5, 10, 15, 20]);
    expect(await readSeen(events.db, { consumer: consumer.group, aggregate })).toBe(20);
  }
});

test("marks events of one aggregate that come at once one after the other", async () => {
  const consumer = `test.${randomUUID()}`;
  const mark = createSeenBatches(events.db, consumer);
  const source = { kind: "message", consumer, topic: "t", aggregate: "things/at-once" } as const;
  const marked = [1, 2, 2, 3].map((revision) => mark({ ...source, revision }));
  expect(await Promise.all(marked)).toEqual(["done", "done", "duplicate", "done"]);
  await expect(mark({ ...source, revision: 5 })).rejects.toThrow("up to 3 and was given 5");
});

test("loses and doubles nothing while members come and go", async () => {
  const topic = await events.newTopic();
  const group = `test.${randomUUID()}`;
  const keys = keysOf(60);
  const steady = consume(events, { topic, group });
  for (const revision of upTo(30)) {
    await producer.send(keys.map((key) => aMessage(topic, key, { revision })));
    if (revision % 10 !== 0) continue;
    const guest = consume(events, { topic, group });
    await until(async () => guest.lag().length > 0, { what: "the guest's first figures" });
    await producer.send(keys.map((key) => aMessage(topic, key, { revision })));
    await guest.close();
  }
  await settled(events.kafka, steady);
  await steady.close();
  const applied = await readApplied(events.db, group);
  for (const key of keys) expect(applied[`things/${key}`]).toEqual(upTo(30));
});

test("waits for a database that is away, counts no tries, and goes on when it is back", async () => {
  const topic = await events.newTopic();
  const url = new URL(events.databaseUrl);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = `${proxy.port}`;
  const db = openDatabase({ url: url.href, applicationName: "events-cut" });
  const consumer = consume(events, { topic, db });
  const keys = keysOf(30);
  await producer.send(messagesOf(topic, keys, upTo(2)));
  await settled(events.kafka, consumer);
  proxy.cut();
  await producer.send(messagesOf(topic, keys, [3, 4, 5, 6]));
  const end = performance.now() + 2_000;
  await until(() => performance.now() > end, { what: "two seconds" });
  expect(await readSeen(events.db, { consumer: consumer.group, aggregate: "things/key-1" })).toBe(
    2,
  );
  proxy.mend();
  await settled(events.kafka, consumer);
  await consumer.close();
  await db.close();
  await proxy.close();
  const applied = await readApplied(events.db, consumer.group);
  for (const key of keys) expect(applied[`things/${key}`]).toEqual(upTo(6));
  const dead = await events.db.run("dead", "select from log.dead_letter where consumer = $1", [
    consumer.group,
  ]);
  expect(dead).toEqual([]);
});

test("goes on behind a member that was paused too long and wakes up with old work", async () => {
  const topic = await events.newTopic();
  const group = `test.${randomUUID()}`;
  const apply = applying(events.db);
  const frozen = Promise.withResolvers<void>();
  const zombie = consume(events, {
    topic,
    group,
    handle: async (message) => {
      await frozen.promise;
      return apply(message);
    },
  });
  await producer.send(messagesOf(topic, keysOf(4), upTo(3)));
  await until(() => zombie.lag().some(({ lag }) => lag > 0n), { what: "work in its hands" });
  // The same name of `seen` rows, another Kafka group: it has taken over what the zombie still holds.
  const heir = consume(events, {
    topic,
    handle: (message) => apply({ ...message, seen: { ...message.seen, consumer: group } }),
  });
  await settled(events.kafka, heir);
  await heir.close();
  frozen.resolve();
  await settled(events.kafka, zombie);
  await zombie.close();
  const applied = await readApplied(events.db, group);
  for (const key of keysOf(4)) expect(applied[`things/${key}`]).toEqual(upTo(3));
});
