import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startPostgres } from "./postgres.ts";
import { claimInstance, stateRoot } from "./state.ts";

const name = `test-postgres-${process.pid}`;

test("starts a durable PostgreSQL 18 with passwords, and leaves nothing when it stops", async () => {
  const instance = await claimInstance(name);
  const postgres = await startPostgres({ instance });
  const url = await postgres.createDatabase("intake");
  expect(await ask(url)).toEqual({
    database: "intake",
    fsync: "on",
    encryption: "scram-sha-256",
    addresses: "127.0.0.1",
  });
  const stranger = new URL(url);
  stranger.password = "wrong";
  await expect(ask(stranger.href)).rejects.toThrow("password authentication failed");
  await postgres.stop();
  await postgres.stop();
  await expect(ask(url)).rejects.toThrow("ECONNREFUSED");
  await instance.release();
  expect(existsSync(instance.folder)).toBe(false);
});

test("makes a database anew, whoever is still connected to the old one", async () => {
  const instance = await claimInstance(name);
  const postgres = await startPostgres({ instance });
  const url = await postgres.createDatabase("intake");
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined); // Its database is taken away.
  await client.connect();
  await client.query("create table note (id int)");
  await postgres.createDatabase("intake");
  await expect(ask(url, "select 1 from note")).rejects.toThrow("does not exist");
  await postgres.stop();
  await instance.release();
});

test("is stopped when its owner is killed", async () => {
  const script = fileURLToPath(new URL("../trial/owner.ts", import.meta.url));
  const owner = fork(script, [name, stateRoot(), "postgres"], { execArgv: [] });
  const [{ url }] = (await once(owner, "message")) as [{ url: string }];
  await ask(url);
  owner.kill("SIGKILL");
  const left = (): string[] => readdirSync(stateRoot()).filter((each) => each.startsWith(name));
  await expect.poll(left, { timeout: 10_000, interval: 20 }).toEqual([]);
  await expect(ask(url)).rejects.toThrow("ECONNREFUSED");
});

test("leaves a PostgreSQL that was given running, with the databases it had", async () => {
  const instance = await claimInstance(name);
  const own = await startPostgres({ instance });
  process.env.DATABASE_URL = own.url("postgres");
  const given = await startPostgres({ instance });
  delete process.env.DATABASE_URL;
  const url = await given.createDatabase("intake");
  await given.stop();
  expect(await ask(url)).toMatchObject({ database: "intake" });
  await own.stop();
  await instance.release();
});

async function ask(
  url: string,
  sql = `select current_database() as database, current_setting('fsync') as fsync,
    current_setting('password_encryption') as encryption,
    current_setting('listen_addresses') as addresses`,
): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}
