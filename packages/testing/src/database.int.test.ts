import { Client } from "pg";
import { expect, inject, test } from "vitest";
import { testDatabase } from "./database.ts";

test("gives each caller an empty database of its own, and drops it", async () => {
  const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
  await query(one.url, "create table note (id int)");
  await expect(query(other.url, "select * from note")).rejects.toThrow("does not exist");
  await Promise.all([one.drop(), other.drop()]);
  const left = await query(
    inject("postgresUrl"),
    `select 1 from pg_database
    where datname in ('${nameIn(one.url)}', '${nameIn(other.url)}')`,
  );
  expect(left).toEqual([]);
});

test("is PostgreSQL 18 that waits for its disk", async () => {
  const [row] = await query(
    inject("postgresUrl"),
    `select current_setting('fsync') as fsync,
    current_setting('server_version_num')::int / 10000 as version`,
  );
  expect(row).toEqual({ fsync: "on", version: 18 });
});

test("copies the log's tables from one template, made once by whoever comes first", async () => {
  const databases = await Promise.all([1, 2, 3].map(() => testDatabase({ migrations: "log" })));
  for (const { url } of databases) {
    const tables = await query(url, "select 1 from pg_tables where schemaname = 'log'");
    expect(tables.length).toBeGreaterThan(3);
  }
  // Other files of the run have templates of their own; this one must be the same after as before.
  const templates = () =>
    query(
      inject("postgresUrl"),
      `select datname, oid from pg_database where datname like 'template\\_${inject("runId")}%'`,
    );
  const before = await templates();
  databases.push(await testDatabase({ migrations: "log" }));
  expect(await templates()).toEqual(expect.arrayContaining(before));
  await Promise.all(databases.map((database) => database.drop()));
});

test("fails the drop, naming the connection that a test left open", async () => {
  const database = await testDatabase();
  const client = new Client({ connectionString: database.url, application_name: "forgetful" });
  client.on("error", () => undefined); // The drop ends this session.
  await client.connect();
  await client.query("select 1 as forgotten");
  await expect(database.drop()).rejects.toThrow(/1 connections were left open: forgetful \(idle\)/);
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function nameIn(url: string): string {
  return new URL(url).pathname.slice(1);
}
