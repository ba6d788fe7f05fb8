import { existsSync } from "node:fs";
import { topics } from "@carehub/events/topics";
import { Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { expect, test } from "vitest";
import { type Progress, startPlatform } from "./platform.ts";
import { claimInstance } from "./state.ts";

const instance = `test-platform-${process.pid}`;

test("gives each service its database and every topic, and leaves nothing when it stops", async () => {
  const told: Progress[] = [];
  const platform = await startPlatform({
    instance,
    services: [],
    identities: ["ministry/UZ"],
    onProgress: (progress) => told.push(progress),
  });
  const client = new Client({ connectionString: platform.databaseUrl("intake_keys") });
  await client.connect();
  const { rows } = await client.query("select current_database() as name");
  await client.end();
  expect(rows).toEqual([{ name: "intake_keys" }]);
  const broker = new Kafka({ brokers: platform.brokers.split(","), logLevel: logLevel.NOTHING });
  const admin = broker.admin();
  await admin.connect();
  expect(await admin.listTopics()).toEqual(expect.arrayContaining(Object.values(topics)));
  await admin.disconnect();
  expect(platform.certificates.tls("ministry/UZ").key.toString()).toContain("PRIVATE KEY");
  const ready = told.filter(({ state }) => state === "ready").map(({ part }) => part);
  expect(ready.toSorted()).toEqual(["Kafka", "PostgreSQL", "certificates"]);
  await Promise.all([platform.stop(), platform.stop()]);
  expect(existsSync(platform.folder)).toBe(false);
});

test("stops what it had started when a part fails", async () => {
  process.env.KAFKA_BROKERS = "127.0.0.1:1";
  const started = startPlatform({ instance, services: [] });
  await expect(started).rejects.toThrow();
  delete process.env.KAFKA_BROKERS;
  const free = await claimInstance(instance);
  await free.release();
});
