import { Kafka, logLevel, Partitioners } from "kafkajs";
import { expect, inject, test } from "vitest";

test("carries a message through the run's broker", async () => {
  const client = new Kafka({
    brokers: inject("kafkaBrokers").split(","),
    logLevel: logLevel.NOTHING,
  });
  const admin = client.admin();
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  const topic = "carehub.local.trial";
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  await producer.send({ topic, acks: -1, messages: [{ key: "a", value: "b" }] });
  const offsets = await admin.fetchTopicOffsets(topic);
  expect(offsets).toMatchObject([{ partition: 0, offset: "1" }]);
  await Promise.all([admin.disconnect(), producer.disconnect()]);
});

test("makes no topic that nobody asked for", async () => {
  const client = new Kafka({
    brokers: inject("kafkaBrokers").split(","),
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const send = producer.send({ topic: "carehub.misspelt", messages: [{ value: "b" }] });
  await expect(send).rejects.toThrow("does not host this topic-partition");
  await producer.disconnect();
});
