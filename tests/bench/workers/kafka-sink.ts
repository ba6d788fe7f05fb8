import { fromBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Kafka, logLevel } from "kafkajs";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { type LatencySummary, makeLatency, sharedNowMs } from "../instruments/latency.ts";
import type { SinkStart } from "./event-sink.ts";
import { dueOf } from "./things.ts";

let taken = 0;
let latency = makeLatency();

/** The library alone: it reads and decodes each message and does nothing with it. */
async function open({ brokers, topic }: Pick<SinkStart, "brokers" | "topic">): Promise<void> {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: "bench-raw",
    logLevel: logLevel.ERROR,
  });
  const consumer = kafka.consumer({ groupId: "bench.raw", allowAutoTopicCreation: false });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const nowMs = sharedNowMs();
      for (const { value } of batch.messages) {
        if (value !== null) latency.add(nowMs - dueOf(fromBinary(StringValueSchema, value).value));
      }
      taken += batch.messages.length;
    },
  });
}

const commands = {
  open,
  count: (): number => taken,
  forget: (): void => {
    latency = makeLatency();
  },
  latency: (): LatencySummary => latency.summary(),
} satisfies Commands;

export type RawSinkCommands = typeof commands;

answerCommands(commands);
