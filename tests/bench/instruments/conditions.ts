import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { checkoutFolder } from "@carehub/local/state";

/** Where and with what a result was made. */
export type Conditions = {
  readonly date: string;
  /** The commit; `+` when the files differ from it. */
  readonly commit: string;
  readonly machine: string;
  readonly loadAverage: number;
  readonly versions: Readonly<Record<string, string>>;
};

const gibibyte = 2 ** 30;

/** Reads them now. */
export function readConditions(): Conditions {
  const { length } = cpus();
  const model = cpus()[0]?.model ?? process.arch;
  const memory = Math.round(totalmem() / gibibyte);
  return {
    date: Temporal.Now.instant().toString({ smallestUnit: "second" }),
    commit: readCommit(),
    machine: `${length} × ${model}, ${memory} GiB, ${process.platform} ${release()}`,
    loadAverage: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      "@grpc/grpc-js": versionOf("@grpc/grpc-js"),
      kafkajs: versionOf("kafkajs"),
      pg: versionOf("pg"),
    },
  };
}

function readCommit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: checkoutFolder, encoding: "utf8" }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return "unknown"; // Not a checkout, or no git here.
  }
}

// Some packages do not export their package.json: it stands above the file that they do export.
function versionOf(name: string): string {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    const found = readPackage(join(folder, "package.json"));
    if (found?.name === name) return found.version;
  }
  return "unknown";
}

function readPackage(file: string): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // None in this folder: the next one up is tried.
  }
}
