import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "./migrate.ts";
import { type Database, openDatabase } from "./pool.ts";

const database = await testDatabase();
const directory = await mkdtemp(join(tmpdir(), "carehub-migrations-"));
const { url } = database;
let db: Database;

beforeAll(async () => {
  // A function body holds semicolons: the script must reach PostgreSQL in one piece.
  const body = "begin perform 1; return 1; end";
  await add(
    "0001_init",
    `create function one() returns integer language plpgsql as $$ ${body} $$;
     create table referral (id text primary key, at timestamptz not null default app.now());`,
  );
  db = openDatabase({ url, applicationName: "migrate-test" });
});

afterAll(async () => {
  await db.close();
  await rm(directory, { recursive: true });
  await database.drop();
});

async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), sql);
}

// One story: each test goes on from the one before.
test("applies the log's and the service's migrations once, though two processes start", async () => {
  const starts = [1, 2].map(() => migrate({ url, serviceMigrations: directory }));
  const applied = (await Promise.all(starts)).flat();
  expect(applied.sort()).toEqual(["0001_init", "0001_log"]);
  expect(await migrate({ url, serviceMigrations: directory })).toEqual([]);
  const sql = `select schemaname from pg_tables where tablename = '_prisma_migrations' order by 1`;
  expect(await db.run("histories", sql)).toEqual([{ schemaname: "log" }, { schemaname: "public" }]);
  expect(await db.run("one", "select one()")).toEqual([{ one: 1 }]);
});

test("leaves nothing of a migration that failed half-way", async () => {
  await add("0002_half", "create table half (id text); select 1 / 0;");
  await expect(migrate({ url, serviceMigrations: directory })).rejects.toThrow("schema public");
  const rows = await db.run("half", "select from pg_tables where tablename = 'half'");
  expect(rows).toEqual([]);
  await db.run("forget", "delete from _prisma_migrations where migration_name = '0002_half'");
  await rm(join(directory, "0002_half"), { recursive: true });
});

test("refuses a migration that was edited after it had been applied", async () => {
  await add("0001_init", "select 1;");
  await expect(migrate({ url, serviceMigrations: directory })).rejects.toMatchObject({
    cause: { message: expect.stringContaining("0001_init") },
  });
});

test("refuses to rewrite history", async () => {
  for (const sql of [
    "update log.event set key = ''",
    "delete from log.event",
    "truncate log.event",
  ]) {
    await expect(db.run(sql, sql)).rejects.toMatchObject({ sqlState: "23001" });
  }
});
