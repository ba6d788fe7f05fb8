import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@carehub/events/topics";
import { type Admin, Kafka, logLevel } from "kafkajs";

/** Set to `yes`, it allows to delete the house's topics on a broker that is not ours. */
const consentVariable = "CAREHUB_DELETE_TOPICS";
const goneMsMax = 15_000;
const pollMs = 50;

/**
 * Makes sure that a broker that outlives us holds none of the house's topics, since fresh databases
 * cannot follow old ones. Topics that are there are deleted only with the operator's word for it;
 * without it this fails, names them, and deletes nothing.
 */
export async function emptyTopics(
  brokers: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<void> {
  const client = new Kafka({
    brokers: brokers.split(","),
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
  });
  const admin = client.admin();
  await admin.connect();
  try {
    const ours = await houseTopics(admin);
    if (ours.length === 0) return;
    if (env[consentVariable] !== "yes") {
      throw new Error(
        `The broker at ${brokers} already has ${ours.join(", ")}. A run on fresh databases would have to ` +
          `delete them. Name another broker, or set ${consentVariable}=yes where they may go.`,
      );
    }
    await admin.deleteTopics({ topics: ours });
    await waitUntilGone(admin);
  } finally {
    await admin.disconnect();
  }
}

async function houseTopics(admin: Admin): Promise<string[]> {
  const present = await admin.listTopics();
  return Object.values(topics).filter((topic) => present.includes(topic));
}

/** A broker deletes after it has answered; a topic made too early would be deleted with the old one. */
async function waitUntilGone(admin: Admin): Promise<void> {
  for (let waitedMs = 0; waitedMs < goneMsMax; waitedMs += pollMs) {
    if ((await houseTopics(admin)).length === 0) return;
    await delay(pollMs);
  }
  throw new Error(`The broker has not deleted its old topics within ${goneMsMax / 1000} s.`);
}
