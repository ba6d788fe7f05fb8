import { afterAll, expect, test } from "vitest";
import { holdOwn, openTestCapacity, type TestHub } from "../capacity.builder.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { day } from "./move.builder.ts";
import { approveTwice, movesOf, reportOutage } from "./replan.builder.ts";
import { aUnitHub, onDay, worstOfRows } from "./stay-risk.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

// With a patient who is there for certain, another may be there with a probability of a quarter, but not of a half.
const unit = { capacity: 1, overflowBoundPpm: 300_000 };

/** Reports all theatres out for these days of Almaty; answers the name of the proposal. */
function anOutage(hub: TestHub, firstDate: string, untilDate: string): Promise<string> {
  const midnight = (date: string) => `${day(date).toZonedDateTime("Asia/Almaty").toInstant()}`;
  const resources = hub.document.resources.map(({ id }) => id);
  return reportOutage(deps, { hub, resources }, [midnight(firstDate), midnight(untilDate)]);
}

async function toldOf(name: string): Promise<string[]> {
  return (await movesOf(db, name)).map(({ outcome, wholeOn }) => `${outcome} ${wholeOn}`);
}

test("an operation that loses its theatre goes to the next day: who leaves does not count against itself", async () => {
  const hub = await aUnitHub(deps, unit);
  await holdOwn(deps, hub, onDay(hub, 0));
  const name = await anOutage(hub, "2026-02-02", "2026-02-03");
  expect(await toldOf(name)).toEqual(["PLANNED 2026-02-03"]);
  await approveTwice(deps, hub, name);
  expect(await toldOf(name)).toEqual(["MOVED 2026-02-03"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("of two operations the second is planned beside the stay that the first may have then", async () => {
  const hub = await aUnitHub(deps, unit);
  await holdOwn(deps, hub, onDay(hub, 0));
  await holdOwn(deps, hub, onDay(hub, 2));
  const name = await anOutage(hub, "2026-02-02", "2026-02-09");
  expect(await toldOf(name)).toEqual(["PLANNED 2026-02-09", "PLANNED 2026-02-11"]);
  await approveTwice(deps, hub, name);
  expect(await toldOf(name)).toEqual(["MOVED 2026-02-09", "MOVED 2026-02-11"]);
  expect(await worstOfRows(db, hub, unit.capacity)).toBeLessThanOrEqual(0.3);
  expect(await brokenInvariants(db)).toEqual({});
});
