import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { endProcess } from "@carehub/local/process-table";
import { lastLines } from "@carehub/local/processes";
import type { Instance } from "@carehub/local/state";
import type { Answer, Commands, Order } from "./commands.ts";
import { quietWarnings } from "./warnings.ts";

/** A process of its own that does one part's work and answers commands. */
export type Worker<Given extends Commands> = {
  readonly pid: number;
  readonly tell: <Name extends keyof Given & string>(
    name: Name,
    input: Parameters<Given[Name]>[0],
  ) => Promise<Awaited<ReturnType<Given[Name]>>>;
  readonly stop: () => Promise<void>;
};

/** Which file to run, and whether with the telemetry that services run with. */
export type WorkerStart = {
  readonly instance: Instance;
  /** The name of a file in `workers/`. */
  readonly file: string;
  readonly telemetry: boolean;
  /** The folder in which it leaves a CPU profile when it ends. */
  readonly profileFolder?: string | undefined;
};

const stopGraceMs = 10_000;
const quiet = quietWarnings.map((kind) => `--disable-warning=${kind}`);
const resolver = createRequire(import.meta.url);

/** Starts the process; what it says goes to a log file of the instance, as that of a service does. */
export function startWorker<Given extends Commands>(start: WorkerStart): Worker<Given> {
  const { instance, file, telemetry, profileFolder } = start;
  const logFile = join(instance.folder, `${file}-${Date.now()}.log`);
  const output = openSync(logFile, "a");
  const preload = telemetry ? ["--import", resolver.resolve("@carehub/runtime/telemetry")] : [];
  const profile = profileFolder ? ["--cpu-prof", `--cpu-prof-dir=${profileFolder}`] : [];
  const entry = join(import.meta.dirname, "..", "workers", file);
  const child = spawn(process.execPath, [...quiet, ...preload, ...profile, entry], {
    stdio: ["ignore", output, output, "ipc"],
    serialization: "advanced",
    env: { PATH: process.env.PATH, OTEL_SERVICE_NAME: "bench" },
  });
  closeSync(output);
  const identity = instance.record(file.replace(".ts", ""), child, "SIGTERM");
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on("message", (message) => {
    const answer = message as Answer;
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) asked?.reject(new Error(`${file}: ${answer.error}`));
    else asked?.resolve(answer.result);
  });
  child.on("exit", (code, signal) => {
    if (waiting.size === 0) return;
    const error = new Error(`${file} ended with ${code ?? signal}:\n${lastLines(logFile)}`);
    for (const asked of waiting.values()) asked.reject(error);
  });
  let orders = 0;
  return {
    pid: identity.pid,
    tell: (name, input) => {
      orders += 1;
      const asked = Promise.withResolvers<unknown>();
      waiting.set(orders, asked);
      child.send({ id: orders, name, input } satisfies Order);
      return asked.promise as Promise<never>;
    },
    stop: () => endProcess(identity, "SIGTERM", stopGraceMs),
  };
}
