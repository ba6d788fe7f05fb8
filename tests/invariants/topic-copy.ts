import { setTimeout as delay } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";

/** A message as it lies on a topic, to be put there again. */
export type RawMessage = {
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
};

const partitions = 8;
const settleMsMax = 20_000;

/** Reads and rewrites one topic whole: that is how a broken topic is made, and made whole again. */
export function openTopic(brokers: readonly string[], topic: string) {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: "breaker",
    logLevel: logLevel.NOTHING,
  });
  return {
    read: () => readAll(kafka, topic),
    rewrite: async (messages: readonly RawMessage[]) => {
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      const create = () =>
        admin.createTopics({
          topics: [{ topic, numPartitions: partitions }],
          waitForLeaders: true,
        });
      await insist(async () => (await admin.listTopics()).includes(topic) === false);
      await insist(create);
      await insist(async () => (await admin.fetchTopicOffsets(topic)).length === partitions);
      await admin.disconnect();
      const producer = kafka.producer({
        createPartitioner:
          () =>
          ({ message }) =>
            message.partition ?? 0,
      });
      await producer.connect();
      // One after the other: a batch would be sorted by partition only.
      for (const message of messages) {
        await insist(async () => {
          await producer.send({ topic, acks: -1, messages: [message] });
          return true;
        });
      }
      await producer.disconnect();
    },
  };
}

async function readAll(kafka: Kafka, topic: string): Promise<RawMessage[]> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const total = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const messages: RawMessage[] = [];
  const consumer = kafka.consumer({ groupId: `breaker-${topic}` });
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const { key, value, headers = {} } = message;
      const texts = Object.entries(headers).map(([name, header]) => [name, String(header)]);
      const raw = { partition, key: String(key), value: value ?? Buffer.alloc(0) };
      messages.push({ ...raw, headers: Object.fromEntries(texts) });
      if (messages.length >= total) resolve();
    },
  });
  await all;
  await consumer.disconnect();
  return messages;
}

async function insist(work: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + settleMsMax; ; await delay(50)) {
    const isDone = await work().catch((error: unknown) => {
      if (Date.now() > end) throw error;
      return false;
    });
    if (isDone) return;
    if (Date.now() > end) throw new Error("the topic did not become as it was asked");
  }
}
