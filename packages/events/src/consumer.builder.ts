import { randomUUID } from "node:crypto";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import type { Database } from "@carehub/database/pool";
import { until } from "@carehub/testing/wait";
import { type Consumer, startConsumer } from "./consumer.ts";
import { aPayload, applying, silent, type TestEvents, upTo } from "./events.builder.ts";
import type { Kafka, OutgoingMessage } from "./kafka-port.ts";
import { consumerLag } from "./lag.ts";
import type { Handle } from "./message.ts";
import { toMessage } from "./wire.ts";

/** What a test says of its consumer; the rest is chosen here. */
export type Reading = {
  readonly topic: string;
  readonly group?: string;
  readonly db?: Database;
  readonly handle?: Handle<StringValue>;
};

/** Starts a consumer of one topic in a group of its own that applies what it gets. */
export function consume(events: TestEvents, reading: Reading): Consumer {
  const { topic, group = `test.${randomUUID()}`, db = events.db } = reading;
  const handle = reading.handle ?? applying(db);
  return startConsumer({
    db,
    kafka: events.kafka,
    group,
    subscriptions: [{ topic, schema: StringValueSchema, handle }],
    logger: silent,
  });
}

/** Waits until a consumer has settled everything that its topics hold. */
export function settled(kafka: Kafka, { group, topics }: Consumer): Promise<true> {
  const hasNoLag = async () => {
    const lags = await consumerLag(kafka, [{ group, topics }]);
    return lags.length > 0 && lags.every(({ lag }) => lag === 0n);
  };
  return until(hasNoLag, { what: `no lag of ${group}`, limitMs: 30_000, everyMs: 100 });
}

/** An event of a thing as the relay sends it; it says its key and revision unless told otherwise. */
export function aMessage(
  topic: string,
  key: string,
  thing: { revision: number; payload?: Uint8Array; traceparent?: string },
): OutgoingMessage {
  return toMessage({
    eventId: randomUUID(),
    topic,
    key,
    aggregate: `things/${key}`,
    revision: thing.revision,
    type: "test.Told",
    payload: thing.payload ?? aPayload(`${key} ${thing.revision}`),
    occurredAt: Temporal.Now.instant(),
    traceparent: thing.traceparent ?? null,
    actor: null,
  });
}

/** Some revisions of each of some keys, interleaved. */
export function messagesOf(
  topic: string,
  keys: readonly string[],
  revisions: readonly number[],
): OutgoingMessage[] {
  return revisions.flatMap((revision) => keys.map((key) => aMessage(topic, key, { revision })));
}

/** `key-1` to `key-{count}`. */
export function keysOf(count: number): string[] {
  return upTo(count).map((at) => `key-${at}`);
}
