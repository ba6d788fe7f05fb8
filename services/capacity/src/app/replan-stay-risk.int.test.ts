import { must } from "@carehub/rules/fault";
import { afterAll, expect, test } from "vitest";
import { aCommand, holdOwn, openTestCapacity, sweep, type TestHub } from "../capacity.builder.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { readReplan } from "../storage/replan-store.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { approveReplan } from "./replan-commands.ts";
import { aUnitHub, onDay, worstOfRows } from "./stay-risk.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

// With a patient who is there for certain, another may be there with a probability of a quarter, but not of a half.
const unit = { capacity: 1, overflowBoundPpm: 300_000 };

function commandOf(hub: TestHub, actor: { readonly reference: string; readonly role: string }) {
  const respond = ({ name }: StoredReplan) => new TextEncoder().encode(name);
  return { ...aCommand<StoredReplan>(hub.caller, {}, respond), actor, etag: "" };
}

/** Reports all theatres out for these days of Almaty; answers the name of the proposal. */
async function anOutage(hub: TestHub, firstDate: string, untilDate: string): Promise<string> {
  const startAt = Temporal.PlainDate.from(firstDate).toZonedDateTime("Asia/Almaty").toInstant();
  const endAt = Temporal.PlainDate.from(untilDate).toZonedDateTime("Asia/Almaty").toInstant();
  const what = { kind: "OUTAGE", reason: "flood", startAt, endAt } as const;
  const resources = hub.document.resources.map(({ id }) => id);
  const command = commandOf(hub, { reference: "e-1", role: "planner" });
  const name = await disruptHub(deps, { hub: hub.name, ...what, resources }, command);
  return new TextDecoder().decode(name);
}

async function movesOf(name: string): Promise<string[]> {
  const { replan } = must(await readReplan(db, name), "it was proposed");
  return replan.moves.map(({ outcome, wholeOn }) => `${outcome} ${wholeOn}`);
}

async function approveTwice(hub: TestHub, name: string): Promise<void> {
  for (const role of ["physicist", "clinician"]) {
    await approveReplan(deps, { ...commandOf(hub, { reference: role, role }), name });
  }
  await sweep(deps);
}

test("an operation that loses its theatre goes to the next day: who leaves does not count against itself", async () => {
  const hub = await aUnitHub(deps, unit);
  await holdOwn(deps, hub, onDay(hub, 0));
  const name = await anOutage(hub, "2026-02-02", "2026-02-03");
  expect(await movesOf(name)).toEqual(["PLANNED 2026-02-03"]);
  await approveTwice(hub, name);
  expect(await movesOf(name)).toEqual(["MOVED 2026-02-03"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("of two operations the second is planned beside the stay that the first may have then", async () => {
  const hub = await aUnitHub(deps, unit);
  await holdOwn(deps, hub, onDay(hub, 0));
  await holdOwn(deps, hub, onDay(hub, 2));
  const name = await anOutage(hub, "2026-02-02", "2026-02-09");
  expect(await movesOf(name)).toEqual(["PLANNED 2026-02-09", "PLANNED 2026-02-11"]);
  await approveTwice(hub, name);
  expect(await movesOf(name)).toEqual(["MOVED 2026-02-09", "MOVED 2026-02-11"]);
  expect(await worstOfRows(db, hub, unit.capacity)).toBeLessThanOrEqual(0.3);
  expect(await brokenInvariants(db)).toEqual({});
});
