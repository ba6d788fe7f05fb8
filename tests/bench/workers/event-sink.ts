import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { openDatabase } from "@carehub/database/pool";
import { startConsumer } from "@carehub/events/consumer";
import { openKafka } from "@carehub/events/kafka";
import { createLogger } from "@carehub/runtime/logging";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { type LatencySummary, makeLatency, sharedNowMs } from "../instruments/latency.ts";
import { captureTake } from "./capture.ts";
import { dueOf, take } from "./things.ts";

/** The second service: it takes each event in, in a commit of its own. */
export type SinkStart = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly topic: string;
};

let taken = 0;
let latency = makeLatency();

async function open({ databaseUrl, brokers, topic }: SinkStart): Promise<void> {
  const logger = createLogger("bench-sink", { level: "warn" });
  const db = openDatabase({ url: databaseUrl, applicationName: "bench-sink", logger });
  startConsumer({
    db,
    kafka: openKafka({ brokers, clientId: "bench-sink", logger }),
    group: "bench.sink",
    logger,
    subscriptions: [
      {
        topic,
        schema: StringValueSchema,
        handle: async ({ event, seen }) => {
          const { kind } = await take(db, seen);
          latency.add(sharedNowMs() - dueOf(event.value));
          taken += 1;
          return kind === "done" ? "done" : "duplicate";
        },
      },
    ],
  });
}

const commands = {
  open,
  /** How many events it has taken in. */
  count: (): number => taken,
  /** Forgets the latencies so far. */
  forget: (): void => {
    latency = makeLatency();
  },
  latency: (): LatencySummary => latency.summary(),
  capture: captureTake,
} satisfies Commands;

export type SinkCommands = typeof commands;

answerCommands(commands);
