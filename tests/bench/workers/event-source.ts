import { setTimeout as delay } from "node:timers/promises";
import { startNumbering } from "@carehub/database/numbering";
import { type Database, openDatabase } from "@carehub/database/pool";
import { openKafka } from "@carehub/events/kafka";
import { startRelay } from "@carehub/events/relay";
import { must } from "@carehub/rules/fault";
import { createLogger } from "@carehub/runtime/logging";
import { runSchedule, type Schedule } from "../instruments/arrivals.ts";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { sharedNowMs } from "../instruments/latency.ts";
import { commitsAtOnce, tell } from "./things.ts";

/** The first service: it commits events, numbers them and brings them to the topic. */
export type SourceStart = {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** The things to change, in turn: from this number, so many. */
  readonly from: number;
  readonly count: number;
};

const idleMs = 2;

let opened: { readonly db: Database; readonly start: SourceStart } | undefined;
let begun = 0;
let allowed = 0;

async function open(start: SourceStart): Promise<void> {
  const logger = createLogger("bench-source", { level: "warn" });
  const db = openDatabase({ url: start.databaseUrl, applicationName: "bench-source", logger });
  const kafka = openKafka({ brokers: start.brokers, clientId: "bench-source", logger });
  startNumbering(db, { logger });
  startRelay({ db, producer: kafka.producer(), name: "bench", logger });
  opened = { db, start };
  for (let lane = 0; lane < commitsAtOnce; lane += 1) void commitWhileAllowed();
}

async function commitWhileAllowed(): Promise<void> {
  for (;;) {
    if (begun < allowed) await commitNext(sharedNowMs());
    else await delay(idleMs);
  }
}

async function commitNext(dueMs: number): Promise<void> {
  const { db, start } = must(opened, "commits come after open");
  const id = String(start.from + (begun % start.count));
  begun += 1;
  await tell(db, { id, topic: start.topic, dueMs });
}

const commands = {
  open,
  /** Lets it commit up to this many events in all; answers how many it began. */
  allow: (total: number): number => {
    allowed = total;
    return begun;
  },
  /** Commits by a schedule, whatever became of the earlier ones. */
  schedule: async (schedule: Schedule): Promise<void> => {
    const commits: Promise<void>[] = [];
    await runSchedule(schedule, (dueMs) => commits.push(commitNext(dueMs)));
    await Promise.all(commits);
  },
} satisfies Commands;

export type SourceCommands = typeof commands;

answerCommands(commands);
