import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, isAlive, signalProcess } from "./process-table.ts";
import type { Instance } from "./state.ts";

/** A service process that said it is ready. */
export type ServiceProcess = {
  name: string;
  pid: number;
  grpcPort: number;
  healthPort: number;
  /** The file with its JSON log lines. */
  logFile: string;
  /** Settles when the process ends, however that happens, with its code or its signal. */
  exited: Promise<number | string>;
  /** SIGTERM; SIGKILL where it has not ended after 10 s. May be repeated. */
  stop(): Promise<void>;
  /** SIGKILL: it ends without a chance to tidy up. */
  kill(): Promise<void>;
};

/** What to start, and with what environment; nothing of this process's own environment but PATH. */
export type ServiceStart = {
  instance: Instance;
  name: string;
  /** The service's main.ts. */
  entry: string;
  env: Readonly<Record<string, string>>;
  /** A module loaded before the entry; the telemetry of @carehub/runtime unless told. */
  preload?: string;
  readyLimitMs?: number;
};

/**
 * Starts a service under this very Node and resolves at its `ready` line. Fails with the last lines
 * of its log when it ends before that, or when the limit (30 s) passes.
 */
export async function startService(start: ServiceStart): Promise<ServiceProcess> {
  const { instance, name, entry, readyLimitMs = 30_000 } = start;
  const preload = start.preload ?? resolver.resolve("@carehub/runtime/telemetry");
  const logFile = nextLogFile(instance.folder, name);
  // A file, not a pipe: the log costs this process nothing and outlives it.
  const output = openSync(logFile, "w");
  const flags = [
    "--disable-warning=TimeoutNegativeWarning",
    "--disable-warning=ExperimentalWarning",
  ];
  // Its own process group: a Ctrl-C reaches only us, who stop the services in their order.
  const child = spawn(process.execPath, [...flags, "--import", preload, entry], {
    detached: true,
    stdio: ["ignore", output, output],
    env: {
      PATH: process.env.PATH,
      CAREHUB_PARENT_PID: String(process.pid),
      OTEL_SERVICE_NAME: name,
      ...start.env,
    },
  });
  closeSync(output);
  child.unref();
  const exited = new Promise<number | string>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
    child.once("error", (error) => resolve(error.message));
  });
  const identity = instance.record(name, child, "SIGTERM");
  const stop = (): Promise<void> => endProcess(identity, "SIGTERM", stopGraceMs);
  const kill = (): Promise<void> => endProcess(identity, "SIGKILL", stopGraceMs);
  for (const end = Date.now() + readyLimitMs; ; await delay(25)) {
    const ready = findReady(logFile);
    if (ready !== undefined) {
      return { name, pid: identity.pid, ...ready, logFile, exited, stop, kill };
    }
    const ended = !isAlive(identity);
    if (!ended && Date.now() < end) continue;
    signalProcess(identity, "SIGKILL");
    const what = ended ? `ended with ${await exited}` : `was not ready within ${readyLimitMs} ms`;
    throw new Error(`${name} ${what}. The last of ${logFile}:\n${lastLines(logFile)}`);
  }
}

/** The last lines that a service wrote. */
export function lastLines(logFile: string, count = 20): string {
  return readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-count).join("\n");
}

const stopGraceMs = 10_000;
const resolver = createRequire(import.meta.url);
let started = 0;

// A restarted service gets a new file: its old `ready` line must not be taken for the new one.
function nextLogFile(folder: string, name: string): string {
  mkdirSync(join(folder, "logs"), { recursive: true });
  started += 1;
  return join(folder, "logs", `${name}-${started}.jsonl`);
}

function findReady(logFile: string): { grpcPort: number; healthPort: number } | undefined {
  const lines = readFileSync(logFile, "utf8").split("\n").slice(0, -1);
  for (const line of lines) {
    const ready = line.includes('"ready"') ? parseReady(line) : undefined;
    if (ready !== undefined) return ready;
  }
  return undefined;
}

function parseReady(line: string): { grpcPort: number; healthPort: number } | undefined {
  try {
    const { msg, grpcPort, healthPort } = JSON.parse(line) as Record<string, unknown>;
    if (msg !== "ready" || typeof grpcPort !== "number") return undefined;
    return { grpcPort, healthPort: typeof healthPort === "number" ? healthPort : 0 };
  } catch {
    return undefined; // Not a line of the logger.
  }
}
