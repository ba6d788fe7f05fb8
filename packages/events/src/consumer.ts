/*
 * Reads topics of other services and hands each event to its handler, strictly in order for each key.
 *
 * Guarantee: every event is handled at least once and takes effect once: the handler's commit moves
 * `seen(consumer, aggregate)` from n - 1 to n, so a repeat, a gap or a member that lost its partition without
 * knowing it changes nothing. Offsets are committed after the effects and only up to where all is settled.
 * Other keys go on, in the same partition too, while one is tried again, parked or slow.
 * Not guaranteed: any order between keys, or between topics.
 * Survived: crashes, rebalances, a database or broker that is away, and a loop that dies or stands still: it
 * is started anew with a growing delay.
 */
import type { DescMessage } from "@bufbuild/protobuf";
import { countWaiting, readParkedKeys } from "@carehub/database/dead-letters";
import type { Logger } from "@carehub/database/logger";
import type { Database } from "@carehub/database/pool";
import { type Attempt, createAttempt } from "./attempt.ts";
import { type Backoff, waitBackoff } from "./backoff.ts";
import { runLoop } from "./consumer-loop.ts";
import { deliver } from "./deliver.ts";
import type { IncomingMessage, Kafka, PartitionLag } from "./kafka-port.ts";
import { createKeyLanes } from "./key-lanes.ts";
import { watchLag } from "./lag.ts";
import { createSeenBatches } from "./mark-seen.ts";
import type { Subscription, Subscriptions } from "./message.ts";
import { countRestart, gaugeConsumer } from "./metrics.ts";
import { createParkedKeys } from "./parked-keys.ts";
import { partitionsOfTopic } from "./topics.ts";

export type ConsumerOptions<Schemas extends readonly DescMessage[]> = {
  readonly db: Database;
  readonly kafka: Kafka;
  /** `service.consumer`: the Kafka group and the name of its `seen` rows and dead letters. */
  readonly group: string;
  readonly subscriptions: Subscriptions<Schemas>;
  readonly logger: Logger;
  /** Keys handled at once; more than the database's pool only queues there. */
  readonly lanesMax?: number;
};

export type Consumer = {
  readonly group: string;
  readonly topics: readonly string[];
  /** Handles one event once, as the loop does; for what was set aside. */
  readonly attempt: Attempt;
  /** The lag as seen some seconds ago. */
  readonly lag: () => readonly PartitionLag[];
  /** Settles what is in work, commits the offsets, leaves the group. */
  readonly close: () => Promise<void>;
};

const lanesMaxDefault = 16;
const restartBackoff: Backoff = { firstMs: 500, maxMs: 3_000 };
// A life this long was a good one: the next failure starts with the shortest delay again.
const goodLifeMs = 60_000;

/** Starts one member of a consumer group; it goes on until it is closed. */
export function startConsumer<const Schemas extends readonly DescMessage[]>(
  options: ConsumerOptions<Schemas>,
): Consumer {
  const { db, kafka, group, logger } = options;
  const subscriptions = eraseSchemas(options.subscriptions);
  const topics = subscriptions.map(({ topic }) => topic);
  const stop = new AbortController();
  const lagWatch = watchLag({ kafka, logger }, { group, topics });
  const parkedKeys = createParkedKeys(db, group);
  const attempt = createAttempt({
    consumer: group,
    subscriptions,
    markSeen: createSeenBatches(db, group),
  });
  const lanes = createKeyLanes(options.lanesMax ?? lanesMaxDefault);
  const running = restartFor(stop.signal, { group, logger }, () =>
    runLoop({
      kafka,
      group,
      topics,
      lanes,
      lagWatch,
      logger,
      stop: stop.signal,
      prepare: () => parkedKeys.load(),
      deliver: (message: IncomingMessage, signal: AbortSignal) =>
        deliver(message, { db, consumer: group, attempt, parkedKeys, logger, signal }),
    }),
  );
  const unwatch = gaugeConsumer(
    { consumer: group, topics, partitions: partitionsOfTopic },
    {
      lag: lagWatch.latest,
      deadLetters: () => countWaiting(db, group),
      parkedKeys: async () => (await readParkedKeys(db, group)).length,
    },
  );
  return {
    group,
    topics,
    attempt,
    lag: lagWatch.latest,
    async close() {
      unwatch();
      stop.abort();
      await Promise.all([running, lagWatch.close()]);
    },
  };
}

// A handler is only ever given what its own schema decoded, so its type may be forgotten here.
function eraseSchemas<Schemas extends readonly DescMessage[]>(
  subscriptions: Subscriptions<Schemas>,
): readonly Subscription<DescMessage>[] {
  return subscriptions as unknown as readonly Subscription<DescMessage>[];
}

async function restartFor(
  stop: AbortSignal,
  { group, logger }: { group: string; logger: Logger },
  live: () => Promise<void>,
): Promise<void> {
  for (let failures = 0; !stop.aborted; ) {
    const startedMs = performance.now();
    try {
      await live();
    } catch (error) {
      failures = performance.now() - startedMs > goodLifeMs ? 1 : failures + 1;
      logger.warn({ err: error, consumer: group, failures }, "a consumer is started anew");
      countRestart(group);
      await waitBackoff(restartBackoff, failures, stop);
    }
  }
}
