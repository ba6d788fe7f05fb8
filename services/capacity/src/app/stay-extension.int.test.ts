import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  answerTime,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aHubDocument, aPlan, aResource, monday } from "../domain/hub.builder.ts";
import { dayOfDate } from "../domain/hub-time.ts";
import type { Priority } from "../domain/priority.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCase, stopCase } from "./case-requests.ts";
import { dischargePatient, recordAdmission } from "./course-commands.ts";
import { aBooked, on, refusedUnchanged } from "./floor.builder.ts";
import { holdForHub } from "./hold-course.ts";
import { extendPatientStay } from "./stay-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const at = (time: string) => moveClock(db, { to: Temporal.Instant.from(time) });
const pick = (days: number) => monday.add({ days });
const from = (days: number) => ({ readyDate: pick(days), dueDate: pick(days) });

// Three theatres, so that the beds are what is scarce.
function aSurgicalHub(beds: number) {
  const { resources, pools } = aHubDocument();
  const theatres = ["theatre-2", "theatre-3"].map((id) => aResource(id, "THEATRE"));
  return aPublishedHub(deps, {
    resources: [...resources, ...theatres],
    pools: pools.map((pool) => ({ ...pool, capacity: pool.id === "picu" ? beds : 20 })),
  });
}

function extend(hub: TestHub, id: Uuid, lastDay: number, stay = "intensive-care") {
  const extension = { stay, lastDate: pick(lastDay), reason: "CLINICAL" };
  return extendPatientStay(deps, { ...on(hub, id), extension });
}

function discharge(hub: TestHub, id: Uuid, firstDay: number, lastDay: number) {
  const stays = [{ stay: "intensive-care", firstDate: pick(firstDay), lastDate: pick(lastDay) }];
  const asked = { dischargeDate: pick(lastDay), outcome: "COMPLETED", stays } as const;
  return dischargePatient(deps, { ...on(hub, id), discharge: asked });
}

// What a course has of intensive care by day: P as planned, X beyond what was free.
async function bedsOf(id: Uuid): Promise<string> {
  const rows = await db.run<{ kept: string }>(
    "test-beds",
    `select case when excess then 'X' else 'P' end || bucket - $2::integer as kept
     from pool_use where course = $1 and pool like '%/picu' order by bucket, excess`,
    [id, dayOfDate(monday)],
  );
  return rows.map(({ kept }) => kept).join(" ");
}

async function shortfallsOf(id: Uuid) {
  return (await eventsOf(db, id)).flatMap(({ event }) =>
    event.case === "capacityShortfallDetected" ? [event.value] : [],
  );
}

async function aReferred(hub: TestHub, days: number, priority: Priority): Promise<Uuid> {
  const id = randomUUID() as Uuid;
  const plan = { ...aPlan("", from(days)), template: hub.template("surgery") };
  await requestForCase(deps, { id, hub: hub.name, plan, priority });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  return id;
}

async function anOperated(hub: TestHub, day: number): Promise<Uuid> {
  return aBooked(deps, hub, ["surgery", from(day)]);
}

const admit = (hub: TestHub, id: Uuid, day: number) =>
  recordAdmission(deps, { ...on(hub, id), admissionDate: pick(day) });

