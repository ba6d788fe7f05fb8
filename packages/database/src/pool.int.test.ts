import { testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OperationalError } from "./operational-error.ts";
import { type Database, openDatabase } from "./pool.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, applicationName: "pool-test", poolSizeMax: 4 });
  await db.run("table", "create table seat (id integer primary key, taken integer not null)");
  await db.run("seats", "insert into seat select id, 0 from generate_series(1, 9) as id");
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

const backend = async (run = db.run) =>
  (await run<{ pid: number }>("pid", "select pg_backend_pid() as pid"))[0]?.pid;

async function killBackend(pid: number | undefined): Promise<void> {
  await db.run("kill", "select pg_terminate_backend($1)", [pid]);
}

test("carries instants, dates, whole numbers and bytes both ways", async () => {
  const values = {
    at: Temporal.Instant.from("2026-01-05T06:30:00.123456Z"),
    day: Temporal.PlainDate.from("2026-01-05"),
    large: 9_007_199_254_740_993n,
    bytes: Buffer.from([0, 255]),
  };
  const rows = await db.run(
    "types",
    `select $1::timestamptz as at, $2::date as day, $3::bigint as large, $4::bytea as bytes,
       $5::timestamptz[] as ats, array[$3::bigint, null] as larges, '{}'::date[] as days`,
    [...Object.values(values), [values.at, values.at]],
  );
  const arrays = { ats: [values.at, values.at], larges: [values.large, null], days: [] };
  expect(rows).toEqual([{ ...values, ...arrays }]);
});

test("keeps its connection after a refused write", async () => {
  const one = openDatabase({ url: database.url, applicationName: "refused", poolSizeMax: 1 });
  const before = await backend(one.run);
  const taken = one.run("taken", "insert into seat values (1, 1)");
  await expect(taken).rejects.toMatchObject({ sqlState: "23505", constraint: "seat_pkey" });
  await expect(
    one.transaction("taken-too", (tx) => tx.run("taken", "insert into seat values (1, 1)")),
  ).rejects.toMatchObject({ sqlState: "23505", outcomeUnknown: false });
  expect(await backend(one.run)).toBe(before);
  await one.close();
});

test("runs a transaction again, whole, when it was the victim of a deadlock", async () => {
  let runs = 0;
  const bothHoldOne = Promise.withResolvers<void>();
  const takeBoth = (first: number, second: number) =>
    db.transaction("deadlock", async (tx) => {
      runs += 1;
      const take = (id: number) =>
        tx.run("take", "update seat set taken = taken + 1 where id = $1", [id]);
      await take(first);
      if (runs >= 2) bothHoldOne.resolve();
      await bothHoldOne.promise;
      await take(second);
    });
  await Promise.all([takeBoth(1, 2), takeBoth(2, 1)]);
  expect(runs).toBeGreaterThan(2);
  const rows = await db.run("seats-read", "select taken from seat where id in (1, 2)");
  expect(rows).toEqual([{ taken: 2 }, { taken: 2 }]);
});

test("gives up on a lock that is held longer than its limit, and tells which", async () => {
  const holder = await db.connect("holder");
  await holder.query("begin; update seat set taken = 1 where id = 3");
  const waiting = db.run("take", "update seat set taken = taken + 1 where id = $1", [3]);
  await expect(waiting).rejects.toMatchObject({ sqlState: "55P03", outcomeUnknown: false });
  await holder.end();
});

test("rolls back what the work threw away, and keeps the error", async () => {
  const refusal = new Error("no");
  const refused = db.transaction("refused", async (tx) => {
    await tx.run("seat-new", "insert into seat values (100, 1)");
    throw refusal;
  });
  await expect(refused).rejects.toBe(refusal);
  expect(await db.run("seat-100", "select from seat where id = 100")).toEqual([]);
});

test("reports a transaction whose failed statement was swallowed as failed", async () => {
  const swallowed = db.transaction("swallowed", async (tx) => {
    await tx.run("seat-101", "insert into seat values (101, 1)");
    await tx.run("seat-again", "insert into seat values (101, 1)").catch(() => undefined);
  });
  await expect(swallowed).rejects.toThrow("swallowed: committing");
  expect(await db.run("seat-101-read", "select from seat where id = 101")).toEqual([]);
});

test("says that the outcome is unknown only when the connection died while committing", async () => {
  const died = db.transaction("died", async (tx) => {
    await killBackend(await backend(tx.run));
    await tx.run("seat-102", "insert into seat values (102, 1)");
  });
  await expect(died).rejects.toMatchObject({ outcomeUnknown: false });
  const trigger = `create function die() returns trigger language plpgsql as
    $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
    create constraint trigger die after insert on seat deferrable initially deferred
    for each row when (new.id = 103) execute function die()`;
  await db.pool.query(trigger);
  const error = await db
    .transaction("committing", (tx) => tx.run("seat-103", "insert into seat values (103, 1)"))
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(OperationalError);
  expect(error).toMatchObject({ sqlState: "57P01", outcomeUnknown: true });
});

test("survives the loss of an idle connection", async () => {
  const warnings: string[] = [];
  const logger = { info: () => undefined, warn: (_: object, text: string) => warnings.push(text) };
  const idle = openDatabase({ url: database.url, applicationName: "idle", logger });
  await killBackend(await backend(idle.run));
  await until(() => warnings.length > 0, { what: "the lost connection to be noticed" });
  expect(await backend(idle.run)).toBeGreaterThan(0);
  await idle.close();
});
