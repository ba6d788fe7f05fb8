import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  eventsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
  sweep,
} from "../capacity.builder.ts";
import { monday } from "../domain/hub.builder.ts";
import { dayOfDate } from "../domain/hub-time.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCase } from "./case-requests.ts";
import { bookCourse, dischargePatient, recordAdmission, releaseCourse } from "./course-commands.ts";
import { moveCourse } from "./move-course.ts";
import { extendPatientStay } from "./stay-commands.ts";
import { aUnitHub, halving, onDay, picu, risksOf } from "./stay-risk.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const firstBucket = dayOfDate(monday);
const etag = "";

test("keeps a row for each day on which the patient may be there, and says the probability", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 500_000 });
  const first = await holdOwn(deps, hub, onDay(hub, 0));
  expect(await risksOf(db, first)).toEqual(
    halving.map((present_ppm, day) => ({ bucket: firstBucket + day, present_ppm })),
  );
  const second = await holdOwn(deps, hub, onDay(hub, 1));
  // On the second one's first day the first is there with a half.
  const hold = (await readCourse(db, second))?.course.hold;
  expect(hold?.overflowProbabilityPpm).toBe(500_000);
  expect(JSON.parse(hold?.certificate.document ?? "")).toMatchObject({
    overflow_probability_ppm: 500_000,
  });
  const [held] = await eventsOf(db, second);
  expect(held?.event.value).toMatchObject({ overflowProbabilityPpm: 500_000 });
  expect((await readCourse(db, first))?.course.hold?.overflowProbabilityPpm).toBe(0);
  expect(await brokenInvariants(db)).toEqual({});
});

test("refuses what would break the bound: names pool, day, probability and bound, and the first day that fits", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  await holdOwn(deps, hub, onDay(hub, 0));
  const refused = await refusalOf(holdOwn(deps, hub, onDay(hub, 1)));
  expect(refused?.reason).toBe("POOL_FULL");
  expect(refused?.metadata).toMatchObject({
    resource: `${hub.name}/pools/${picu}`,
    kind: "OVERFLOW_RISK",
    start_time: "2026-02-02T19:00:00Z",
    end_time: "2026-02-03T19:00:00Z",
    overflow_probability_ppm: "500000",
    overflow_bound_ppm: "200000",
    first_possible_date: "2026-02-05",
  });
});

test("keeps the reserve for emergencies: what nobody else is given, they are", async () => {
  const hub = await aUnitHub(deps, { capacity: 2, emergencyReserve: 1, overflowBoundPpm: 200_000 });
  await holdOwn(deps, hub, onDay(hub, 0));
  const plan = onDay(hub, 1);
  expect((await refusalOf(holdOwn(deps, hub, plan)))?.metadata).toMatchObject({
    kind: "OVERFLOW_RISK",
  });
  const id = randomUUID() as Uuid;
  await requestForCase(deps, {
    id,
    hub: hub.name,
    plan: onDay(hub, 1, { dueDate: monday.add({ days: 30 }) }),
    priority: "EMERGENCY",
  });
  expect((await readCourse(db, id))?.course.state).toBe("HELD");
});

test("counts planned days as before where no distribution fits, and such a patient as certain", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const certain = await holdOwn(deps, hub, onDay(hub, 0, { statCategory: 3 }));
  expect(await risksOf(db, certain)).toEqual([]);
  expect((await readCourse(db, certain))?.course.hold?.overflowProbabilityPpm).toBeUndefined();
  await holdOwn(deps, hub, onDay(hub, 1));
  const refused = await refusalOf(holdOwn(deps, hub, onDay(hub, 2, { statCategory: 3 })));
  expect(refused?.metadata).toMatchObject({
    kind: "OVERFLOW_RISK",
    overflow_probability_ppm: "500000",
  });
});

test("looks as far ahead as a patient may stay, weeks past all that is planned", async () => {
  const presentPpm = [1_000_000, ...Array.from({ length: 80 }, () => 300_000)];
  const long = { statCategories: [5], ageMonthsMin: 0, ageMonthsMax: 0, presentPpm };
  const hub = await aUnitHub(
    deps,
    { capacity: 1, overflowBoundPpm: 200_000 },
    { distributions: [long] },
  );
  await holdOwn(deps, hub, onDay(hub, 63, { statCategory: 1 }));
  const refused = await refusalOf(holdOwn(deps, hub, onDay(hub, 0, { statCategory: 5 })));
  expect(refused?.metadata).toMatchObject({
    kind: "OVERFLOW_RISK",
    overflow_probability_ppm: "300000",
    start_time: "2026-04-05T19:00:00Z",
  });
});

