import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestAgreements, seatsOf, unbalanced } from "../agreements.builder.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;
let quota: string;
let entitlement: string;

beforeAll(async () => {
  agreements = await openTestAgreements();
  await run("insert into agreement values ('agreements/raw', 1, 'ANNUAL_PROTOCOL', '{}', '{}')");
});

beforeEach(async () => {
  quota = `agreements/raw/quotas/${randomUUIDv7()}`;
  entitlement = randomUUIDv7();
  await run("insert into entitlement (id, updated_at) values ($1, now())", [entitlement]);
  await run(
    `insert into seat_account (quota, period, part, agreement, first_date)
     values ($1, '2026', '', 'agreements/raw', '2026-01-01')`,
    [quota],
  );
  await post("GRANT", "granted", "available", { seats: 1 });
});

afterAll(() => agreements.close());

let statements = 0;
function run(sql: string, values: readonly unknown[] = []) {
  statements += 1;
  return agreements.db.run(`raw-${statements}`, sql, values);
}

function post(
  move: string,
  debit: string,
  credit: string,
  { seat = null, seats = 1 }: { seat?: number | null; seats?: number } = {},
) {
  return run(
    `insert into seat_posting
       (quota, period, part, debit, credit, seats, move, entitlement, seat, posted_at)
     values ($1, '2026', '', $2, $3, $4, $5, $6, $7, now())`,
    [quota, debit, credit, seats, move, seat === null ? null : entitlement, seat],
  );
}

const reserve = (seat: number) => post("RESERVE", "available", "reserved", { seat });
const state = (sqlState: string) => expect.objectContaining({ sqlState });

test("a posting moves both counters, whoever writes it", async () => {
  await reserve(1);
  expect(await seatsOf(agreements.db, quota)).toEqual({ "": [1, 0, 1, 0, 0] });
  await post("COMMIT", "reserved", "committed", { seat: 1 });
  await post("RELEASE", "committed", "available", { seat: 1 });
  expect(await seatsOf(agreements.db, quota)).toEqual({ "": [1, 1, 0, 0, 0] });
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a seat that is not there is not taken: nothing goes below zero", async () => {
  await reserve(1);
  await expect(reserve(2)).rejects.toEqual(state("23514"));
  await expect(post("CONSUME", "committed", "consumed", { seat: 1 })).rejects.toEqual(
    state("23514"),
  );
  await expect(post("WITHDRAW", "available", "granted")).rejects.toEqual(state("23514"));
  expect(await seatsOf(agreements.db, quota)).toEqual({ "": [1, 0, 1, 0, 0] });
});

test("a move of a seat is posted once, between the accounts of that move, one seat at a time", async () => {
  await reserve(1);
  await post("GRANT", "granted", "available", { seats: 5 });
  await expect(reserve(1)).rejects.toEqual(state("23505"));
  await expect(post("RESERVE", "reserved", "available", { seat: 2 })).rejects.toEqual(
    state("23514"),
  );
  await expect(post("RESERVE", "available", "reserved", { seat: 2, seats: 2 })).rejects.toEqual(
    state("23514"),
  );
});

test("counters move in no other way, and their row stays", async () => {
  const where = "where quota = $1";
  for (const set of ["granted = 2, available = 2", "available = 0, reserved = 1", "released = 1"]) {
    const written = run(`update seat_account set ${set} ${where}`, [quota]);
    await expect(written).rejects.toEqual(state("23001"));
  }
  await expect(run(`delete from seat_account ${where}`, [quota])).rejects.toEqual(state("23001"));
  const filled = run(
    `insert into seat_account (quota, period, part, agreement, first_date, granted, available)
     values ($1, '2027', '', 'agreements/raw', '2027-01-01', 3, 3)`,
    [quota],
  );
  await expect(filled).rejects.toEqual(state("23001"));
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("postings and decisions are history", async () => {
  await run(
    `insert into decision (id, entitlement, kind, outcome, valid_on, known_at, calendar_version,
       facts, findings)
     values ($1, $1, 'ENTITLEMENT', 'GRANTED', '2026-02-02', now(), 'v', '{}', '[]')`,
    [entitlement],
  );
  const rewriting = [
    "update seat_posting set seats = 2",
    "delete from seat_posting",
    "truncate seat_posting",
    "update decision set outcome = 'PENDED'",
    "delete from decision",
    "truncate decision",
  ];
  for (const sql of rewriting) await expect(run(sql)).rejects.toEqual(state("23001"));
});
