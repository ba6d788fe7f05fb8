import { ensureTopics } from "@carehub/events/topics";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyTopics } from "./external-kafka.ts";
import { startKafka } from "./kafka.ts";
import { claimInstance, type Instance } from "./state.ts";

let instance: Instance;
let kafka: Awaited<ReturnType<typeof startKafka>>;

beforeAll(async () => {
  instance = await claimInstance(`external-kafka-${process.pid}`);
  kafka = await startKafka({ instance });
});

afterAll(async () => {
  await kafka?.stop();
  await instance?.release();
});

test("deletes the house's topics on a broker that is not ours only when it may", async () => {
  await emptyTopics(kafka.brokers, {});
  await ensureTopics(kafka.brokers.split(","), { replication: 1 });
  await expect(emptyTopics(kafka.brokers, {})).rejects.toThrow(/CAREHUB_DELETE_TOPICS=yes/);
  expect(await houseTopics()).toContain("carehub.intake.cases");
  await emptyTopics(kafka.brokers, { CAREHUB_DELETE_TOPICS: "yes" });
  expect(await houseTopics()).toEqual([]);
});

async function houseTopics(): Promise<string[]> {
  const admin = new Kafka({
    brokers: kafka.brokers.split(","),
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics.filter((topic) => topic.startsWith("carehub."));
}
