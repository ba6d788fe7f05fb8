import { DomainError } from "@carehub/rules/domain-error";
import { afterAll, expect, test } from "vitest";
import { holdOwn, openTestCapacity, refusalOf } from "../capacity.builder.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { aUnitHub, onDay, worstOfRows } from "./stay-risk.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const racers = 120;

test("keeps the bound however many ask at once, and refuses none that would have fitted", async () => {
  const beds = 3;
  const overflowBoundPpm = 150_000;
  const hub = await aUnitHub(deps, { capacity: beds, overflowBoundPpm });
  const plans = Array.from({ length: racers }, (_, index) => onDay(hub, index % 4));
  // With every connection open, so that many plan on the same empty unit.
  await Promise.all(Array.from({ length: 16 }, () => db.run("test-warm", "select pg_sleep(0.05)")));
  const results = await Promise.allSettled(plans.map((plan) => holdOwn(deps, hub, plan)));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  expect(errors.filter((error) => !(error instanceof DomainError))).toEqual([]);
  const reasons = new Set(errors.map((error: DomainError) => error.reason));
  expect([...reasons]).toEqual(["POOL_FULL"]);
  const held = results.length - errors.length;
  expect(held).toBeGreaterThanOrEqual(4);
  const worst = await worstOfRows(db, hub, beds);
  expect(worst * 1_000_000).toBeLessThanOrEqual(overflowBoundPpm + 1e-6);
  // Whoever was refused would still break it.
  const kinds = new Set<string | undefined>();
  for (const day of [0, 1, 2, 3]) {
    const refused = await refusalOf(holdOwn(deps, hub, onDay(hub, day)));
    expect(refused?.reason).toBe("POOL_FULL");
    kinds.add(refused?.metadata.kind);
  }
  expect(kinds).toContain("OVERFLOW_RISK");
  expect(await worstOfRows(db, hub, beds)).toBe(worst);
  expect(await brokenInvariants(db)).toEqual({});
});

test("lets in one of two whom the tail of the other's stay alone keeps out", async () => {
  // Both plan one day, on days of their own: no count of planned days tells them apart.
  for (let round = 0; round < 10; round += 1) {
    const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 400_000 });
    const plans = [onDay(hub, 0), onDay(hub, 1)];
    const results = await Promise.allSettled(plans.map((plan) => holdOwn(deps, hub, plan)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await worstOfRows(db, hub, 1)) * 1_000_000).toBeLessThanOrEqual(400_000);
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
