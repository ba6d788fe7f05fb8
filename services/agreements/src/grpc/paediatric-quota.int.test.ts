import { randomUUIDv7 } from "node:crypto";
import { Entitlement_State as State } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_pb.ts";
import { afterAll, beforeEach, expect, test } from "vitest";
import {
  eventsOf,
  nextMessage,
  raiseDues,
  request,
  seatsOf,
  unbalanced,
} from "../agreements.builder.ts";
import { moveSeat } from "../app/move-seat.ts";
import { type Served, serveExamples } from "./served.builder.ts";

const quota = "agreements/kz-uz-hubs-2026/quotas/paediatric-oncology";
let served: Served | undefined;

beforeEach(async () => {
  await served?.close();
  served = await serveExamples();
});

afterAll(() => served?.close());

const open = (): Served => {
  if (served === undefined) throw new Error("the examples are served");
  return served;
};

const ask = (id: string, { priority = "ROUTINE", region = "UZ-TK" } = {}) =>
  request(open().app, id, {
    facts: {
      ...{ programme: "paediatric-oncology", hub: "hubs/astana-oncology", diagnosis_code: "C91.0" },
      ...{ age_years: 7, priority, residence_region: region, referral_date: "2026-01-05" },
    },
  });

const ids = (count: number) => Array.from({ length: count }, () => randomUUIDv7());

const lastEvents = (cases: readonly string[]) =>
  Promise.all(cases.map(async (id) => (await eventsOf(open().db, id)).at(-1)));

const placesOf = async (cases: readonly string[]) => {
  const { entitlements } = open().as("ministry/UZ");
  const found = await Promise.all(
    cases.map((id) => entitlements.getEntitlement({ name: `entitlements/${id}` })),
  );
  return found.map(({ entitlement }) => entitlement?.place);
};

// What triage's rejection leads to.
const release = (id: string, source = nextMessage(id)) =>
  moveSeat(open().app, { id, round: 1, move: "RELEASE", reason: "REJECTED" }, source);

/** 7 seats taken by general applicants, 2 set-aside ones by UZ-QR, and 5 who wait. */
async function askedByFourteen(priorities: readonly string[]) {
  const [holders, karakalpaks, waiters] = [ids(7), ids(2), ids(5)];
  await Promise.all(holders.map((id) => ask(id)));
  for (const [at, id] of waiters.entries())
    await ask(id, { priority: priorities[at] ?? "ROUTINE" });
  await Promise.all(karakalpaks.map((id) => ask(id, { region: "UZ-QR" })));
  return { holders, karakalpaks, waiters };
}

test("of 14 on 10 seats 9 are granted and 5 wait with a promise; one set-aside seat stays free", async () => {
  const { holders, karakalpaks, waiters } = await askedByFourteen([]);
  for (const event of await lastEvents([...holders, ...karakalpaks])) {
    expect(event?.case).toBe("entitlementGranted");
  }
  const pended = await lastEvents(waiters);
  for (const [at, event] of pended.entries()) {
    expect(event).toMatchObject({
      case: "entitlementPended",
      // Fifteen working days of Uzbekistan.
      value: { quota, place: at + 1, promisedDate: { day: expect.any(Number) } },
    });
  }
  expect(await placesOf(waiters)).toEqual([1, 2, 3, 4, 5]);
  expect(await seatsOf(open().db, quota)).toEqual({
    "": [7, 0, 7, 0, 0],
    "UZ-QR": [3, 1, 2, 0, 0],
  });
});

test("a seat that triage frees is offered once, by clinical priority and then time", async () => {
  const { holders, waiters } = await askedByFourteen([
    ...["ROUTINE", "URGENT", "ROUTINE", "EMERGENCY", "URGENT"],
  ]);
  expect(await placesOf(waiters)).toEqual([4, 2, 5, 1, 3]);
  const [rejected = "", other = ""] = holders;
  await release(rejected);
  await raiseDues(open().app);
  expect(await placesOf(waiters)).toEqual([3, 1, 4, 0, 2]);
  const [emergency] = await lastEvents([waiters[3] ?? ""]);
  expect(emergency).toMatchObject({
    case: "entitlementGranted",
    value: { round: 1, seat: { quota, period: "2026", setAside: "" } },
  });
  await release(other);
  await raiseDues(open().app);
  expect(await placesOf(waiters)).toEqual([2, 0, 3, 0, 1]);
  expect(await unbalanced(open().db)).toEqual([]);
});

test("a set-aside seat that is freed is not for those who wait for the general part", async () => {
  const { karakalpaks, waiters } = await askedByFourteen([]);
  await release(karakalpaks[0] ?? "");
  await raiseDues(open().app);
  expect(await placesOf(waiters)).toEqual([1, 2, 3, 4, 5]);
  expect(await seatsOf(open().db, quota)).toMatchObject({ "UZ-QR": [3, 2, 1, 0, 0] });
});

test("releases that race with each other, with offers and with new requests free each seat once", async () => {
  const { holders, waiters } = await askedByFourteen([]);
  const [one = "", two = ""] = holders;
  const [first, second] = [nextMessage(one), nextMessage(two)];
  const late = ids(4);
  await Promise.all([
    ...Array.from({ length: 5 }, () => release(one, first)),
    ...Array.from({ length: 5 }, () => release(two, second)),
    ...late.map((id) => ask(id, { priority: "ROUTINE" })),
    ...Array.from({ length: 3 }, () => raiseDues(open().app)),
  ]);
  await raiseDues(open().app);
  // The first two of those who waited, and nobody who came later, whatever came first.
  expect(await placesOf(waiters)).toEqual([0, 0, 1, 2, 3]);
  const states = await Promise.all(
    [...waiters, ...late].map(async (id) => {
      const name = `entitlements/${id}`;
      const { entitlement } = await open().as("ministry/UZ").entitlements.getEntitlement({ name });
      return entitlement?.state;
    }),
  );
  expect(states.filter((state) => state === State.GRANTED)).toHaveLength(2);
  const grants = (await Promise.all(waiters.map((id) => eventsOf(open().db, id))))
    .flat()
    .filter((event) => event?.case === "entitlementGranted");
  expect(grants).toHaveLength(2);
  expect(await seatsOf(open().db, quota)).toEqual({
    "": [7, 0, 7, 0, 0],
    "UZ-QR": [3, 1, 2, 0, 0],
  });
  expect(await unbalanced(open().db)).toEqual([]);
});
