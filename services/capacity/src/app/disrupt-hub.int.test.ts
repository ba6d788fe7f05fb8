import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCaller,
  aCommand,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  refusalOf,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { readReplan } from "../storage/replan-store.ts";
import { bookCourse } from "./course-commands.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { onCourse } from "./move.builder.ts";
import { proposeClosure } from "./propose-closure.ts";
import { approveReplan, refreshReplan, withdrawReplan } from "./replan-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const date = (text: string) => Temporal.PlainDate.from(text);
// Wednesday and Thursday of the first week, from midnight to midnight in Astana.
const outage = {
  startAt: Temporal.Instant.from("2026-02-03T19:00:00Z"),
  endAt: Temporal.Instant.from("2026-02-05T19:00:00Z"),
};

async function aCentre() {
  const rules = { ...dailyRules, timeOfDayWindowMinutes: 120, prolongationDaysMax: 5 };
  const template = (id: string, interruptionCategory: 1 | 2) =>
    aTemplate({ id, rules: { ...rules, interruptionCategory } });
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM"), aResource("room-2", "ROOM")],
    pools: [],
    templates: [template("slow", 2), template("fast", 1)],
  });
  const hold = async (kind: string, sessionCount = 10) => {
    const id = await holdOwn(deps, hub, {
      ...aPlan("", { readyDate: date("2026-02-02"), dueDate: date("2026-02-02") }),
      phases: [{ phase: "main", sessionCount }],
      template: hub.template(kind),
    });
    await bookCourse(deps, onCourse(hub, id));
    return id;
  };
  return { hub, hold };
}

const nameOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const respond = (view: StoredReplan) => new TextEncoder().encode(view.name);

async function report(hub: TestHub, resources = ["room-1"]): Promise<string> {
  const toClose = { hub: hub.name, kind: "OUTAGE" as const, reason: "gantry-failure", resources };
  const command = { ...aCommand(hub.caller, {}, respond), etag: "" };
  return nameOf(await disruptHub(deps, { ...toClose, ...outage }, command));
}

function as(hub: TestHub, role: string, reference: string, name: string) {
  const command = aCommand(hub.caller, {}, respond);
  return { ...command, actor: { reference, role }, name, etag: "" };
}

async function approveTwice(hub: TestHub, name: string) {
  await approveReplan(deps, as(hub, "physicist", "p-1", name));
  await approveReplan(deps, as(hub, "clinician", "c-1", name));
}

async function replanOf(name: string) {
  return must(await readReplan(db, name), "it was made").replan;
}

async function daysOf(id: Uuid) {
  const hold = must((await readCourse(db, id))?.course.hold, "it is held");
  return hold.sessions.map(({ start }) =>
    Temporal.Instant.fromEpochMilliseconds(start * 60_000)
      .toZonedDateTimeISO("Asia/Almaty")
      .toPlainDate()
      .toString()
      .slice(5),
  );
}

