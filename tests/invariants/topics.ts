import { createHash, randomUUID } from "node:crypto";
import { Kafka, logLevel } from "kafkajs";

const readLimitMs = 60_000;

/** A message of a topic; `digest` is the SHA-256 of its value. */
export type TopicMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly digest: string;
};

/** Every message of every topic `carehub.*`, sorted by topic, partition and offset. */
export async function readTopics(brokers: readonly string[]): Promise<TopicMessage[]> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: "carehub-invariants",
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `carehub-invariants-${randomUUID()}`;
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith("carehub."));
    const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
    const total = ends.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
    if (total === 0) return [];
    const messages = await consume(kafka, { topics, total, groupId });
    await admin.deleteGroups([groupId]);
    return messages.toSorted(
      (one, other) =>
        one.topic.localeCompare(other.topic) ||
        one.partition - other.partition ||
        one.offset - other.offset,
    );
  } finally {
    await admin.disconnect();
  }
}

async function consume(
  kafka: Kafka,
  { topics, total, groupId }: { topics: string[]; total: number; groupId: string },
): Promise<TopicMessage[]> {
  const consumer = kafka.consumer({ groupId });
  // By place: a group that is assigned anew is given some of them twice.
  const messages = new Map<string, TopicMessage>();
  const { promise: all, resolve, reject } = Promise.withResolvers<void>();
  const late = () => reject(new Error(`read ${messages.size} of ${total} messages`));
  const limit = setTimeout(late, readLimitMs);
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const { offset, key, value, headers = {} } = message;
        messages.set(`${topic} ${partition} ${offset}`, {
          topic,
          partition,
          offset: Number(offset),
          key: key?.toString() ?? "",
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, header]) => [name, String(header)]),
          ),
          digest: createHash("sha256")
            .update(value ?? "")
            .digest("hex"),
        });
        if (messages.size >= total) resolve();
      },
    });
    await all;
  } finally {
    clearTimeout(limit);
    await consumer.disconnect();
  }
  return [...messages.values()];
}
