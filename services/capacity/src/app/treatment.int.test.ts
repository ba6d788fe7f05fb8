import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, monday } from "../domain/hub.builder.ts";
import type { SessionRecord } from "../domain/session-record.ts";
import type { ActualStay } from "../domain/stay-days.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import {
  bookCourse,
  type CourseCommand,
  dischargePatient,
  recordAdmission,
  recordDelivered,
  releaseCourse,
} from "./course-commands.ts";
import { getUsage } from "./queries.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

function on(hub: TestHub, id: Uuid, etag = ""): CourseCommand {
  return { ...aCommand(hub.caller), id, etag };
}

function aSession(number: number, start: string, hours = 4): SessionRecord {
  const startAt = Temporal.Instant.from(start);
  const endAt = startAt.add({ minutes: hours * 60 });
  return { number, startAt, endAt, site: undefined, underAnaesthesia: undefined };
}

async function anAdmittedCourse(hub: TestHub, template: string, parts = {}): Promise<Uuid> {
  const plan = { ...aPlan("", parts), template: hub.template(template) };
  const id = await holdOwn(deps, hub, plan);
  await bookCourse(deps, on(hub, id));
  return id;
}

const reasonOf = async (work: Promise<unknown>) => (await refusalOf(work))?.reason;

test("refuses what the state of a course does not allow, and a stale etag", async () => {
  const hub = await aPublishedHub(deps);
  const id = await holdOwn(deps, hub, { ...aPlan(""), template: hub.template("visit") });
  expect(await reasonOf(recordAdmission(deps, { ...on(hub, id), admissionDate: monday }))).toBe(
    "COURSE_NOT_BOOKED",
  );
  expect(
    await reasonOf(
      recordDelivered(deps, { ...on(hub, id), session: aSession(1, "2026-01-02T04:00:00Z") }),
    ),
  ).toBe("COURSE_NOT_IN_TREATMENT");
  expect(await reasonOf(bookCourse(deps, on(hub, id, 'W/"9"')))).toBe("ETAG_MISMATCH");
  await bookCourse(deps, on(hub, id, 'W/"1"'));
  expect(await reasonOf(bookCourse(deps, on(hub, id)))).toBe("COURSE_NOT_HELD");
  expect(await reasonOf(recordAdmission(deps, { ...on(hub, id), admissionDate: monday }))).toBe(
    "TIME_IN_FUTURE",
  );
  await releaseCourse(deps, { ...on(hub, id), reason: "CANCELLED" });
  expect(await reasonOf(releaseCourse(deps, { ...on(hub, id), reason: "CANCELLED" }))).toBe(
    "COURSE_NOT_HELD",
  );
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseBooked", "courseReleased"]);
});

test("records sessions and ends the course once, with the services that were delivered", async () => {
  const hub = await aPublishedHub(deps);
  const phases = [{ phase: "main", sessionCount: 5 }];
  const id = await anAdmittedCourse(hub, "proton", { phases, underAnaesthesia: true });
  await moveClock(db, { to: Temporal.Instant.from("2026-02-04T12:00:00Z") });
  await recordAdmission(deps, { ...on(hub, id), admissionDate: monday });
  const record = (session: SessionRecord) => recordDelivered(deps, { ...on(hub, id), session });
  await record(aSession(1, "2026-02-02T03:00:00Z", 1));
  await record({ ...aSession(2, "2026-02-03T03:00:00Z", 1), underAnaesthesia: false });
  expect(await reasonOf(record(aSession(2, "2026-02-04T03:00:00Z", 1)))).toBe(
    "SESSION_ALREADY_RECORDED",
  );
  expect(await reasonOf(record(aSession(3, "2026-02-04T11:30:00Z", 1)))).toBe("TIME_IN_FUTURE");
  const elsewhere = { ...aSession(3, "2026-02-04T03:00:00Z", 1), site: "room-9" };
  expect(await reasonOf(record(elsewhere))).toBe("SITE_UNKNOWN");
  const inRoom2 = { ...on(hub, id), session: { ...elsewhere, site: "room-2" } };
  const first = await recordDelivered(deps, inRoom2);
  expect(await reasonOf(releaseCourse(deps, { ...on(hub, id), reason: "CANCELLED" }))).toBe(
    "COURSE_STARTED",
  );
  const dischargeDate = Temporal.PlainDate.from("2026-02-04");
  const discharge = { dischargeDate, outcome: "STOPPED", stays: [] } as const;
  await dischargePatient(deps, { ...on(hub, id), discharge });
  expect(await reasonOf(dischargePatient(deps, { ...on(hub, id), discharge }))).toBe(
    "COURSE_NOT_IN_TREATMENT",
  );
  // A repeat gets its first answer, whatever the hub has taken out of its document since.
  const resources = hub.document.resources.filter((resource) => resource.id !== "room-2");
  await hub.publish({ resources, pools: [], templates: [] });
  expect(await recordDelivered(deps, inRoom2)).toEqual(first);
  const ended = (await eventsOf(db, id)).at(-1)?.event;
  expect(ended).toMatchObject({
    case: "courseEnded",
    value: {
      outcome: 2,
      deliveredItems: [
        { serviceCode: "proton-planning", quantity: 1 },
        { serviceCode: "proton-fraction", quantity: 3 },
        { serviceCode: "anaesthesia-session", quantity: 2 },
      ],
    },
  });
  const rows = await db.run<{ sessions: number }>(
    "test-sessions",
    "select count(distinct session_number)::integer as sessions from reservation where course = $1",
    [id],
  );
  expect(rows[0]?.sessions).toBe(3);
  expect(await brokenInvariants(db)).toEqual({});
});

