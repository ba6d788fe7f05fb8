import { randomUUID } from "node:crypto";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { aPublishedHub, holdOwn, openTestCapacity } from "../capacity.builder.ts";
import { aPlan } from "../domain/hub.builder.ts";
import { keepAll } from "./reservation-store.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const day = 20_500;

test("lets a course beyond a capacity by its own word alone, not by what another's opened", async () => {
  const hub = await aPublishedHub(deps);
  const pool = `${hub.name}/pools/picu`;
  const keep = (overbooked: number) =>
    db.transaction("test-keep", (tx) =>
      keepAll(tx, {
        ...{ course: randomUUID() as Uuid, hub: hub.name, version: 1, afterWaiting: false },
        uses: [],
        poolUses: [{ pool, bucket: day, amount: 1, capacity: 1, reserve: 0, overbooked }],
      }),
    );
  const row = async () => {
    const sql = "select planned, capacity, overbooked from pool_bucket where pool = $1";
    return (await db.run("test-bucket", sql, [pool]))[0];
  };
  expect([await keep(0), await keep(1)]).toEqual(["kept", "kept"]);
  expect(await row()).toEqual({ planned: 2, capacity: 1, overbooked: 1 });
  // Somebody else's bed comes free: still nobody has one that was opened for another.
  await db.run("test-free", "update pool_bucket set planned = 1 where pool = $1", [pool]);
  expect(await keep(0)).toBe("in-the-way");
});

type Row = Record<string, unknown>;

async function write(parts: Row): Promise<string> {
  const known = { hub: "hubs/test", lock_key: 1, revision: 1, kind: "OVERBOOKING", facts: {} };
  const times = { created_at: "2026-01-05", updated_at: "2026-01-05", expires_at: "2026-01-06" };
  const name = `hubs/test/overrides/${randomUUID()}`;
  const row: Row = { name, ...known, ...times, proposed_by: "e-1", state: "PROPOSED", ...parts };
  const columns = Object.keys(row);
  const values = columns.map((_, index) => `$${index + 1}`).join(", ");
  try {
    const sql = `insert into override (${columns.join(", ")}) values (${values})`;
    await db.run(`test-override-${columns.length}-${columns.at(-1)}`, sql, Object.values(row));
    return "written";
  } catch (error) {
    return (error as { constraint: string }).constraint;
  }
}

test("knows by its own rows that there were two persons, and a course that used it", async () => {
  const used = { state: "USED", approved_by: "e-2", course: randomUUID(), used_at: "2026-01-05" };
  expect(await write({})).toBe("written");
  expect(await write(used)).toBe("written");
  expect(await write({ state: "APPROVED" })).toBe("override_approved_before_use");
  expect(await write({ ...used, approved_by: "e-1" })).toBe("override_by_two_persons");
  expect(await write({ ...used, course: null })).toBe("override_used_by_a_course");
  expect(await write({ ...used, used_at: null })).toBe("override_used_by_a_course");
});

test("keeps more than nothing beyond a capacity only where a use says so", async () => {
  const hub = await aPublishedHub(deps);
  const plan = { ...aPlan("surgery"), template: hub.template("surgery") };
  const id = await holdOwn(deps, hub, plan);
  const more = (sql: string) => db.run(`test-${sql.length}`, sql, [id]);
  await expect(
    more("update pool_use set overbooked = 2 where course = $1 and not excess"),
  ).rejects.toMatchObject({ constraint: "pool_use_overbooked" });
  await expect(
    more(`update pool_bucket set planned = capacity + overbooked + 1
      where pool in (select pool from pool_use where course = $1)`),
  ).rejects.toMatchObject({ constraint: "pool_bucket_never_overplanned" });
});
