import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aMessage,
  aPublishedHub,
  eventsOf,
  factsOf,
  openTestCapacity,
  refusalOf,
  requestForCase,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, monday } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCase, stopCase } from "./case-requests.ts";
import {
  declineCourseStop,
  dischargePatient,
  recordAdmission,
  recordDelivered,
} from "./course-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);
const hub = await aPublishedHub(deps);
let moved = false;

/** A case whose operation took place on that Monday; it is Tuesday. */
async function aTreatedCase(treatedAt: TestHub = hub): Promise<Uuid> {
  const id = randomUUID() as Uuid;
  const plan = { ...aPlan(""), template: treatedAt.template("surgery") };
  await requestForCase(deps, { id, hub: treatedAt.name, plan });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  return id;
}

async function begin(id: Uuid): Promise<void> {
  if (!moved) await moveClock(db, { to: Temporal.Instant.from("2026-02-03T06:00:00Z") });
  moved = true;
  await recordAdmission(deps, { ...on(id), admissionDate: monday });
  const startAt = Temporal.Instant.from("2026-02-02T03:00:00Z");
  const session = { number: 1, startAt, endAt: startAt.add({ hours: 5 }) };
  const recorded = { ...session, site: undefined, underAnaesthesia: undefined };
  await recordDelivered(deps, { ...on(id), session: recorded });
}

const on = (id: Uuid, etag = "") => ({ ...aCommand(hub.caller), id, etag });
const declined = (id: Uuid) => declineCourseStop(deps, { ...on(id), reason: "CLINICALLY_UNSAFE" });
const stop = (id: Uuid, reason: string, revision: number) =>
  stopCase(deps, { id, round: 1, reason }, aMessage(id, revision));

async function rowsOf(id: Uuid): Promise<number> {
  const rows = await db.run<{ count: number }>(
    "test-rows",
    `select ((select count(*) from reservation where course = $1)
      + (select count(*) from pool_use where course = $1))::integer as count`,
    [id],
  );
  return rows[0]?.count ?? 0;
}

// One hub has beds for two; all are admitted after the clock has moved.
const [first, second] = [await aTreatedCase(), await aTreatedCase()];
const third = await aTreatedCase(await aPublishedHub(deps));

test("keeps all of a treated course until the hub confirms the stop with what was done", async () => {
  await begin(first);
  const kept = await rowsOf(first);
  expect(await stop(first, "CANCELLED", 3)).toBe("done");
  expect(await stop(first, "CANCELLED", 3)).toBe("duplicate");
  expect(await stop(first, "CANCELLED", 4)).toBe("done");
  expect(await rowsOf(first)).toBe(kept);
  const days = { stay: "intensive-care", firstDate: monday, lastDate: monday.add({ days: 1 }) };
  const asked = { dischargeDate: monday.add({ days: 1 }), outcome: "STOPPED" } as const;
  await dischargePatient(deps, { ...on(first), discharge: { ...asked, stays: [days] } });
  expect((await factsOf(db, first)).slice(3)).toEqual([
    "sessionDelivered",
    "courseStopPending",
    "courseEnded",
  ]);
  expect((await eventsOf(db, first)).at(-1)?.event.value).toMatchObject({
    round: 1,
    outcome: 2,
    deliveredItems: [
      { serviceCode: "heart-surgery", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: 2 },
    ],
  });
  expect((await refusalOf(declined(first)))?.reason).toBe("STOP_NOT_PENDING");
  expect(await brokenInvariants(db)).toEqual({});
});

test("goes on when the hub declines, is asked again, and ends at once by death", async () => {
  await begin(second);
  const kept = await rowsOf(second);
  await stop(second, "DEFERRED", 3);
  expect((await refusalOf(declined(second)))?.reason).toBe("STOP_NOT_PENDING");
  await stop(second, "CANCELLED", 4);
  await declined(second);
  expect((await readCourse(db, second))?.course).toMatchObject({ state: "IN_TREATMENT" });
  expect(await rowsOf(second)).toBe(kept);
  await stop(second, "CANCELLED", 5);
  await stop(second, "DECEASED", 6);
  const events = (await eventsOf(db, second)).slice(4).map(({ event }) => event);
  expect(events).toMatchObject([
    { case: "courseStopPending", value: { round: 1, reason: "CANCELLED" } },
    {
      case: "courseStopDeclined",
      value: {
        round: 1,
        reason: "CLINICALLY_UNSAFE",
        deliveredItems: [
          { serviceCode: "heart-surgery", quantity: 1 },
          { serviceCode: "intensive-care-day", quantity: 2 },
        ],
      },
    },
    { case: "courseStopPending" },
    { case: "courseEnded", value: { outcome: 3 } },
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("hides a pending stop from another hub", async () => {
  await stop(third, "CANCELLED", 3);
  expect((await refusalOf(declined(third)))?.reason).toBe("COURSE_NOT_FOUND");
});