test("records nine days of intensive care for three planned, and names whom that displaces", async () => {
  const hub = await aPublishedHub(deps);
  const start = Temporal.PlainDate.from("2026-02-09");
  const asked = { readyDate: start, dueDate: start };
  const long = await anAdmittedCourse(hub, "surgery", asked);
  const later = start.add({ days: 4 });
  const next = { readyDate: later, dueDate: later };
  const displaced = [
    await anAdmittedCourse(hub, "surgery", next),
    await anAdmittedCourse(hub, "surgery", next),
  ];
  await moveClock(db, { to: Temporal.Instant.from("2026-02-20T12:00:00Z") });
  await recordAdmission(deps, { ...on(hub, long), admissionDate: start });
  await recordDelivered(deps, { ...on(hub, long), session: aSession(1, "2026-02-09T03:00:00Z") });
  const stays: ActualStay[] = [
    { stay: "intensive-care", firstDate: start, lastDate: start.add({ days: 8 }) },
  ];
  const dischargeDate = start.add({ days: 9 });
  const unknown = [{ ...stays[0], stay: "hotel" } as ActualStay];
  const discharge = { dischargeDate, outcome: "COMPLETED", stays } as const;
  expect(
    await reasonOf(
      dischargePatient(deps, { ...on(hub, long), discharge: { ...discharge, stays: unknown } }),
    ),
  ).toBe("STAY_UNKNOWN");
  await dischargePatient(deps, { ...on(hub, long), discharge });
  const events = await eventsOf(db, long);
  expect(events.slice(-2).map(({ event }) => event.case)).toEqual([
    "capacityShortfallDetected",
    "courseEnded",
  ]);
  const shortfall = events.at(-2)?.event;
  expect(shortfall?.value).toMatchObject({
    pool: `${hub.name}/pools/picu`,
    displacedCourses: displaced.toReversed().map((id) => `courses/${id}`),
  });
  expect(events.at(-1)?.event.value).toMatchObject({
    deliveredItems: [
      { serviceCode: "heart-surgery", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: 9 },
    ],
  });
  expect(await brokenInvariants(db)).toEqual({});
});

test("sums hours and bed-days for the hub and operators, and for nobody else", async () => {
  const hub = await aPublishedHub(deps);
  const day = Temporal.PlainDate.from("2026-03-02");
  const id = await anAdmittedCourse(hub, "surgery", { readyDate: day, dueDate: day });
  await holdOwn(deps, hub, {
    ...aPlan("", { readyDate: day, dueDate: day }),
    template: hub.template("visit"),
  });
  await moveClock(db, { to: Temporal.Instant.from("2026-03-02T12:00:00Z") });
  await recordAdmission(deps, { ...on(hub, id), admissionDate: day });
  await recordDelivered(deps, { ...on(hub, id), session: aSession(1, "2026-03-02T03:00:00Z", 5) });
  const range = { name: hub.name, firstDate: day, lastDate: day.add({ days: 1 }) };
  const usage = await getUsage(deps, hub.caller, range);
  const theatre = usage.resources.find(({ resource }) => resource.endsWith("theatre-1"));
  expect(theatre).toMatchObject({ bookedMinutes: 240n, usedMinutes: 300n, heldMinutes: 0n });
  const room = usage.resources.find(({ resource }) => resource.endsWith("room-1"));
  expect(room).toMatchObject({ bookedMinutes: 0n, heldMinutes: 60n });
  const picu = usage.pools.find(({ pool }) => pool.endsWith("picu"));
  expect(picu).toMatchObject({ plannedDays: 2n, excessDays: 0n, capacityDays: 4n });
  const operator = { role: "operator", id: "registry", name: "operator/registry" } as const;
  expect((await getUsage(deps, operator, range)).pools).toHaveLength(2);
  const stranger = { role: "hub", id: "other", name: "hub/other" } as const;
  expect(await reasonOf(getUsage(deps, stranger, range))).toBe("HUB_NOT_FOUND");
  const backward = { ...range, lastDate: day.subtract({ days: 1 }) };
  expect(await reasonOf(getUsage(deps, hub.caller, backward))).toBe("DATE_RANGE_INVALID");
});
