import { randomUUID } from "node:crypto";
import { readParkedKeys } from "@carehub/database/dead-letters";
import { OperationalError } from "@carehub/database/operational-error";
import { readSeen } from "@carehub/database/seen";
import { DomainError } from "@carehub/rules/domain-error";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aMessage, consume, keysOf, messagesOf, settled } from "./consumer.builder.ts";
import { openDeadLetters } from "./dead-letters.ts";
import {
  aPayload,
  applying,
  openTestEvents,
  readApplied,
  silent,
  type TestEvents,
  upTo,
} from "./events.builder.ts";
import type { OutgoingMessage, Producer } from "./kafka-port.ts";

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

type Letters = { state: string; reason: string; revision: number | null; tries: number }[];

const readLetters = (consumer: string): Promise<Letters> =>
  events.db.run(
    "letters",
    `select state, reason, revision, tries from log.dead_letter
     where consumer = $1 order by partition, message_offset`,
    [consumer],
  );

const garbage = new Uint8Array([0xff, 0xff, 0xff]);

test("buries what its handler refuses, parks its key, and lets other keys go on", async () => {
  const topic = await events.newTopic();
  const apply = applying(events.db);
  let isMended = false;
  const consumer = consume(events, {
    topic,
    handle: (message) => {
      if (message.key === "key-3" && message.revision === 4 && !isMended) {
        throw new DomainError("TEMPLATE_UNKNOWN", { template: "x" });
      }
      return apply(message);
    },
  });
  await producer.send(messagesOf(topic, keysOf(20), upTo(8)));
  await settled(events.kafka, consumer);
  const before = await readApplied(events.db, consumer.group);
  expect(before["things/key-3"]).toEqual([1, 2, 3]);
  for (const key of ["key-1", "key-2", "key-20"]) {
    expect(before[`things/${key}`]).toEqual(upTo(8));
  }
  expect(await readLetters(consumer.group)).toEqual([
    { state: "DEAD", reason: "TEMPLATE_UNKNOWN", revision: 4, tries: 3 },
    ...[5, 6, 7, 8].map((revision) => ({
      ...{ state: "PARKED", reason: "KEY_PARKED", revision, tries: 0 },
    })),
  ]);
  const letters = openDeadLetters({ db: events.db, consumers: [consumer], logger: silent });
  const key = { consumer: consumer.group, topic, key: "key-3" };
  const refused = await letters.replay(key);
  expect(refused).toMatchObject({ kind: "failed", replayedCount: 0, reason: "TEMPLATE_UNKNOWN" });
  expect((await readLetters(consumer.group))[0]).toMatchObject({ state: "DEAD", tries: 4 });
  isMended = true;
  const [dead] = await letters.list({ limit: 1, consumer: consumer.group, state: "DEAD" });
  const replayed = await letters.replay({ id: dead?.id ?? 0n });
  expect(replayed).toEqual({ kind: "freed", replayedCount: 5 });
  expect(await letters.replay(key)).toEqual({ kind: "freed", replayedCount: 0 });
  await producer.send(messagesOf(topic, ["key-3"], [9]));
  await settled(events.kafka, consumer);
  await consumer.close();
  const after = await readApplied(events.db, consumer.group);
  expect(after["things/key-3"]).toEqual(upTo(9));
  expect(await readParkedKeys(events.db, consumer.group)).toEqual([]);
});

test("buries what does not decode, has no headers of ours, or comes after a gap", async () => {
  const topic = await events.newTopic();
  const consumer = consume(events, { topic });
  const foreign: OutgoingMessage = {
    ...aMessage(topic, "foreign", { revision: 1 }),
    headers: { ce_id: "a\0b" },
  };
  await producer.send([
    aMessage(topic, "garbled", { revision: 1, payload: garbage }),
    foreign,
    aMessage(topic, "gap", { revision: 2 }),
    aMessage(topic, "large", { revision: 1, payload: aPayload("x".repeat(2 * 1024 * 1024)) }),
    ...messagesOf(topic, keysOf(5), upTo(3)),
  ]);
  await settled(events.kafka, consumer);
  const applied = await readApplied(events.db, consumer.group);
  expect(applied).toEqual(
    Object.fromEntries([
      ["things/large", [1]],
      ...keysOf(5).map((key) => [`things/${key}`, [1, 2, 3]]),
    ]),
  );
  const reasons = (await readLetters(consumer.group)).map(({ reason }) => reason);
  expect(reasons.toSorted()).toEqual(["MALFORMED_MESSAGE", "REVISION_GAP", "UNDECODABLE"]);
  // What was missing is sent again by its owner: it lies behind the one that missed it.
  await producer.send([aMessage(topic, "gap", { revision: 1 })]);
  await settled(events.kafka, consumer);
  const letters = openDeadLetters({ db: events.db, consumers: [consumer], logger: silent });
  const of = (key: string) => letters.replay({ consumer: consumer.group, topic, key });
  expect(await of("gap")).toEqual({ kind: "freed", replayedCount: 2 });
  expect(await of("garbled")).toMatchObject({ kind: "failed", reason: "UNDECODABLE" });
  expect(await of("foreign")).toMatchObject({ kind: "failed", reason: "MALFORMED_MESSAGE" });
  await consumer.close();
  expect((await readApplied(events.db, consumer.group))["things/gap"]).toEqual([1, 2]);
});

