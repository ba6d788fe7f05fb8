import { moveClock } from "@carehub/database/clock";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  refusalOf,
  type TestHub,
} from "../capacity.builder.ts";
import {
  aPlan,
  aResource,
  aTemplate,
  dailyRules,
  monday,
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import { aStay, aTime, cancelled, externalsOf, importOf } from "../external.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { releaseCourse } from "./course-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const surgeryHub = () =>
  aPublishedHub(deps, {
    resources: [aResource("theatre-1", "THEATRE"), aResource("theatre-2", "THEATRE")],
    pools: [
      { id: "picu", kind: "BED", capacity: 2, serves: [] },
      { id: "ward", kind: "BED", capacity: 4, serves: [] },
    ],
    templates: [surgeryTemplate],
  });
const surgery = (hub: TestHub) => ({ ...aPlan(""), template: hub.template("surgery") });
const day = (text: string) => Temporal.PlainDate.from(text);
const give = (hub: TestHub, id: Uuid) =>
  releaseCourse(deps, { ...aCommand(hub.caller), id, etag: "", reason: "CANCELLED" });

async function bedsOf(hub: TestHub, pool: string): Promise<string[]> {
  const rows = await db.run<{ row: string }>(
    "test-beds",
    `select to_char(date '1970-01-01' + bucket, 'MM-DD') || ' ' || external || ' of ' || planned || ' in '
       || capacity as row from pool_bucket where pool = $1 order by bucket`,
    [`${hub.name}/pools/${pool}`],
  );
  return rows.map(({ row }) => row);
}

test("counts imported stays in their beds: a full unit refuses, a cancelled stay makes place", async () => {
  const hub = await surgeryHub();
  const stay = aStay("picu", { first: monday, days: 3, beds: 2 });
  await importOf(deps, hub, [stay]);
  expect(await bedsOf(hub, "picu")).toEqual([
    "02-02 2 of 2 in 2",
    "02-03 2 of 2 in 2",
    "02-04 2 of 2 in 2",
  ]);
  const refused = await refusalOf(holdOwn(deps, hub, surgery(hub)));
  expect(refused).toMatchObject({ reason: "POOL_FULL", metadata: { kind: "POOL_FULL" } });
  await importOf(deps, hub, [cancelled(stay)]);
  await holdOwn(deps, hub, surgery(hub));
  expect(await brokenInvariants(db)).toEqual({});
});

test("of a unit that courses have filled the last stay imported does not fit, until a course leaves", async () => {
  const hub = await surgeryHub();
  const courses = [await holdOwn(deps, hub, surgery(hub)), await holdOwn(deps, hub, surgery(hub))];
  const stay = aStay("picu", { first: monday.subtract({ days: 1 }), days: 2 });
  const { conflicts } = await importOf(deps, hub, [stay]);
  expect(conflicts.map(({ kind, course }) => `${kind} ${course}`).toSorted()).toEqual(
    courses.map((id) => `COURSE courses/${id}`).toSorted(),
  );
  expect(`${conflicts[0]?.startAt}/${conflicts[0]?.endAt}`).toBe(
    "2026-02-01T19:00:00Z/2026-02-02T19:00:00Z",
  );
  expect(await bedsOf(hub, "picu")).toEqual([
    "02-01 1 of 1 in 2",
    "02-02 0 of 2 in 2",
    "02-03 0 of 2 in 2",
    "02-04 0 of 2 in 2",
  ]);
  expect(await externalsOf(deps, hub, monday, true)).toHaveLength(1);
  for (const id of courses.slice(0, 1)) await give(hub, id);
  expect((await bedsOf(hub, "picu"))[1]).toBe("02-02 1 of 2 in 2");
  expect(await externalsOf(deps, hub, monday, true)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("tells what more stays than beds are, and that no course is to blame", async () => {
  const hub = await surgeryHub();
  const first = aStay("picu", { first: monday, beds: 2 }, { sourceId: "S-1" });
  const second = aStay("picu", { first: monday }, { sourceId: "S-2" });
  const { conflicts } = await importOf(deps, hub, [first, second]);
  expect(conflicts).toMatchObject([
    { kind: "CAPACITY", sourceId: second.sourceId, course: undefined },
  ]);
  await hub.publish({
    pools: hub.document.pools.map((pool) => ({ ...pool, capacity: 5 })),
  });
  expect(await bedsOf(hub, "picu")).toEqual(["02-02 3 of 3 in 5"]);
  await hub.publish({
    pools: hub.document.pools.map((pool) => ({ ...pool, capacity: 1 })),
  });
  expect(await bedsOf(hub, "picu")).toEqual(["02-02 1 of 1 in 1"]);
  expect(await externalsOf(deps, hub, monday, true)).toHaveLength(2);
  expect(await brokenInvariants(db)).toEqual({});
});

test("a new document keeps what is imported, and a closure over it is no refusal but a conflict", async () => {
  const hub = await surgeryHub();
  const span = ["2026-02-02T04:00:00Z", "2026-02-02T06:00:00Z"] as const;
  const entry = aTime("theatre-1", span);
  await importOf(deps, hub, [entry]);
  const closure = { kind: "OUTAGE", reason: "flood", firstDate: monday, lastDate: monday } as const;
  const hours = { resources: ["theatre-1"], start: 540, end: 600 };
  await hub.publish({ closures: [{ ...closure, ...hours }] });
  const kinds = () =>
    db.run<{ kind: string; minutes: number }>(
      "test-kinds",
      `select kind, (extract(epoch from upper(during) - lower(during)) / 60)::integer as minutes
       from reservation where hub = $1 order by during`,
      [hub.name],
    );
  expect(await kinds()).toEqual([
    { kind: "OUTAGE", minutes: 60 },
    { kind: "EXTERNAL", minutes: 60 },
  ]);
  expect(await externalsOf(deps, hub, monday, true)).toMatchObject([
    { sourceId: entry.sourceId, conflicts: [{ kind: "CLOSURE", course: undefined }] },
  ]);
  await hub.publish({ closures: [] });
  expect(await kinds()).toEqual([{ kind: "EXTERNAL", minutes: 120 }]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("imports and holds race for the same hours: never an overlap, and the loser is told", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 1080 })],
    pools: [],
    templates: [aTemplate({ rules: { ...dailyRules, gridMinutes: 60 } })],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const hours = Array.from({ length: 10 }, (_, hour) => {
    const start = Temporal.Instant.from("2026-02-02T03:00:00Z").add({ hours: hour });
    return aTime("room-1", [`${start}`, `${start.add({ hours: 1 })}`]);
  });
  const [holds, imports] = await Promise.all([
    Promise.allSettled(hours.map(() => holdOwn(deps, hub, plan))),
    Promise.all(hours.map((entry) => importOf(deps, hub, [entry]))),
  ]);
  const held = holds.filter(({ status }) => status === "fulfilled");
  const errors = holds.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  const conflicts = imports.flatMap((each) => each.conflicts);
  expect(errors.every((error) => error instanceof DomainError)).toBe(true);
  // Each hold took an hour of the import's, so each is told as a conflict, then or in the list.
  expect(await externalsOf(deps, hub, monday, true)).toHaveLength(held.length);
  expect(conflicts).toHaveLength(held.length);
  for (const { reason, metadata } of errors) {
    expect(reason).toBe("TIME_TAKEN");
    expect(["EXTERNAL", "HOLD"]).toContain(metadata.kind);
  }
  expect(await brokenInvariants(db)).toEqual({});
});

test("imports that touch the same resources in any order never deadlock with courses", async () => {
  const hub = await surgeryHub();
  const rooms = ["theatre-1", "theatre-2"];
  const entries = Array.from({ length: 30 }, (_, index) => {
    const start = Temporal.Instant.from("2026-02-03T03:00:00Z").add({ hours: index * 24 });
    const span = [`${start}`, `${start.add({ hours: 2 })}`] as const;
    return index % 3 === 0
      ? aStay("picu", { first: monday.add({ days: index }), days: 4 })
      : aTime(rooms[index % 2] ?? "theatre-1", span);
  });
  const plan = { ...surgery(hub), dueDate: monday.add({ days: 20 }) };
  await Promise.allSettled([
    ...[0, 1, 2, 3, 4].map((turn) =>
      importOf(deps, hub, turn % 2 === 0 ? entries : entries.toReversed()),
    ),
    ...Array.from({ length: 12 }, async () => give(hub, await holdOwn(deps, hub, plan))),
    ...Array.from({ length: 8 }, () => holdOwn(deps, hub, plan)),
    hub.publish(),
  ]);
  expect(await brokenInvariants(db)).toEqual({});
  expect(await countedDeadlocks(db)).toBe(0);
});

test("a new document leaves what took place where it was", async () => {
  const hub = await surgeryHub();
  await importOf(deps, hub, [
    aTime("theatre-1", ["2026-01-06T04:00:00Z", "2026-01-06T06:00:00Z"]),
    aStay("picu", { first: Temporal.PlainDate.from("2026-01-06") }),
  ]);
  await moveClock(db, { to: Temporal.Instant.from("2026-01-08T04:00:00Z") });
  await hub.publish();
  const rows = await db.run<{ during: string }>(
    "test-history",
    "select during::text from reservation where hub = $1 and kind = 'EXTERNAL'",
    [hub.name],
  );
  expect(rows).toHaveLength(1);
  expect(await bedsOf(hub, "picu")).toEqual(["01-06 1 of 1 in 2"]);
});

test("a hold past its release time gives its bed to a stay that is new, and to no more of them than need it", async () => {
  const hub = await surgeryHub();
  const plan = { ...surgery(hub), readyDate: day("2026-03-02"), dueDate: day("2026-03-02") };
  const ids = [await holdOwn(deps, hub, plan), await holdOwn(deps, hub, plan)];
  await moveClock(db, { to: Temporal.Instant.from("2026-02-20T00:00:00Z") });
  const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course.state;
  const states = async () => (await Promise.all(ids.map(stateOf))).toSorted();
  const stay = aStay("picu", { first: day("2026-03-02") });
  expect((await importOf(deps, hub, [stay])).conflicts).toEqual([]);
  expect(await states()).toEqual(["HELD", "LAPSED"]);
  expect(await importOf(deps, hub, [stay])).toMatchObject({ unchanged: 1 });
  expect(await states()).toEqual(["HELD", "LAPSED"]);
  expect(await brokenInvariants(db)).toEqual({});
});