test("names who should be postponed: the least urgent first, of these the one booked last", async () => {
  const hub = await aSurgicalHub(5);
  await at("2026-01-21T04:00:00Z");
  const emergency = await aReferred(hub, 14, "EMERGENCY");
  const urgent = await aReferred(hub, 14, "URGENT");
  const early = await anOperated(hub, 14);
  await at("2026-01-21T05:00:00Z");
  const late = await aReferred(hub, 14, "ROUTINE");
  const plan = { ...aPlan("", from(14)), template: hub.template("surgery") };
  const held = await holdOwn(deps, hub, plan);
  const here = await anOperated(hub, -10);
  await at("2026-01-23T12:00:00Z");
  expect(await refusedUnchanged(db, here, () => extend(hub, here, 14))).toBe(
    "COURSE_NOT_IN_TREATMENT",
  );
  await admit(hub, here, -10);
  await extend(hub, here, 14);
  expect(await shortfallsOf(here)).toMatchObject([
    {
      pool: `${hub.name}/pools/picu`,
      dates: [{ year: 2026, month: 2, day: 16 }],
      displacedCourses: [held, late, early, urgent, emergency].map((id) => `courses/${id}`),
    },
  ]);
  expect((await factsOf(db, here)).slice(-2)).toEqual([
    "capacityShortfallDetected",
    "stayExtended",
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("an emergency of the hub's own is put off last, too", async () => {
  const hub = await aSurgicalHub(2);
  const here = await anOperated(hub, -7);
  const plan = { ...aPlan("", from(14)), template: hub.template("surgery") };
  const routine = await holdOwn(deps, hub, plan);
  const emergency = randomUUID() as Uuid;
  const parts = { sendingParty: undefined, round: 0, plan, answerTime };
  const request = { id: emergency, hub: hub.name, priority: "EMERGENCY" as const, ...parts };
  await holdForHub(deps, request, aCommand(hub.caller));
  await at("2026-01-26T12:00:00Z");
  await admit(hub, here, -7);
  await extend(hub, here, 14);
  expect(await shortfallsOf(here)).toMatchObject([
    { displacedCourses: [`courses/${routine}`, `courses/${emergency}`] },
  ]);
});

test("takes free beds as planned, the rest beyond, and gives both back when it is corrected", async () => {
  const hub = await aSurgicalHub(2);
  await at("2026-02-01T03:00:00Z");
  const id = await anOperated(hub, 0);
  await anOperated(hub, 4);
  await anOperated(hub, 4);
  await at("2026-02-02T12:00:00Z");
  await admit(hub, id, 0);
  expect(await bedsOf(id)).toBe("P0 P1 P2");
  await extend(hub, id, 5);
  expect(await bedsOf(id)).toBe("P0 P1 P2 P3 X4 X5");
  await extend(hub, id, 5);
  await extend(hub, id, 7);
  expect(await bedsOf(id)).toBe("P0 P1 P2 P3 X4 X5 X6 P7");
  // Each day is told once.
  const dates = (await shortfallsOf(id)).map((shortfall) => shortfall.dates.map(({ day }) => day));
  expect(dates).toEqual([[6, 7], [8]]);
  await extend(hub, id, 4);
  expect(await bedsOf(id)).toBe("P0 P1 P2 P3 X4");
  for (const [lastDay, stay, reason] of [
    [1, "intensive-care", "STAY_WITHIN_PLAN"],
    [9, "hotel", "STAY_UNKNOWN"],
    [400, "intensive-care", "DATE_RANGE_INVALID"],
  ] as const) {
    expect(await refusedUnchanged(db, id, () => extend(hub, id, lastDay, stay))).toBe(reason);
  }
  await extend(hub, id, 2);
  expect(await bedsOf(id)).toBe("P0 P1 P2");
  expect(await brokenInvariants(db)).toEqual({});
});

test("lets another have the bed that a shorter stay leaves", async () => {
  const hub = await aSurgicalHub(1);
  await at("2026-02-02T13:00:00Z");
  const id = await anOperated(hub, 1);
  await at("2026-02-03T13:00:00Z");
  await admit(hub, id, 1);
  await extend(hub, id, 9);
  await expect(anOperated(hub, 8)).rejects.toMatchObject({ reason: "POOL_FULL" });
  await extend(hub, id, 7);
  await anOperated(hub, 8);
  await extend(hub, id, 7);
  expect(await brokenInvariants(db)).toEqual({});
});

test("offers a bed that a shorter stay leaves to who waits for it", async () => {
  const hub = await aSurgicalHub(1);
  const id = await anOperated(hub, 2);
  await at("2026-02-04T13:00:00Z");
  await admit(hub, id, 2);
  await extend(hub, id, 24);
  const waits = randomUUID() as Uuid;
  const plan = { ...aPlan("", from(21)), template: hub.template("surgery") };
  await requestForCase(deps, { id: waits, hub: hub.name, plan });
  await sweep(deps);
  expect(await factsOf(db, waits)).toEqual(["courseUnavailable"]);
  await extend(hub, id, 20);
  await sweep(deps);
  expect(await factsOf(db, waits)).toEqual(["courseUnavailable", "courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("settles an extended stay once: what was used, no more and no less", async () => {
  const hub = await aSurgicalHub(2);
  await at("2026-02-04T14:00:00Z");
  const courses = [];
  for (let course = 0; course < 2; course += 1) courses.push(await anOperated(hub, 3));
  const next = await anOperated(hub, 8);
  await at("2026-02-20T12:00:00Z");
  for (const id of courses) await admit(hub, id, 3);
  const [longer, shorter] = courses as [Uuid, Uuid];
  for (const id of courses) await extend(hub, id, 8);
  expect(await bedsOf(shorter)).toBe("P3 P4 P5 P6 P7 X8");
  const told = (await shortfallsOf(longer)).length;
  await discharge(hub, longer, 3, 9);
  expect(await bedsOf(longer)).toBe("P3 P4 P5 P6 P7 P8 X9");
  expect((await shortfallsOf(longer)).length - told).toBe(0);
  await discharge(hub, shorter, 3, 4);
  expect(await bedsOf(shorter)).toBe("P3 P4");
  expect(await bedsOf(next)).toBe("P8 P9 P10");
  expect(await brokenInvariants(db)).toEqual({});
});

test("ends an extended stay by death with its days until then", async () => {
  const hub = await aSurgicalHub(1);
  const id = await aReferred(hub, 36, "ROUTINE");
  await at("2026-03-13T12:00:00Z");
  await admit(hub, id, 36);
  await extend(hub, id, 60);
  await stopCase(deps, { id, round: 1, reason: "DECEASED" }, aMessage(id, 3));
  expect((await eventsOf(db, id)).at(-1)?.event.value).toMatchObject({
    deliveredItems: [
      { serviceCode: "intensive-care-day", quantity: 4 },
      { serviceCode: "ward-day" },
    ],
  });
  expect(await bedsOf(id)).toBe("P36 P37 P38 P39");
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps the sums of beds right in any order of extensions and discharges", async () => {
  const step = fc.record({
    course: fc.nat(2),
    lastDay: fc.integer({ min: 0, max: 12 }),
    ends: fc.integer({ min: 0, max: 5 }).map((dice) => dice === 0),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 8 }), async (steps) => {
      const hub = await aSurgicalHub(2);
      const day = 42;
      const courses = [
        await anOperated(hub, day),
        await anOperated(hub, day),
        await anOperated(hub, day + 4),
      ];
      for (const id of courses) await admit(hub, id, day - 7);
      const ended = new Set<Uuid>();
      for (const { course, lastDay, ends } of steps) {
        const id = courses[course] as Uuid;
        if (ends && !ended.has(id)) {
          await discharge(hub, id, 35, 38);
          ended.add(id);
        } else {
          await refusalOf(extend(hub, id, day + lastDay));
        }
        expect(await brokenInvariants(db)).toEqual({});
      }
    }),
    { seed: 6, numRuns: 12 },
  );
}, 60_000);
