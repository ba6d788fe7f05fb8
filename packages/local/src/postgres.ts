import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, escapeIdentifier } from "pg";
import { freePorts } from "./ports.ts";
import { findPostgres, type PostgresBinaries } from "./postgres-binaries.ts";
import { endProcess, isAlive } from "./process-table.ts";
import { runProgram } from "./run-program.ts";
import type { Instance } from "./state.ts";

/** A running PostgreSQL 18 whose administrator we are. */
export type Postgres = {
  /** The address of a database on it, with user and password. */
  url(database: string): string;
  /** Makes an empty database; an older one of that name is dropped first. Answers its address. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** True when it is the one named by DATABASE_URL, which outlives us. */
  external: boolean;
  /** Stops the server, dropping its connections; does nothing to an external one. May be repeated. */
  stop(): Promise<void>;
};

/** What a start needs: a claimed instance and a place for progress lines. */
export type StartOptions = { instance: Instance; log?: (line: string) => void };

/** Gives the PostgreSQL at DATABASE_URL; else starts one of this instance, durable, on loopback. */
export async function startPostgres({ instance, log }: StartOptions): Promise<Postgres> {
  const given = process.env.DATABASE_URL;
  if (given !== undefined && given !== "") return externalPostgres(given);
  const folder = join(instance.folder, "postgres");
  const password = randomBytes(18).toString("base64url");
  const binaries = findPostgres(dirname(instance.folder));
  log?.("PostgreSQL: making a database cluster");
  await initialise(folder, { binaries, password, instance });
  for (let attempt = 1; ; attempt += 1) {
    const server = await startServer(folder, { binaries, password, instance });
    if (server !== "port-taken") {
      log?.(`PostgreSQL: listening on port ${server.port}`);
      return { ...withAdministrator(server.url), external: false, stop: server.stop };
    }
    if (attempt === startAttemptsMax) throw new Error("No free port stayed free for PostgreSQL.");
  }
}

const startAttemptsMax = 3;
const readyLimitMs = 60_000;
const stopGraceMs = 10_000;

// The server waits for its disk as in production (fsync stays on): what tests and benchmarks see is real.
const settings = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "128MB",
  autovacuum: "on",
  fsync: "on",
  synchronous_commit: "on",
  password_encryption: "scram-sha-256",
  max_wal_size: "2GB",
  timezone: "UTC",
  log_timezone: "UTC",
};

const env = { LC_ALL: "C", PATH: process.env.PATH };

type Preparation = { binaries: PostgresBinaries; password: string; instance: Instance };

async function initialise(
  folder: string,
  { binaries, password, instance }: Preparation,
): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  const passwordFile = `${folder}-password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (binaries.user !== undefined) {
    chownSync(folder, binaries.user.uid, binaries.user.gid);
    chownSync(passwordFile, binaries.user.uid, binaries.user.gid);
  }
  const locale = [
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ];
  const access = ["--username=carehub", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  // The files are flushed by the server's first checkpoint; a crash before that only loses an empty cluster.
  const args = [`--pgdata=${folder}`, "--no-sync", ...locale, ...access];
  try {
    await runProgram(instance, {
      label: "initdb",
      program: binaries.initdb,
      args,
      env,
      user: binaries.user,
    });
  } finally {
    rmSync(passwordFile);
  }
}

// Its own process group: a Ctrl-C reaches only us, and we stop the services before their database.
const spawnSettings = { cwd: "/", detached: true, env } as const;

type Server = { port: number; url: string; stop(): Promise<void> };

async function startServer(
  folder: string,
  { binaries, password, instance }: Preparation,
): Promise<Server | "port-taken"> {
  const [port = 0] = await freePorts(1);
  const logFile = `${folder}.log`;
  const output = openSync(logFile, "w");
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(binaries.postgres, ["-D", folder, "-p", String(port), ...flags], {
    ...binaries.user,
    ...spawnSettings,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  child.on("error", () => undefined); // No pid then: record says so.
  // SIGINT is PostgreSQL's fast stop: sessions are ended, nothing committed is lost.
  const identity = instance.record("postgres", child, "SIGINT");
  const url = `postgresql://carehub:${password}@127.0.0.1:${port}/postgres`;
  for (const end = Date.now() + readyLimitMs; ; ) {
    if (await answersPostgres(url)) break;
    if (!isAlive(identity) || Date.now() > end) {
      await endProcess(identity, "SIGQUIT", stopGraceMs);
      const said = readFileSync(logFile, "utf8");
      if (said.includes("Address already in use")) return "port-taken";
      throw new Error(`PostgreSQL did not start:\n${said.slice(-2_000)}`);
    }
    await delay(25);
  }
  return { port, url, stop: () => endProcess(identity, "SIGINT", stopGraceMs) };
}

/** Whether a server takes a connection there now. */
export async function answersPostgres(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined); // The failed connect below says the same.
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function externalPostgres(url: string): Postgres {
  return { ...withAdministrator(url), external: true, stop: async () => undefined };
}

function withAdministrator(
  adminUrl: string,
): Pick<Postgres, "url" | "createDatabase" | "dropDatabase"> {
  const url = (database: string): string => {
    const address = new URL(adminUrl);
    address.pathname = `/${encodeURIComponent(database)}`;
    return address.href;
  };
  const drop = (name: string): string =>
    `drop database if exists ${escapeIdentifier(name)} with (force)`;
  const createDatabase = async (name: string): Promise<string> => {
    await administer(adminUrl, [drop(name), `create database ${escapeIdentifier(name)}`]);
    return url(name);
  };
  const dropDatabase = (name: string): Promise<void> => administer(adminUrl, [drop(name)]);
  return { url, createDatabase, dropDatabase };
}

async function administer(url: string, statements: string[]): Promise<void> {
  const client = new Client({ connectionString: url, application_name: "carehub-local" });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
