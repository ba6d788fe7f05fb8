import { randomUUID } from "node:crypto";
import { OperationalError } from "@carehub/database/operational-error";
import { afterAll, expect, test } from "vitest";
import { openTestCapacity } from "../capacity.builder.ts";

/*
 * What PostgreSQL refuses by itself: plain statements, without a lock, a use case or any look before.
 */

const { db, close } = await openTestCapacity();
afterAll(close);

type Row = Readonly<Record<string, unknown>>;

/** Writes one row; answers the code and the constraint with which PostgreSQL refused it, or "written". */
async function write(table: string, row: Row): Promise<readonly string[] | "written"> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  const sql = `insert into ${table} (${columns.join(", ")}) values (${places.join(", ")})`;
  try {
    await db.run(`test-write-${table}-${columns.length}`, sql, Object.values(row));
    return "written";
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return [error.sqlState ?? "", error.constraint ?? ""];
  }
}

const hours = (from: number, to: number) => `[2026-02-02 ${from}:00+00, 2026-02-02 ${to}:00+00)`;

function aSession(during: string, parts: Row = {}): Row {
  const resource = "hubs/test/resources/room-1";
  const use = { kind: "SESSION", course: randomUUID(), session_number: 1 };
  return { resource, during, hub: "hubs/test", lock_key: 1, ...use, ...parts };
}

function aBucket(bucket: number, parts: Row = {}): Row {
  const pool = "hubs/test/pools/picu";
  return { pool, bucket, hub: "hubs/test", lock_key: 2, capacity: 3, planned: 3, ...parts };
}

function aCourse(parts: Row = {}): Row {
  const known = { id: randomUUID(), hub: "hubs/test", lock_key: 3, revision: 1, state: "BOOKED" };
  const times = { created_at: "2026-01-05", updated_at: "2026-01-05", release_at: null };
  return { ...known, round: 1, closed: false, facts: {}, ...times, ...parts };
}

test("refuses a reservation that overlaps another of its resource, and none that only touches it", async () => {
  expect(await write("reservation", aSession(hours(9, 11)))).toBe("written");
  const refused = ["23P01", "reservation_pkey"];
  for (const [from, to] of [
    [9, 11],
    [10, 12],
    [8, 10],
    [9, 10],
    [8, 12],
  ] as const) {
    expect(await write("reservation", aSession(hours(from, to)))).toEqual(refused);
  }
  const closure = { kind: "CLOSURE", course: null, session_number: null };
  expect(await write("reservation", aSession(hours(10, 20), closure))).toEqual(refused);
  expect(await write("reservation", aSession(hours(11, 12)))).toBe("written");
  const room = { resource: "hubs/test/resources/room-2" };
  expect(await write("reservation", aSession(hours(9, 11), room))).toBe("written");
});

test("refuses to move a reservation over another", async () => {
  const room = { resource: "hubs/test/resources/room-3" };
  await write("reservation", aSession(hours(9, 10), room));
  await write("reservation", aSession(hours(11, 12), room));
  const moved = db.run(
    "test-move",
    "update reservation set during = $1 where resource = $2 and lower(during) = $3",
    [hours(9, 12), room.resource, "2026-02-02 11:00+00"],
  );
  await expect(moved).rejects.toMatchObject({ sqlState: "23P01", constraint: "reservation_pkey" });
});

test("lets one of two transactions that write the same time at once commit, without any lock", async () => {
  const at = (minute: number) => `[2026-02-03 09:0${minute}+00, 2026-02-03 10:00+00)`;
  const writes = Array.from({ length: 8 }, (_, index) => write("reservation", aSession(at(index))));
  const codes = (await Promise.all(writes)).map((done) => (done === "written" ? done : done[0]));
  expect(codes.filter((code) => code === "written")).toHaveLength(1);
  // Who waits for one that waits for it is told of a deadlock instead; that too commits nothing.
  expect(codes.filter((code) => code === "23P01" || code === "40P01")).toHaveLength(7);
});

test("refuses times without a beginning, an end or a length, and uses of neither a session nor a closure", async () => {
  const room = { resource: "hubs/test/resources/room-4" };
  for (const during of ["empty", "[,2026-02-02)", "[2026-02-02,)", "(2026-02-02,2026-02-03]"]) {
    const refused = await write("reservation", aSession(during, room));
    expect(refused).toEqual(["23514", expect.stringMatching(/^reservation_during_check/)]);
  }
  const half = ["23514", "reservation_of_a_session"];
  expect(await write("reservation", aSession(hours(9, 10), { ...room, course: null }))).toEqual(
    half,
  );
  expect(await write("reservation", aSession(hours(9, 10), { ...room, kind: "CLOSURE" }))).toEqual(
    half,
  );
  const lunch = aSession(hours(9, 10), { ...room, kind: "LUNCH", course: null });
  expect(await write("reservation", lunch)).toEqual(["23514", "reservation_kind_check"]);
});

test("refuses a pool planned beyond its capacity or below nothing, however it comes about", async () => {
  const over = ["23514", "pool_bucket_never_overplanned"];
  // What is the hub's own is a part of the plan: a plan below nothing is below that as well.
  const below = ["23514", expect.stringMatching(/^pool_bucket_(planned_check|external)$/)];
  expect(await write("pool_bucket", aBucket(1, { planned: 4 }))).toEqual(over);
  expect(await write("pool_bucket", aBucket(1, { planned: -1 }))).toEqual(below);
  expect(await write("pool_bucket", aBucket(1))).toBe("written");
  const add = (amount: number) =>
    db.run("test-add", "update pool_bucket set planned = planned + $1 where bucket = 1", [amount]);
  await expect(add(1)).rejects.toMatchObject({ sqlState: over[0], constraint: over[1] });
  await expect(add(-4)).rejects.toMatchObject({ sqlState: below[0], constraint: below[1] });
  const less = db.run("test-less", "update pool_bucket set capacity = 2 where bucket = 1");
  await expect(less).rejects.toMatchObject({ sqlState: over[0], constraint: over[1] });
  const excess = aBucket(2, { actual_excess: -1 });
  const none = aBucket(2, { capacity: -1, planned: 0 });
  expect(await write("pool_bucket", excess)).toEqual(["23514", "pool_bucket_actual_excess_check"]);
  expect((await write("pool_bucket", none))[0]).toBe("23514");
});

test("refuses a use of nothing, a hold that is never released and a release of what is not held", async () => {
  const use = { course: randomUUID(), pool: "hubs/test/pools/picu", bucket: 1, excess: false };
  const nothing = { ...use, hub: "hubs/test", lock_key: 2, amount: 0 };
  expect(await write("pool_use", nothing)).toEqual(["23514", "pool_use_amount_check"]);
  const released = ["23514", "course_hold_has_a_release_time"];
  expect(await write("course", aCourse({ state: "HELD" }))).toEqual(released);
  expect(await write("course", aCourse({ release_at: "2026-01-14" }))).toEqual(released);
  const unknown = aCourse({ state: "LOST" });
  expect(await write("course", unknown)).toEqual(["23514", "course_state_check"]);
  expect(await write("course", aCourse())).toBe("written");
});