test("gives the rows back with a release, so that the next is held", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const first = await holdOwn(deps, hub, onDay(hub, 0));
  expect((await refusalOf(holdOwn(deps, hub, onDay(hub, 1))))?.reason).toBe("POOL_FULL");
  await releaseCourse(deps, { ...aCommand(hub.caller), id: first, etag, reason: "CANCELLED" });
  expect(await risksOf(db, first)).toEqual([]);
  await holdOwn(deps, hub, onDay(hub, 1));
});

test("takes the rows of a moved course along, and judges it without its own old stay", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const id = await holdOwn(deps, hub, onDay(hub, 0));
  const move = (days: number) => {
    const date = monday.add({ days });
    const window = { notBeforeDate: date, notAfterDate: date };
    const wish = { id, etag, reason: "HUB_REQUEST", window, dryRun: false };
    return moveCourse(deps, { ...aCommand(hub.caller, {}, done), ...wish });
  };
  await move(1);
  expect(await risksOf(db, id)).toMatchObject(
    halving.map((present_ppm, day) => ({ bucket: firstBucket + 1 + day, present_ppm })),
  );
  expect((await readCourse(db, id))?.course.hold?.overflowProbabilityPpm).toBe(0);
  await holdOwn(deps, hub, onDay(hub, 10));
  expect((await refusalOf(move(9)))?.metadata).toMatchObject({ kind: "OVERFLOW_RISK" });
  expect(await risksOf(db, id)).toHaveLength(halving.length);
  expect(await brokenInvariants(db)).toEqual({});
});

const done = () => new Uint8Array();

test("takes a lapsed hold whose stay alone is in the way, and no other", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const ask = async (days: number) => {
    const id = randomUUID() as Uuid;
    await requestForCase(deps, { id, hub: hub.name, plan: onDay(hub, days) });
    return id;
  };
  const [inTheWay, elsewhere] = [await ask(42), await ask(52)];
  await moveClock(db, { to: Temporal.Instant.from("2026-02-20T00:00:00Z") });
  const winner = await holdOwn(deps, hub, onDay(hub, 43));
  const states = await Promise.all(
    [inTheWay, elsewhere, winner].map(async (id) => (await readCourse(db, id))?.course.state),
  );
  expect(states).toEqual(["LAPSED", "HELD", "HELD"]);
  expect(await risksOf(db, inTheWay)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("holds a course that waited as soon as the stay in its way is given back", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const first = await holdOwn(deps, hub, onDay(hub, 56));
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: onDay(hub, 57) });
  const waiting = (await readCourse(db, id))?.course;
  expect(waiting).toMatchObject({ state: "WAITLISTED", unavailable: { reason: "NO_BED" } });
  expect(waiting?.unavailable?.blockers[0]).toMatchObject({ kind: "OVERFLOW_RISK" });
  await releaseCourse(deps, { ...aCommand(hub.caller), id: first, etag, reason: "CANCELLED" });
  await sweep(deps);
  expect((await readCourse(db, id))?.course.state).toBe("HELD");
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  expect(await risksOf(db, id)).toHaveLength(halving.length);
  expect(await brokenInvariants(db)).toEqual({});
});

test("makes the rest of a stay likelier that is known to go on, and forgets it when it ended", async () => {
  const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
  const id = await holdOwn(deps, hub, onDay(hub, 63));
  await bookCourse(deps, { ...aCommand(hub.caller), id, etag });
  const admissionDate = monday.add({ days: 63 });
  const discharge = { dischargeDate: admissionDate, outcome: "COMPLETED" as const, stays: [] };
  await moveClock(db, { to: Temporal.Instant.from("2026-04-06T10:00:00Z") });
  await recordAdmission(deps, { ...aCommand(hub.caller), id, etag, admissionDate });
  const extension = {
    stay: "intensive-care",
    lastDate: monday.add({ days: 64 }),
    reason: "CLINICAL",
  };
  await extendPatientStay(deps, { ...aCommand(hub.caller), id, etag, extension });
  const known = (await risksOf(db, id)).map(({ present_ppm }) => present_ppm);
  expect(known).toEqual([1_000_000, 1_000_000, 500_000, 250_000]);
  await dischargePatient(deps, { ...aCommand(hub.caller), id, etag, discharge });
  expect(await risksOf(db, id)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});
