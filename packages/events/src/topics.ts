import { setTimeout as wait } from "node:timers/promises";
import { openKafka } from "./kafka.ts";
import type { Admin } from "./kafka-port.ts";

/** Every topic of the house, by what it carries. Only the owning service writes to one. */
export const topics = {
  /** Key: referral id. */
  cases: "carehub.intake.cases",
  /** Key: referral id. */
  courses: "carehub.capacity.courses",
  /** Key: hub id. */
  hubs: "carehub.capacity.hubs",
  /** Key: referral id. */
  entitlements: "carehub.agreements.entitlements",
  /** Key: agreement id or party id. */
  registry: "carehub.agreements.registry",
  /** Key: referral id. */
  accounts: "carehub.billing.accounts",
  /** Key: pair of parties. */
  statements: "carehub.billing.statements",
} as const;

export type Topic = (typeof topics)[keyof typeof topics];

/** Never changed: the partition of a key, and with it the order of its events, depends on it. */
export const partitionsOfTopic = 8;

/** Greater than any payload that the API lets in (4 MB), so that no committed event is refused here. */
const messageBytesMax = 5 * 1024 * 1024;

const retentionDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

const silent = { warn: () => undefined, debug: () => undefined };

const serveLimitMs = 20_000;
const serveRetryMs = 50;

/**
 * Creates the topics that are missing; safe to repeat. Resolves when all partitions are served, fails when
 * a topic has another number of them. With a replication of 3, two copies must be written before a send is
 * acknowledged.
 */
export async function ensureTopics(
  brokers: readonly string[],
  options: { readonly replication: number; readonly names?: readonly string[] },
): Promise<void> {
  const { replication, names = Object.values(topics) } = options;
  const admin = await openKafka({ brokers, clientId: "carehub-topics", logger: silent }).admin();
  const config = {
    "cleanup.policy": "delete",
    "max.message.bytes": `${messageBytesMax}`,
    "min.insync.replicas": `${Math.max(1, replication - 1)}`,
    "retention.ms": `${retentionDays * dayMs}`,
  };
  try {
    await admin.createTopics(
      names.map((topic) => ({ topic, partitions: partitionsOfTopic, replication, config })),
    );
    for (const topic of names) {
      const found = await countServedPartitions(admin, topic);
      if (found !== partitionsOfTopic) {
        throw new Error(`topic ${topic} has ${found} partitions, expected ${partitionsOfTopic}`);
      }
    }
  } finally {
    await admin.close();
  }
}

async function countServedPartitions(admin: Admin, topic: string): Promise<number> {
  const end = performance.now() + serveLimitMs;
  for (;;) {
    try {
      return await admin.countPartitions(topic);
    } catch (error) {
      if (performance.now() > end)
        throw new Error(`topic ${topic} is not served`, { cause: error });
      await wait(serveRetryMs);
    }
  }
}
