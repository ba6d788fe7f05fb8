import { setTimeout as delay } from "node:timers/promises";
import { moveCursor, readCursor, resetCursor } from "@carehub/database/cursor";
import { readLastNumber, readPublished } from "@carehub/database/event-log";
import { type Database, openDatabase } from "@carehub/database/pool";
import { openKafka } from "@carehub/events/kafka";
import type { Kafka } from "@carehub/events/kafka-port";
import { startRelay } from "@carehub/events/relay";
import { must } from "@carehub/rules/fault";
import { createLogger } from "@carehub/runtime/logging";
import { answerCommands, type Commands } from "../instruments/commands.ts";

/** The relay alone, with a backlog before it. */
export type DrainStart = { readonly databaseUrl: string; readonly brokers: readonly string[] };

const relayName = "drain";
const batchRows = 1_000;
const lookMs = 10;
const logger = createLogger("bench-drain", { level: "warn" });

let opened: { readonly db: Database; readonly kafka: Kafka } | undefined;

function open({ databaseUrl, brokers }: DrainStart): void {
  const db = openDatabase({ url: databaseUrl, applicationName: "bench-drain", logger });
  opened = { db, kafka: openKafka({ brokers, clientId: "bench-drain", logger }) };
}

/** Sends the log's rows from the given number on; answers how many seconds that took. */
async function drain(from: bigint): Promise<number> {
  const { db, kafka } = must(opened, "draining comes after open");
  const last = await readLastNumber(db);
  const reader = `relay.${relayName}`;
  await resetCursor(db, reader, from);
  const startMs = performance.now();
  const producer = kafka.producer();
  const relay = startRelay({ db, producer, name: relayName, logger });
  // While the machine is busy a new connection may time out: then the next look tells.
  const look = () => readCursor(db, reader).catch(() => from);
  while ((await look()) < last) await delay(lookMs);
  const seconds = (performance.now() - startMs) / 1_000;
  await relay.close();
  await producer.close();
  return seconds;
}

/** The baseline: the same reads and the same cursor, and nothing is done with the rows. */
async function readOnly(from: bigint): Promise<number> {
  const { db } = must(opened, "reading comes after open");
  const last = await readLastNumber(db);
  await resetCursor(db, "bench.reader", from);
  const startMs = performance.now();
  for (let cursor = from; cursor < last; ) {
    const rows = await readPublished(db, cursor, batchRows);
    cursor = must(rows.at(-1), "there are rows up to the last number").number;
    await moveCursor(db, "bench.reader", cursor);
  }
  return (performance.now() - startMs) / 1_000;
}

const commands = { open, drain, readOnly } satisfies Commands;

export type DrainCommands = typeof commands;

answerCommands(commands);
