import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Instance } from "@carehub/local/state";
import { type Captured, capturedId, capturedRevision } from "../workers/capture.ts";
import type { Run } from "./alternate.ts";
import { startMeter } from "./meter.ts";
import { onOneLine } from "./script.ts";

/** A run of pgbench with a script of one's own. */
export type ScriptBench = {
  readonly instance: Instance;
  readonly databaseUrl: string;
  /** Meta commands and statements, a line each; `:step` is -1 at a client's start. */
  readonly script: readonly string[];
  readonly from: number;
  readonly clients: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly postgres: readonly number[];
};

/** A run of one statement: each client changes things of its own, from number `from` on, in turn. */
export type Bench = Omit<ScriptBench, "script"> & {
  readonly statement: string;
  readonly thingsEach: number;
};

/** True where PostgreSQL's own load generator is installed. */
export function hasPgbench(): boolean {
  return spawnSync("pgbench", ["--version"], { stdio: "ignore" }).status === 0;
}

/**
 * Turns a captured statement into pgbench's language: the id and the revisions become variables,
 * everything else stands as it was sent. pgbench has no arrays, so SQL builds those of variables.
 */
export function toScript({ sql, values }: Captured): string {
  return onOneLine(sql).replaceAll(/\$(\d+)/g, (_, place) => toTerm(values[Number(place) - 1]));
}

/** Runs one statement, closed loop, with a warm-up of which nothing counts. */
export function runPgbench({ statement, thingsEach, ...bench }: Bench): Promise<Run> {
  const variables = [
    "\\set step :step + 1",
    `\\set id :from + :client_id * ${thingsEach} + :step % ${thingsEach}`,
    `\\set before :step / ${thingsEach}`,
    "\\set next :before + 1",
  ];
  return runScript({ ...bench, script: [...variables, `${statement};`] });
}

/** Runs a script, closed loop, with a warm-up of which nothing counts. */
export async function runScript(bench: ScriptBench): Promise<Run> {
  const { instance, script, from, clients, warmupSeconds, seconds } = bench;
  const file = join(instance.folder, "script.pgbench");
  writeFileSync(file, `${script.join("\n")}\n`);
  const shape = ["-n", "-M", "prepared", "-c", `${clients}`, "-j", "1", "-P", "1", "-f", file];
  const length = ["-T", `${Math.ceil(warmupSeconds) + seconds}`];
  const given = ["-D", "step=-1", "-D", `from=${from}`, bench.databaseUrl];
  const child = spawn("pgbench", [...shape, ...length, ...given], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  instance.record("pgbench", child, "SIGTERM");
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      said += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await Promise.race([delay(Math.ceil(warmupSeconds) * 1_000), ended]);
  const stop = startMeter({ postgres: bench.postgres });
  if ((await ended) !== 0 || /aborted|ERROR/.test(said)) throw new Error(`pgbench: ${said}`);
  const cost = stop();
  return { operations: meanRate(said, Math.ceil(warmupSeconds)) * cost.seconds, cost };
}

// "progress: 7.0 s, 5123.4 tps, …" once a second.
function meanRate(said: string, afterSeconds: number): number {
  const rates = [...said.matchAll(/progress: ([\d.]+) s, ([\d.]+) tps/g)]
    .filter(([, at]) => Number(at) > afterSeconds + 0.5)
    .map(([, , rate]) => Number(rate));
  if (rates.length === 0) throw new Error(`pgbench told no progress: ${said}`);
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

function toTerm(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value === capturedId) return ":id";
  if (value === capturedRevision) return ":next";
  if (value === capturedRevision - 1) return ":before";
  if (Array.isArray(value)) return `array[${value.map(toTerm).join(", ")}]`;
  return typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}
