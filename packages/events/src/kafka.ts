/*
 * The only file that knows the Kafka client library. The rest of the house sees `kafka-port.ts`.
 *
 * What the library is kept from doing: choosing partitions (ours is computed, Java's hash), making
 * topics, committing offsets by itself, restarting a crashed loop with its own rules, and writing its
 * own trace headers over those of the command that made the event.
 */
import { context, createContextKey } from "@opentelemetry/api";
import kafkajs from "kafkajs";
import type {
  Admin,
  ConsumerListener,
  ConsumerLoop,
  IncomingMessage,
  Kafka,
  OutgoingMessage,
  PartitionLag,
  Producer,
  TopicPlan,
} from "./kafka-port.ts";
import { replaceRecordEncoder } from "./kafka-records.ts";

/** What is needed of a logger here. */
export type KafkaLogger = {
  warn(fields: object, message: string): void;
  debug(fields: object, message: string): void;
};

export type KafkaOptions = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: KafkaLogger;
  /** PEM texts; without them the connection is plain, for one machine only. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
};

const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 6_000;
const produceTimeoutMs = 5_000;
const sessionTimeoutMs = 10_000;
const rebalanceTimeoutMs = 10_000;
const heartbeatIntervalMs = 2_000;
// A resumed partition joins the next fetch only, so this bounds how long a resume takes.
const fetchWaitMsMax = 250;
const fetchBytesPartitionMax = 1024 * 1024;
const fetchBytesMax = 8 * 1024 * 1024;
const metadataAgeMsMax = 60_000;
const retry = { initialRetryTime: 100, maxRetryTime: 2_000, factor: 0.2, multiplier: 2 };
// A new topic is unknown to its broker for a moment; under load that has taken more than a second.
const retriesOfRequest = 5;
// The relay repeats for ever on new connections; long repeating on the old one would only delay that.
const retriesOfSend = 3;
// A group's coordinator is made with its first member, and may be away for some seconds then.
const retriesOfConsumer = 8;

replaceRecordEncoder();

/** Describes a cluster; nothing is connected before a producer, a consumer or an admin is asked for. */
export function openKafka(options: KafkaOptions): Kafka {
  const client = new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { ...retry, retries: retriesOfRequest },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: () => (entry) => writeLog(options.logger, entry),
    ...(options.tls ? { ssl: { ...options.tls, ca: [options.tls.ca] } } : {}),
  });
  return {
    producer: () => openProducer(client),
    consume: (group, listener) => openConsumer(client, group, listener),
    admin: () => openAdmin(client),
  };
}

function openProducer(client: kafkajs.Kafka): Producer {
  const producer = client.producer({
    createPartitioner: () => (args) => chosenPartition(args.message),
    allowAutoTopicCreation: false,
    // Repeats are harmless (consumers count revisions), so the fragile idempotent mode is not needed.
    idempotent: false,
    maxInFlightRequests: 1,
    metadataMaxAge: metadataAgeMsMax,
    retry: { ...retry, retries: retriesOfSend },
  });
  let connecting: Promise<void> | undefined;
  // A connection that timed out is not closed by the library and would swallow the next send too.
  const connect = async () => {
    await producer.disconnect();
    await producer.connect();
  };
  return {
    async send(messages) {
      connecting ??= connect();
      const connected = connecting;
      try {
        await connected;
        await withoutTracing(() =>
          producer.sendBatch({
            acks: -1,
            timeout: produceTimeoutMs,
            topicMessages: groupByTopic(messages),
          }),
        );
      } catch (error) {
        // Only the first of those that failed together makes the next send connect anew.
        if (connecting === connected) connecting = undefined;
        throw new Error("Kafka did not acknowledge a batch", { cause: error });
      }
    },
    close: () => producer.disconnect(),
  };
}

function groupByTopic(messages: readonly OutgoingMessage[]): kafkajs.TopicMessages[] {
  const byTopic = new Map<string, kafkajs.Message[]>();
  for (const { topic, partition, key, value, headers } of messages) {
    const list = byTopic.get(topic) ?? [];
    list.push({
      partition,
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.length),
      headers,
    });
    byTopic.set(topic, list);
  }
  return [...byTopic].map(([topic, list]) => ({ topic, messages: list }));
}

function chosenPartition(message: kafkajs.Message): number {
  if (message.partition === undefined) throw new Error("a message without a partition");
  return message.partition;
}