test("keeps the order of a key whose events go on arriving while it is replayed", async () => {
  const topic = await events.newTopic();
  const apply = applying(events.db);
  let isMended = false;
  const consumer = consume(events, {
    topic,
    handle: (message) => {
      if (message.revision === 1 && !isMended) throw new TypeError("a bug");
      return apply(message);
    },
  });
  await producer.send(messagesOf(topic, ["busy"], upTo(30)));
  await settled(events.kafka, consumer);
  isMended = true;
  const letters = openDeadLetters({ db: events.db, consumers: [consumer], logger: silent });
  const key = { consumer: consumer.group, topic, key: "busy" };
  const sending = (async () => {
    for (let revision = 31; revision <= 230; revision += 1) {
      await producer.send([aMessage(topic, "busy", { revision })]);
    }
  })();
  // Two operators at once, again and again, while events arrive.
  while ((await readParkedKeys(events.db, consumer.group)).length > 0) {
    await Promise.all([letters.replay(key), letters.replay(key)]);
  }
  await sending;
  await settled(events.kafka, consumer);
  await consumer.close();
  expect((await readApplied(events.db, consumer.group))["things/busy"]).toEqual(upTo(230));
  const waiting = (await readLetters(consumer.group)).filter(({ state }) => state !== "REPLAYED");
  expect(waiting).toEqual([]);
});

test("counts no try that the surroundings made fail", async () => {
  const topic = await events.newTopic();
  const apply = applying(events.db);
  let failures = 0;
  const consumer = consume(events, {
    topic,
    handle: (message) => {
      failures += 1;
      if (failures > 5) return apply(message);
      const cause = Object.assign(new Error("ended"), { code: "57P01", severity: "FATAL" });
      throw new OperationalError("a statement", { cause });
    },
  });
  await producer.send([aMessage(topic, "patient", { revision: 1 })]);
  await settled(events.kafka, consumer);
  await consumer.close();
  expect(await readLetters(consumer.group)).toEqual([]);
  expect((await readApplied(events.db, consumer.group))["things/patient"]).toEqual([1]);
});

test("knows its parked keys after a restart", async () => {
  const topic = await events.newTopic();
  const group = `test.${randomUUID()}`;
  const first = consume(events, { topic, group });
  await producer.send([aMessage(topic, "sick", { revision: 1, payload: garbage })]);
  await settled(events.kafka, first);
  await first.close();
  const second = consume(events, { topic, group });
  await producer.send(messagesOf(topic, ["sick"], [2]));
  await settled(events.kafka, second);
  await second.close();
  const states = (await readLetters(group)).map(({ state }) => state);
  expect(states).toEqual(["DEAD", "PARKED"]);
});

test("does not bury what another member has committed while its own try failed", async () => {
  const topic = await events.newTopic();
  const group = `test.${randomUUID()}`;
  const apply = applying(events.db);
  const consumer = consume(events, {
    topic,
    group,
    handle: async (message) => {
      await apply(message);
      throw new DomainError("ALREADY_DONE");
    },
  });
  await producer.send(messagesOf(topic, ["shared"], [1, 2]));
  await until(
    async () => (await readSeen(events.db, { consumer: group, aggregate: "things/shared" })) === 2,
    {
      what: "both events",
    },
  );
  await settled(events.kafka, consumer);
  await consumer.close();
  expect(await readLetters(group)).toEqual([]);
});
