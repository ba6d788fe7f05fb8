import { attributes } from "@carehub/runtime/attributes";
import { counter, gauge } from "@carehub/runtime/meters";
import type { PartitionLag } from "./kafka-port.ts";

const sent = counter("carehub.events.sent", "Events acknowledged by Kafka.");
const handled = counter("carehub.events.handled", "Messages handled, by type and outcome.");
const deadLettered = counter("carehub.events.dead_lettered", "Messages set aside, by reason.");
const restarts = counter("carehub.consumer.restarts", "Consumer loops that were started anew.");

/** Counts events that all replicas in sync have. */
export function countSent(count: number): void {
  sent.add(count);
}

/** Counts one handled message; the outcome is that of its handler, or how it was set aside. */
export function countHandled(
  consumer: string,
  { topic, type, outcome }: { topic: string; type: string; outcome: string },
): void {
  handled.add(1, {
    [attributes.consumer]: consumer,
    [attributes.topic]: topic,
    [attributes.eventType]: type,
    [attributes.outcome]: outcome,
  });
}

/** Counts one dead letter. */
export function countDeadLetter(consumer: string, topic: string, reason: string): void {
  deadLettered.add(1, {
    [attributes.consumer]: consumer,
    [attributes.topic]: topic,
    [attributes.reason]: reason,
  });
}

/** Counts one restart of a consumer's loop. */
export function countRestart(consumer: string): void {
  restarts.add(1, { [attributes.consumer]: consumer });
}

/** Shows the relay's lag; answers how to end it. */
export function gaugeRelayLag(
  name: string,
  read: () => Promise<{ rows: number; seconds: number } | undefined>,
): () => void {
  const rows = gauge(
    { name: "carehub.relay.lag", description: "Numbered events that Kafka has not acknowledged." },
    async () => (await read())?.rows,
    { relay: name },
  );
  const seconds = gauge(
    { name: "carehub.relay.lag.seconds", description: "Age of the oldest event that waits." },
    async () => (await read())?.seconds,
    { relay: name },
  );
  return () => {
    rows();
    seconds();
  };
}

/**
 * Shows a consumer's lag by partition, its dead letters (with those parked behind them) and its
 * parked keys; answers how to end it.
 */
export function gaugeConsumer(
  {
    consumer,
    topics,
    partitions,
  }: { consumer: string; topics: readonly string[]; partitions: number },
  read: {
    lag: () => readonly PartitionLag[];
    deadLetters: () => Promise<number>;
    parkedKeys: () => Promise<number>;
  },
): () => void {
  const lagOf = (topic: string, partition: number) =>
    read.lag().find((entry) => entry.topic === topic && entry.partition === partition)?.lag;
  const gauges = topics.flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) =>
      gauge(
        { name: "carehub.consumer.lag", description: "Messages that the group has not settled." },
        () => {
          const lag = lagOf(topic, partition);
          return lag === undefined ? undefined : Number(lag);
        },
        {
          [attributes.consumer]: consumer,
          [attributes.topic]: topic,
          [attributes.partition]: partition,
        },
      ),
    ),
  );
  const deadLetters = gauge(
    { name: "carehub.consumer.dead_letters", description: "Messages that wait for a replay." },
    read.deadLetters,
    { [attributes.consumer]: consumer },
  );
  const parked = gauge(
    { name: "carehub.consumer.parked_keys", description: "Keys whose messages wait for a replay." },
    read.parkedKeys,
    { [attributes.consumer]: consumer },
  );
  return () => {
    for (const end of [...gauges, deadLetters, parked]) end();
  };
}
