import { migrate } from "@carehub/database/migrate";
import { type Database, openDatabase } from "@carehub/database/pool";
import { ensureTopics } from "@carehub/events/topics";
import { alternate, type Contender, type Run } from "../instruments/alternate.ts";
import { hasPgbench, runPgbench, toScript } from "../instruments/pgbench.ts";
import { startWorker } from "../instruments/worker.ts";
import type { SinkCommands } from "../workers/event-sink.ts";
import type { SourceCommands } from "../workers/event-source.ts";
import type { RawSinkCommands } from "../workers/kafka-sink.ts";
import type { RawSourceCommands } from "../workers/kafka-source.ts";
import { commitsAtOnce, insertThings, payloadBytes, thingTable } from "../workers/things.ts";
import type { Infrastructure } from "./infrastructure.ts";
import { type Pipe, saturatePipe, schedulePipe } from "./pipe.ts";
import { loopStatement } from "./statement-baseline.ts";
import type { Finding, Setting } from "./workload.ts";

const thingsFrom = 1_000_000;
const thingsCount = 20_000;
const clients = 16;
const openLoopPerSecond = 500;
const windowMax = 2_000;
const rawWindowMax = 20_000;
const ourTopic = "bench.things";
const rawTopic = "bench.raw";

type Stage = { readonly setting: Setting; readonly infrastructure: Infrastructure };

/** B7: from a commit over numbering, relay and Kafka to a consumer's commit. */
export async function eventPath(
  setting: Setting,
  infrastructure: Infrastructure,
): Promise<Finding> {
  const stage: Stage = { setting, infrastructure };
  const brokers = infrastructure.kafka.brokers.split(",");
  await ensureTopics(brokers, { replication: 1, names: [ourTopic, rawTopic] });
  const [sourceUrl, sinkUrl] = [
    await makeDatabase(stage, "source"),
    await makeDatabase(stage, "sink"),
  ];
  const sinkDb = openDatabase({ url: sinkUrl, applicationName: "bench-setup" });
  const ours = await openOurs(stage, { brokers, sourceUrl, sinkUrl });
  const raw = await openRaw(stage, brokers);
  const statement = toScript(await ours.sink.tell("capture", undefined as never));
  const statementRun = statementContender(stage, { statement, databaseUrl: sinkUrl, db: sinkDb });
  const contender = (name: string, pipe: Pipe): Contender => ({
    name,
    run: () => saturatePipe(pipe, setting),
  });
  const comparison = await alternate(
    [statementRun, contender("raw kafkajs", raw)],
    contender("carehub event path", ours),
    (name, run) =>
      setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} events/s`),
  );
  const at = { perSecond: openLoopPerSecond, setting };
  const rate = { perSecond: openLoopPerSecond };
  const openLoop = [
    { name: "raw kafkajs", ...rate, latency: await schedulePipe(raw, at) },
    { name: "carehub event path", ...rate, latency: await schedulePipe(ours, at) },
  ];
  await Promise.all([ours.source, ours.sink, raw.source, raw.sink].map((worker) => worker.stop()));
  await sinkDb.close();
  return {
    id: "B7",
    name: "event-path",
    unit: "events/s",
    targets: { floor: 0.5, target: 0.65, stretch: 0.8 },
    comparison,
    references: [],
    openLoop,
    guide: "at least 4,000 events/s sustained; at 500/s p50 at most 15 ms, p99 at most 60 ms",
    notes,
  };
}

const notes = [
  `One command, one commit, one event of ${payloadBytes} bytes in 8 partitions; the consumer's commit holds its seen row, the row of its aggregate and an event of its own. Two databases of one PostgreSQL, one broker, a process for either side with the telemetry preload (no exporter).`,
  `Saturation: ${commitsAtOnce} commits at once, at most ${windowMax} events on their way, counted where the consumer's commit is done.`,
  `The consumer's statement is the very text that its commit sends, prepared, ${clients} connections, by pgbench where it is installed. It has one of the five database round trips of an event, none of the first commit, and no Kafka: a ratio of 1 is out of reach on shared cores.`,
  "Raw kafkajs: the same bytes and headers in the relay's batch size; the reader decodes them and does nothing.",
  "Latency counts from the time at which the command was due, on a fixed schedule, to the end of the consumer's commit.",
];

async function makeDatabase({ infrastructure }: Stage, name: string): Promise<string> {
  const url = await infrastructure.postgres.createDatabase(`bench_${name}`);
  await migrate({ url });
  const db = openDatabase({ url, applicationName: "bench-setup" });
  await db.run("thing-table", thingTable);
  await insertThings(db, { from: thingsFrom, count: thingsCount });
  await db.close();
  return url;
}

type Addresses = {
  readonly brokers: readonly string[];
  readonly sourceUrl: string;
  readonly sinkUrl: string;
};

async function openOurs(
  { setting, infrastructure }: Stage,
  { brokers, sourceUrl, sinkUrl }: Addresses,
) {
  const { instance, profileFolder } = setting;
  const common = { instance, telemetry: true, profileFolder };
  const source = startWorker<SourceCommands>({ ...common, file: "event-source.ts" });
  const sink = startWorker<SinkCommands>({ ...common, file: "event-sink.ts" });
  const things = { from: thingsFrom, count: thingsCount };
  await sink.tell("open", { databaseUrl: sinkUrl, brokers, topic: ourTopic });
  await source.tell("open", { databaseUrl: sourceUrl, brokers, topic: ourTopic, ...things });
  const { postgres, kafka } = infrastructure.pids;
  return {
    source,
    sink,
    parts: { source: [source.pid], sink: [sink.pid], postgres, kafka },
    windowMax,
  };
}

async function openRaw({ setting, infrastructure }: Stage, brokers: readonly string[]) {
  const common = { instance: setting.instance, telemetry: false };
  const source = startWorker<RawSourceCommands>({ ...common, file: "kafka-source.ts" });
  const sink = startWorker<RawSinkCommands>({ ...common, file: "kafka-sink.ts" });
  const things = { from: thingsFrom, count: thingsCount };
  await sink.tell("open", { brokers, topic: rawTopic });
  await source.tell("open", { databaseUrl: "", brokers, topic: rawTopic, ...things });
  const { kafka } = infrastructure.pids;
  const parts = { source: [source.pid], sink: [sink.pid], kafka };
  return { source, sink, parts, windowMax: rawWindowMax };
}

type StatementBaseline = {
  readonly statement: string;
  readonly databaseUrl: string;
  readonly db: Database;
};

/** Every run changes things of its own, so that revisions begin at 0 again. */
function statementContender(
  { setting, infrastructure }: Stage,
  { statement, databaseUrl, db }: StatementBaseline,
): Contender {
  let from = thingsFrom;
  const withPgbench = hasPgbench();
  const run = async (): Promise<Run> => {
    from += thingsFrom;
    await insertThings(db, { from, count: thingsCount });
    await db.run("analyze", "analyze thing");
    const { instance, warmupSeconds, seconds } = setting;
    const { postgres } = infrastructure.pids;
    const thingsEach = thingsCount / clients;
    const bench = { instance, databaseUrl, statement, from, clients, thingsEach, postgres };
    const work = withPgbench ? runPgbench : loopStatement;
    return work({ ...bench, warmupSeconds, seconds });
  };
  return { name: `consumer's statement (${withPgbench ? "pgbench" : "node loop"})`, run };
}