test("an outage names its courses, proposes, and moves nothing before two persons approve", async () => {
  const { hub, hold } = await aCentre();
  const slow = await hold("slow");
  const fast = await hold("fast");
  const before = [await daysOf(slow), await daysOf(fast)];
  const name = await report(hub, ["room-1", "room-2"]);
  expect((await replanOf(name)).moves.map(({ course, outcome }) => [course, outcome])).toEqual([
    [fast, "PLANNED"],
    [slow, "PLANNED"],
  ]);
  expect((await eventsOf(db, slow)).at(-1)?.event).toMatchObject({
    case: "courseDisplaced",
    value: { reason: "OUTAGE", sessionNumbers: [3, 4] },
  });
  expect([await daysOf(slow), await daysOf(fast)]).toEqual(before);
  await approveReplan(deps, as(hub, "physicist", "p-1", name));
  await sweep(deps);
  expect([await daysOf(slow), await daysOf(fast)]).toEqual(before);
  await approveReplan(deps, as(hub, "clinician", "c-1", name));
  await sweep(deps);
  expect(await daysOf(fast)).toEqual(
    "02-02 02-03 02-06 02-09 02-10 02-11 02-12 02-13 02-16 02-17".split(" "),
  );
  expect(await replanOf(name)).toMatchObject({
    state: "APPLIED",
    moves: [{ outcome: "MOVED" }, { outcome: "MOVED" }],
  });
  const [moved] = (await eventsOf(db, fast)).filter(({ event }) => event.case === "courseMoved");
  expect(moved?.event).toMatchObject({ value: { reason: "OUTAGE", changes: [{}, {}] } });
  expect(await factsOf(db, slow)).toEqual([
    "courseHeld",
    "courseBooked",
    "courseDisplaced",
    "courseMoved",
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("nothing new is booked where it is closed, before the courses move and after", async () => {
  const { hub, hold } = await aCentre();
  await hold("slow", 5);
  const name = await report(hub, ["room-1", "room-2"]);
  const plan = {
    ...aPlan("", { readyDate: date("2026-02-04"), dueDate: date("2026-02-05") }),
    template: hub.template("slow"),
  };
  expect(await refusalOf(holdOwn(deps, hub, plan))).toMatchObject({ reason: "TIME_TAKEN" });
  await approveTwice(hub, name);
  await sweep(deps);
  expect(await refusalOf(holdOwn(deps, hub, plan))).toMatchObject({ reason: "HUB_CLOSED" });
  const rows = await db.run(
    "test-closed",
    `select resource from reservation where hub = $1 and kind = 'OUTAGE' group by resource
     having sum(upper(during) - lower(during)) = interval '48 hours'`,
    [hub.name],
  );
  expect(rows).toHaveLength(2);
});

test("approvals are of two roles by two persons", async () => {
  const { hub, hold } = await aCentre();
  await hold("slow", 5);
  const name = await report(hub);
  const approval = (role: string, person: string) =>
    refusalOf(approveReplan(deps, as(hub, role, person, name)));
  expect(await approval("nurse", "n-1")).toMatchObject({ reason: "APPROVER_ROLE_UNFIT" });
  expect(await approval("physicist", "p-1")).toBeUndefined();
  expect(await approval("clinician", "p-1")).toMatchObject({ reason: "APPROVED_ALREADY" });
  expect(await approval("physicist", "p-2")).toMatchObject({ reason: "APPROVED_ALREADY" });
  expect(await approval("clinician", "c-1")).toBeUndefined();
  expect(await approval("clinician", "c-2")).toMatchObject({ reason: "REPLAN_NOT_OPEN" });
  const stranger = { ...hub, caller: aCaller("hub", "elsewhere") };
  expect(
    await refusalOf(approveReplan(deps, as(stranger, "clinician", "c-3", name))),
  ).toMatchObject({ reason: "REPLAN_NOT_FOUND" });
});

test("a course that changed meanwhile is overtaken, and is planned when the proposal is made anew", async () => {
  const { hub, hold } = await aCentre();
  const id = await hold("slow", 5);
  const name = await report(hub, ["room-1", "room-2"]);
  // Somebody books the time that the course was to move to.
  const { moves } = await replanOf(name);
  const to = must(moves[0]?.changes[0]?.to, "a session moves");
  await db.run(
    "test-taken",
    `insert into reservation (resource, during, hub, lock_key, kind, reason)
     values ($1, tstzrange(to_timestamp($2::integer * 60.0), to_timestamp($2::integer * 60.0 + 3600)), $3, 1,
       'MAINTENANCE', 'taken')`,
    [to.site, to.start, hub.name],
  );
  await approveTwice(hub, name);
  await sweep(deps);
  expect(await replanOf(name)).toMatchObject({
    state: "APPLIED",
    moves: [{ outcome: "OVERTAKEN" }],
  });
  await refreshReplan(deps, as(hub, "planner", "e-1", name));
  expect(await replanOf(name)).toMatchObject({ state: "PROPOSED", approvals: [] });
  await approveTwice(hub, name);
  await sweep(deps);
  expect(await replanOf(name)).toMatchObject({ state: "APPLIED", moves: [{ outcome: "MOVED" }] });
  expect(await daysOf(id)).not.toContain("02-04");
});

test("a proposal that is withdrawn opens the hub again and leaves every course as it was", async () => {
  const { hub, hold } = await aCentre();
  const id = await hold("slow", 5);
  const name = await report(hub, ["room-1", "room-2"]);
  await withdrawReplan(deps, as(hub, "planner", "e-1", name));
  expect(await replanOf(name)).toMatchObject({ state: "WITHDRAWN" });
  expect(await daysOf(id)).toEqual(["02-02", "02-03", "02-04", "02-05", "02-06"]);
  const plan = {
    ...aPlan("", { readyDate: date("2026-02-04"), dueDate: date("2026-02-04") }),
    template: hub.template("slow"),
  };
  await holdOwn(deps, hub, plan);
  expect(await refusalOf(withdrawReplan(deps, as(hub, "planner", "e-1", name)))).toMatchObject({
    reason: "REPLAN_NOT_OPEN",
  });
});

test("an operation that has not begun is moved whole, with its beds", async () => {
  const hub = await aPublishedHub(deps);
  const asked = {
    ...aPlan("", { readyDate: date("2026-02-04"), dueDate: date("2026-02-04") }),
    template: hub.template("surgery"),
  };
  const id = await holdOwn(deps, hub, asked);
  await bookCourse(deps, onCourse(hub, id));
  const name = await report(hub, ["theatre-1"]);
  await approveTwice(hub, name);
  await sweep(deps);
  const hold = (await readCourse(db, id))?.course.hold;
  expect(hold?.firstDate.toString()).toBe("2026-02-06");
  expect(hold?.stays.map(({ firstDate }) => firstDate.toString())).toEqual([
    "2026-02-06",
    "2026-02-09",
  ]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("the cheapest window for maintenance is told with what it would displace, and nothing is done", async () => {
  const { hub, hold } = await aCentre();
  await hold("fast", 2);
  const wanted = {
    hub: hub.name,
    resources: ["room-1"],
    minutes: 240,
    firstDate: date("2026-02-02"),
    lastDate: date("2026-02-03"),
    start: 480,
    latestStart: 600,
    limit: 3,
  };
  const windows = await proposeClosure(deps, wanted, hub.caller);
  const local = (minute: number) => minute - hub_startOf(minute);
  expect(windows.map(({ start, displaced }) => [local(start), displaced.length])).toEqual([
    [540, 0],
    [540, 0],
  ]);
  const early = await proposeClosure(deps, { ...wanted, latestStart: 480 }, hub.caller);
  expect(early[0]?.displaced).toMatchObject([{ number: 1, category: 1 }]);
  expect(await refusalOf(proposeClosure(deps, wanted, aCaller("hub", "other")))).toMatchObject({
    reason: "HUB_NOT_FOUND",
  });
  expect(
    await refusalOf(proposeClosure(deps, { ...wanted, resources: ["room-9"] }, hub.caller)),
  ).toMatchObject({ reason: "RESOURCE_UNKNOWN" });
});

function hub_startOf(minute: number): number {
  const astanaMinutes = 5 * 60;
  return Math.floor((minute + astanaMinutes) / 1440) * 1440 - astanaMinutes;
}

test("what is over cannot be closed, and what is not there neither", async () => {
  const { hub } = await aCentre();
  const past = Temporal.Instant.from("2026-01-04T00:00:00Z");
  const toClose = {
    hub: hub.name,
    kind: "CLOSURE" as const,
    reason: "staff",
    resources: ["room-1"],
  };
  const command = () => ({ ...aCommand(hub.caller, {}, respond), etag: "" });
  const over = { ...toClose, startAt: past, endAt: past.add({ hours: 1 }) };
  expect(await refusalOf(disruptHub(deps, over, command()))).toMatchObject({
    reason: "CLOSURE_IN_PAST",
  });
  const unknown = { ...toClose, ...outage, resources: [], beam: "beam-9" };
  expect(await refusalOf(disruptHub(deps, unknown, command()))).toMatchObject({
    reason: "RESOURCE_UNKNOWN",
  });
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
