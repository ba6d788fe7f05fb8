import { setTimeout as delay } from "node:timers/promises";
import { partitionOf } from "@carehub/events/partition";
import { partitionsOfTopic } from "@carehub/events/topics";
import { toMessage } from "@carehub/events/wire";
import { must } from "@carehub/rules/fault";
import { Kafka, logLevel, Partitioners, type Producer } from "kafkajs";
import { runSchedule, type Schedule } from "../instruments/arrivals.ts";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { sharedNowMs } from "../instruments/latency.ts";
import type { SourceStart } from "./event-source.ts";
import { payloadOf } from "./things.ts";

const batchMax = 500;
const idleMs = 2;

let opened: { readonly producer: Producer; readonly start: SourceStart } | undefined;
let begun = 0;
let allowed = 0;

/** The library alone: the same messages with the same headers, in the relay's batches. */
async function open(start: SourceStart): Promise<void> {
  const kafka = new Kafka({
    brokers: [...start.brokers],
    clientId: "bench-raw",
    logLevel: logLevel.ERROR,
  });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  opened = { producer, start };
  void produceWhileAllowed();
}

async function produceWhileAllowed(): Promise<void> {
  for (;;) {
    const count = Math.min(batchMax, allowed - begun);
    if (count > 0) await produce(count, sharedNowMs());
    else await delay(idleMs);
  }
}

async function produce(count: number, dueMs: number): Promise<void> {
  const { producer, start } = must(opened, "messages come after open");
  const messages = Array.from({ length: count }, () => {
    const key = String(start.from + (begun % start.count));
    begun += 1;
    const { headers, value } = toMessage({
      eventId: "0198c0de-0000-7000-8000-00000000cafe",
      topic: start.topic,
      key,
      aggregate: key,
      revision: 1,
      type: "bench.Told",
      occurredAt: Temporal.Now.instant(),
      traceparent: "00-0198c0de000070008000000000000001-0198c0de00000001-00",
      actor: null,
      payload: payloadOf(dueMs),
    });
    const partition = partitionOf(key, partitionsOfTopic);
    return { key, value: Buffer.from(value), headers, partition };
  });
  await producer.send({ topic: start.topic, acks: -1, messages });
}

const commands = {
  open,
  allow: (total: number): number => {
    allowed = total;
    return begun;
  },
  schedule: async (schedule: Schedule): Promise<void> => {
    const sends: Promise<void>[] = [];
    await runSchedule(schedule, (dueMs) => sends.push(produce(1, dueMs)));
    await Promise.all(sends);
  },
} satisfies Commands;

export type RawSourceCommands = typeof commands;

answerCommands(commands);