async function openConsumer(
  client: kafkajs.Kafka,
  { group, topics }: { group: string; topics: readonly string[] },
  listener: ConsumerListener,
): Promise<ConsumerLoop> {
  const consumer = client.consumer({
    groupId: group,
    allowAutoTopicCreation: false,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    maxWaitTimeInMs: fetchWaitMsMax,
    maxBytesPerPartition: fetchBytesPartitionMax,
    maxBytes: fetchBytesMax,
    metadataMaxAge: metadataAgeMsMax,
    maxInFlightRequests: 1,
    // The library restarts on some crashes and not on others; here every crash is ours to answer.
    retry: { ...retry, retries: retriesOfConsumer, restartOnFailure: async () => false },
  });
  let activeAtMs = performance.now();
  const touch = () => {
    activeAtMs = performance.now();
  };
  let isOver = false;
  consumer.on(consumer.events.STOP, () => {
    isOver = true;
  });
  let isClosed = false;
  consumer.on(consumer.events.FETCH, touch);
  consumer.on(consumer.events.HEARTBEAT, touch);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    touch();
    listener.assigned(listPartitions(payload.memberAssignment));
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!isClosed) listener.failed(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await withoutTracing(() =>
    consumer.run({
      autoCommit: false,
      // Resolving moves only the place of the next fetch: what is done is committed by `commit`.
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch }) => {
        listener.received(
          batch.messages.map((message) => toIncoming(batch, message)),
          BigInt(batch.highWatermark),
        );
      },
    }),
  );
  return {
    async commit(offsets) {
      await consumer.commitOffsets(
        offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: `${offset}` })),
      );
    },
    pause(topic, partition) {
      if (!isOver) consumer.pause([{ topic, partitions: [partition] }]);
    },
    resume(topic, partition) {
      if (!isOver) consumer.resume([{ topic, partitions: [partition] }]);
    },
    idleMs: () => performance.now() - activeAtMs,
    async close() {
      isClosed = true;
      await consumer.disconnect();
    },
  };
}

function listPartitions(assignment: Record<string, number[]>) {
  return Object.entries(assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

function toIncoming(
  { topic, partition }: { topic: string; partition: number },
  message: kafkajs.KafkaMessage,
): IncomingMessage {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined && first !== null) headers[name] = toText(first);
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: toText(message.key ?? ""),
    value: message.value ?? Buffer.alloc(0),
    headers,
  };
}

// U+0000 is no text for PostgreSQL, which keeps what cannot be handled.
function toText(bytes: Buffer | string): string {
  return bytes.toString().replaceAll("\0", "\uFFFD");
}

async function openAdmin(client: kafkajs.Kafka): Promise<Admin> {
  const admin = client.admin({ retry: { ...retry, retries: retriesOfRequest } });
  await admin.connect();
  return {
    createTopics: (plans) => createTopics(admin, plans),
    countPartitions: async (topic) => (await admin.fetchTopicOffsets(topic)).length,
    async lag(group, topics) {
      const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
      const lags = await Promise.all(
        committed.map(async ({ topic, partitions }) => {
          const ends = await admin.fetchTopicOffsets(topic);
          return ends.map(({ partition, high, low }): PartitionLag => {
            const own = partitions.find((entry) => entry.partition === partition);
            const next =
              own === undefined || own.offset === "-1" ? BigInt(low) : BigInt(own.offset);
            return { group, topic, partition, next, lag: BigInt(high) - next };
          });
        }),
      );
      return lags.flat();
    },
    close: () => admin.disconnect(),
  };
}

async function createTopics(admin: kafkajs.Admin, plans: readonly TopicPlan[]): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = plans.filter(({ topic }) => !existing.has(topic));
  if (missing.length === 0) return;
  await admin.createTopics({
    // The library's own waiting gives up when the broker does not know the topic yet.
    waitForLeaders: false,
    timeout: requestTimeoutMs,
    topics: missing.map(({ topic, partitions, replication, config }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor: replication,
      configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
    })),
  });
}

// Instrumentation of the library would start a new trace for each send and write its header over ours.
const suppressTracing = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

function withoutTracing<Result>(work: () => Promise<Result>): Promise<Result> {
  return context.with(context.active().setValue(suppressTracing, true), work);
}

// What the library calls an error it mostly repeats by itself; what fails in the end is thrown to us.
function writeLog(logger: KafkaLogger, { level, log, namespace }: kafkajs.LogEntry): void {
  const fields = { namespace, group: log.groupId, error: log.error };
  const text = `kafka: ${log.message}`;
  if (level === kafkajs.logLevel.ERROR) logger.warn(fields, text);
  else logger.debug(fields, text);
}
