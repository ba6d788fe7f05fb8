import { migrate } from "@carehub/database/migrate";
import { openDatabase } from "@carehub/database/pool";
import { ensureTopics } from "@carehub/events/topics";
import { usualSeconds } from "../arguments.ts";
import { alternate, type Contender, type Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker, type Worker } from "../instruments/worker.ts";
import type { DrainCommands } from "../workers/relay-drain.ts";
import { payloadBytes, payloadOf } from "../workers/things.ts";
import type { Infrastructure } from "./infrastructure.ts";
import type { Finding, Setting } from "./workload.ts";

const topic = "bench.backlog";
const keys = 20_000;
const backlogRows = 200_000;
const warmupRows = 20_000;

type Stage = {
  readonly setting: Setting;
  readonly infrastructure: Infrastructure;
  readonly rows: number;
};

/** B8: how fast a relay brings a backlog to its topic, against reading it alone. */
export async function relayDrain(
  setting: Setting,
  infrastructure: Infrastructure,
): Promise<Finding> {
  const rows = Math.ceil(backlogRows * Math.min(1, setting.seconds / usualSeconds));
  const stage: Stage = { setting, infrastructure, rows };
  const brokers = infrastructure.kafka.brokers.split(",");
  await ensureTopics(brokers, { replication: 1, names: [topic] });
  const databaseUrl = await infrastructure.postgres.createDatabase("bench_backlog");
  await migrate({ url: databaseUrl });
  await fill(databaseUrl, rows + warmupRows);
  const { instance, profileFolder } = setting;
  const common = { instance, file: "relay-drain.ts" };
  const plain = startWorker<DrainCommands>({ ...common, telemetry: false });
  const relay = startWorker<DrainCommands>({ ...common, telemetry: true, profileFolder });
  for (const worker of [plain, relay]) await worker.tell("open", { databaseUrl, brokers });
  await plain.tell("readOnly", BigInt(rows));
  await relay.tell("drain", BigInt(rows));
  const comparison = await alternate(
    [contender(stage, plain, "readOnly")],
    contender(stage, relay, "drain"),
    (name, run) => setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} rows/s`),
  );
  await Promise.all([plain.stop(), relay.stop()]);
  return {
    id: "B8",
    name: "relay-drain",
    unit: "rows/s",
    targets: { floor: 0.3, target: 0.4, stretch: 0.55 },
    comparison,
    references: [],
    openLoop: [],
    guide: "at least 20,000 rows/s; a backlog of a million within 60 s",
    notes: [
      `${rows.toLocaleString("en-US")} numbered rows of ${payloadBytes} bytes and ${keys.toLocaleString("en-US")} keys, each with a trace context, to 8 partitions; from the relay's start to its cursor at the last row. Warm-up: ${warmupRows.toLocaleString("en-US")} rows.`,
      "The baseline reads the same rows by the same function in pages of 1,000 and moves a cursor after each, without telemetry and without Kafka.",
      "The relay runs in a process of its own with the telemetry preload, as in a service (no exporter).",
    ],
  };
}

const names = { readOnly: "cursor loop without Kafka", drain: "carehub relay" } as const;

function contender(
  { infrastructure, rows }: Stage,
  worker: Worker<DrainCommands>,
  work: "readOnly" | "drain",
): Contender {
  const { postgres, kafka } = infrastructure.pids;
  const broker = work === "drain" ? { kafka } : {};
  const run = async (): Promise<Run> => {
    const stop = startMeter({ node: [worker.pid], postgres, ...broker });
    const seconds = await worker.tell(work, BigInt(warmupRows));
    return { operations: rows, cost: { ...stop(), seconds } };
  };
  return { name: names[work], run };
}

/** Writes a numbered backlog without going through commands. */
async function fill(url: string, rows: number): Promise<void> {
  const db = openDatabase({ url, applicationName: "bench-setup" });
  await db.transaction("fill", async (tx) => {
    await tx.run("fill-statement", "set local statement_timeout = 0");
    await tx.run("fill-transaction", "set local transaction_timeout = 0");
    await tx.run(
      "fill-log",
      `with told as (
         insert into log.event (position, topic, key, aggregate, revision, type, payload,
           traceparent, caller, occurred_at)
         select nextval('log.position'), $1, ($2 + at % $2)::text, ($2 + at % $2)::text,
           at / $2 + 1, 'bench.Told', $4, '00-' || md5(at::text) || '-00f067aa0ba902b7-01',
           'ministry/UZ', now()
         from generate_series(0, $3::integer - 1) as at order by at
         returning position)
       insert into log.published (position) select position from told order by position`,
      [topic, keys, rows, payloadOf(0)],
    );
  });
  await db.run("analyze-event", "analyze log.event, log.published");
  await db.close();
}
