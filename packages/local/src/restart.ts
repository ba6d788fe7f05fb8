import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { answersKafka } from "./kafka-node.ts";
import type { Platform } from "./platform.ts";
import { answersPostgres } from "./postgres.ts";
import { endProcess, isAlive, type ProcessIdentity, signalProcess } from "./process-table.ts";
import { recordIn } from "./state.ts";

/** A server below the services, as a fault run treats it: on the same ports and folders ever after. */
export type Backend = {
  readonly pid: () => number;
  /** SIGKILL: it ends without a chance to tidy up. */
  readonly kill: () => Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing, until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Starts it anew as it was; resolves when it answers. It is stopped with the platform. */
  readonly start: () => Promise<void>;
};

/** The broker and the database of a platform; undefined where they are not its own processes. */
export type Backends = { readonly kafka?: Backend; readonly postgres?: Backend };

type Where = Pick<Platform, "folder" | "brokers" | "databaseUrl">;

/** Finds the backends that a platform started by itself; not those that it was given, nor containers. */
export function openBackends(platform: Where): Backends {
  const { folder, brokers } = platform;
  const kafka = openBackend(folder, {
    label: "kafka",
    stopSignal: "SIGTERM",
    answers: () => answersKafka(brokers),
  });
  const postgres = openBackend(folder, {
    label: "postgres",
    stopSignal: "SIGINT",
    answers: () => answersPostgres(platform.databaseUrl("intake")),
  });
  return { ...(kafka && { kafka }), ...(postgres && { postgres }) };
}

const startLimitMs = 60_000;
const killGraceMs = 10_000;

type Kind = {
  readonly label: string;
  readonly stopSignal: NodeJS.Signals;
  readonly answers: () => Promise<boolean>;
};

function openBackend(folder: string, kind: Kind): Backend | undefined {
  const found = findRecorded(folder, kind.label);
  if (found === undefined) return undefined;
  const command = readCommand(found.pid);
  let identity = found;
  return {
    pid: () => identity.pid,
    kill: () => endProcess(identity, "SIGKILL", killGraceMs),
    pause: () => signalProcess(identity, "SIGSTOP"),
    resume: () => signalProcess(identity, "SIGCONT"),
    start: async () => {
      for (const end = Date.now() + startLimitMs; ; await delay(50)) {
        const started = await startOnce(folder, kind, command);
        if (started !== undefined) {
          identity = started;
          return;
        }
        // What a killed one had in shared memory goes with the last of its children.
        if (Date.now() > end) throw new Error(`${kind.label} did not start again`);
      }
    },
  };
}

type Command = { readonly args: readonly string[]; readonly uid: number; readonly gid: number };

async function startOnce(
  folder: string,
  { label, stopSignal, answers }: Kind,
  { args, uid, gid }: Command,
): Promise<ProcessIdentity | undefined> {
  const output = openSync(join(folder, `${label}-again.log`), "a");
  const [program = "", ...rest] = args;
  const child = spawn(program, rest, {
    ...(uid === process.getuid?.() ? {} : { uid, gid }),
    cwd: "/",
    detached: true,
    env: { LC_ALL: "C", PATH: process.env.PATH },
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  const identity = recordIn(folder, { label, child, stopSignal });
  for (const end = Date.now() + startLimitMs; Date.now() < end; await delay(25)) {
    if (!isAlive(identity)) return undefined;
    if (await answers()) return identity;
  }
  throw new Error(`${label} does not answer; see ${label}-again.log`);
}

/** The process that was recorded last under this label, if it lives. */
function findRecorded(folder: string, label: string): ProcessIdentity | undefined {
  const records = join(folder, "processes");
  const file = readdirSync(records)
    .filter((name) => name.endsWith(`-${label}.json`))
    .sort()
    .at(-1);
  if (file === undefined) return undefined;
  const text = readFileSync(join(records, file), "utf8");
  const { identity } = JSON.parse(text) as { identity: ProcessIdentity };
  return isAlive(identity) ? identity : undefined;
}

function readCommand(pid: number): Command {
  const ps = (format: string): string =>
    execFileSync("ps", ["-ww", "-o", format, "-p", String(pid)], { encoding: "utf8" }).trim();
  const args =
    process.platform === "linux"
      ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1)
      : ps("args=").split(" ");
  return { args, uid: Number(ps("uid=")), gid: Number(ps("gid=")) };
}
