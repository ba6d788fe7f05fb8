import { expect, test } from "vitest";
import { aHub } from "./hub.builder.ts";
import type { Pool } from "./hub.ts";
import { overflowObstacles, stayRisks, worstOverflow } from "./overflow-rule.ts";
import type { PlacedStay } from "./planner.ts";

const day = 20_500;
const half = 500_000;

function aUnit(parts: Partial<Pool> = {}) {
  const picu: Pool = {
    id: "picu",
    kind: "BED",
    capacity: 2,
    serves: [],
    overflowBoundPpm: 250_000,
    ...parts,
  };
  const { document, time } = aHub({
    pools: [picu, { id: "ward", kind: "BED", capacity: 4, serves: [] }],
  });
  return { document, time, isEmergency: false };
}

function aStay(parts: Partial<PlacedStay> = {}): PlacedStay {
  return { stay: "intensive-care", pool: "picu", firstDay: day, days: 1, ...parts };
}

/** Who is in intensive care, by day: uncertain patients, how many of them are planned, and how many are planned at all. */
function anAvailability(
  presences: Readonly<Record<number, readonly number[]>>,
  {
    used = {},
    uncertain = {},
  }: Partial<Record<"used" | "uncertain", Readonly<Record<number, number>>>> = {},
) {
  const byDay = <Value>(values: Readonly<Record<number, Value>>) =>
    new Map([
      ["picu", new Map(Object.entries(values).map(([key, value]) => [Number(key), value]))],
    ]);
  return {
    busy: new Map(),
    used: byDay(used),
    uncertain: byDay(uncertain),
    presences: byDay(presences),
  };
}

test("lets a stay in while the bound is kept, and names pool, day and probability where it is not", () => {
  const demand = aUnit();
  const stays = [aStay({ presence: [1_000_000, half] })];
  const two = anAvailability({ [day]: [half, half], [day + 1]: [half, half] });
  expect(overflowObstacles({ demand, availability: two }, stays)).toEqual([]);
  expect(worstOverflow({ demand, availability: two }, stays)).toBe(250_000);
  const three = anAvailability({ [day]: [half, half], [day + 1]: [half, half, half] });
  expect(overflowObstacles({ demand, availability: three }, stays)).toEqual([
    {
      kind: "OVERFLOW_RISK",
      at: "picu",
      start: demand.time.startOf(day + 1),
      end: demand.time.startOf(day + 2),
      overflowPpm: 312_500,
      boundPpm: 250_000,
    },
  ]);
});

test("asks nothing on days on which the patient is not there, and in pools without a bound", () => {
  const crowd = anAvailability({ [day + 2]: [1_000_000, 1_000_000, 1_000_000] });
  const stays = [aStay({ presence: [1_000_000, half] })];
  expect(overflowObstacles({ demand: aUnit(), availability: crowd }, stays)).toEqual([]);
  const later = [aStay({ firstDay: day + 1, presence: [1_000_000, 1] })];
  expect(overflowObstacles({ demand: aUnit(), availability: crowd }, later)).toHaveLength(1);
  const unbounded = aUnit({ overflowBoundPpm: 0 });
  expect(overflowObstacles({ demand: unbounded, availability: crowd }, later)).toEqual([]);
  expect(worstOverflow({ demand: unbounded, availability: crowd }, later)).toBeUndefined();
});

test("counts the certain ones among the planned, each patient once", () => {
  // Three are planned, of whom two are uncertain, and a third uncertain one is past its plan.
  const availability = anAvailability(
    { [day]: [half, half, half] },
    { used: { [day]: 3 }, uncertain: { [day]: 2 } },
  );
  const stays = [aStay({ presence: [half] })];
  const inFour = aUnit({ capacity: 4 });
  expect(worstOverflow({ demand: inFour, availability }, stays)).toBe(1_000_000 / 16);
});

test("judges a stay that is certain itself as well, but tells no probability of it", () => {
  const availability = anAvailability({ [day]: [half, half, half] });
  const context = { demand: aUnit(), availability };
  expect(overflowObstacles(context, [aStay()])).toHaveLength(1);
  expect(worstOverflow(context, [aStay()])).toBeUndefined();
});

test("keeps the reserve free of all but emergencies", () => {
  const availability = anAvailability({ [day]: [half, half] });
  const demand = aUnit({ emergencyReserve: 1 });
  const stays = [aStay({ presence: [1_000_000] })];
  expect(overflowObstacles({ demand, availability }, stays)).toMatchObject([
    { overflowPpm: 750_000 },
  ]);
  const emergency = { ...demand, isEmergency: true };
  expect(overflowObstacles({ demand: emergency, availability }, stays)).toEqual([]);
});

test("judges by what an availability holds, also where one is made from another", () => {
  const demand = aUnit({ capacity: 1 });
  const stays = [aStay({ presence: [half] })];
  const full = anAvailability({}, { used: { [day]: 1 } });
  expect(overflowObstacles({ demand, availability: full }, stays)).toHaveLength(1);
  const opened = { ...full, used: new Map([["picu", new Map([[day, 0]])]]) };
  expect(overflowObstacles({ demand, availability: opened }, stays)).toEqual([]);
});

test("counts one patient as one bed where the end of one stay reaches into the next", () => {
  const stays = [
    aStay({ presence: [1_000_000, half, 200_000] }),
    aStay({ stay: "again", firstDay: day + 1, days: 2 }),
  ];
  expect(stayRisks(stays)).toEqual([
    { pool: "picu", bucket: day, presentPpm: 1_000_000 },
    { pool: "picu", bucket: day + 1, presentPpm: 1_000_000 },
    { pool: "picu", bucket: day + 2, presentPpm: 1_000_000 },
  ]);
  expect(stayRisks([aStay(), aStay({ stay: "ward", pool: "ward" })])).toEqual([]);
});
