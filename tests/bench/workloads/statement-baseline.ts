import { setTimeout as delay } from "node:timers/promises";
import type { Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import type { Bench } from "../instruments/pgbench.ts";
import { startWorker } from "../instruments/worker.ts";
import type { LoopCommands } from "../workers/statement-loop.ts";

/** The same as pgbench, by a process of ours: slower, but there on every machine. */
export async function loopStatement(bench: Bench): Promise<Run> {
  const { instance, databaseUrl, statement, from, clients, thingsEach } = bench;
  const worker = startWorker<LoopCommands>({
    instance,
    file: "statement-loop.ts",
    telemetry: false,
  });
  await worker.tell("start", { databaseUrl, statement, from, clients, thingsEach });
  await delay(bench.warmupSeconds * 1_000);
  const before = await worker.tell("count", undefined as never);
  const stop = startMeter({ node: [worker.pid], postgres: bench.postgres });
  await delay(bench.seconds * 1_000);
  const after = await worker.tell("count", undefined as never);
  const cost = stop();
  await worker.tell("stop", undefined as never);
  await worker.stop();
  return { operations: after - before, cost };
}
