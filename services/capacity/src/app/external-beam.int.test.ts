import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules, monday } from "../domain/hub.builder.ts";
import { aTime, cancelled, externalsOf, importOf } from "../external.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { releaseCourse } from "./course-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

// Two rooms share a beam, and a third has none; all are open from 9 to 11 in Almaty, which is 4 to 6 UTC.
const hours = { start: 540, end: 660 };
const beamHub = (capacity = 20) =>
  aPublishedHub(deps, {
    resources: ["room-1", "room-2", "room-3"].map((id) => aResource(id, "ROOM", hours)),
    pools: [{ id: "beam", kind: "BEAM", capacity, serves: ["room-1", "room-2"] }],
    templates: [
      aTemplate({
        id: "field",
        sites: ["room-2"],
        uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 30, onlyUnderAnaesthesia: false }],
        beam: { offsetMinutes: 5, minutes: 15 },
        rules: { ...dailyRules, gridMinutes: 30 },
      }),
    ],
  });
const field = (hub: TestHub) => ({ ...aPlan(""), template: hub.template("field") });
const give = (hub: TestHub, id: Uuid) =>
  releaseCourse(deps, { ...aCommand(hub.caller), id, etag: "", reason: "CANCELLED" });
const twoHours = ["2026-02-02T04:00:00Z", "2026-02-02T06:00:00Z"] as const;
const halfPast = ["2026-02-02T04:15:00Z", "2026-02-02T05:00:00Z"] as const;

async function beamOf(hub: TestHub): Promise<string[]> {
  const rows = await db.run<{ row: string }>(
    "test-beam",
    `select to_char(to_timestamp(bucket * 1800.0) at time zone 'UTC', 'HH24:MI') || ' ' || external
       || ' of ' || planned || ' in ' || capacity as row from pool_bucket where hub = $1 order by bucket`,
    [hub.name],
  );
  return rows.map(({ row }) => row);
}

async function startOf(id: Uuid): Promise<string> {
  const start = (await readCourse(db, id))?.course.hold?.sessions[0]?.start ?? 0;
  return `${Temporal.Instant.fromEpochMilliseconds(start * 60_000)}`;
}

test("keeps the beam of a booked room from the courses of the others, half hour by half hour", async () => {
  const hub = await beamHub();
  await importOf(deps, hub, [aTime("room-1", halfPast, { beamMinutes: 30 })]);
  expect(await beamOf(hub)).toEqual(["04:00 15 of 15 in 20", "04:30 15 of 15 in 20"]);
  expect(await startOf(await holdOwn(deps, hub, field(hub)))).toBe("2026-02-02T05:00:00Z");
  expect(await startOf(await holdOwn(deps, hub, field(hub)))).toBe("2026-02-02T05:30:00Z");
  expect(await refusalOf(holdOwn(deps, hub, field(hub)))).toMatchObject({ reason: "POOL_FULL" });
  expect(await brokenInvariants(db)).toEqual({});
});

test("tells the course whose beam it needs, and has that beam as soon as the course gives it back", async () => {
  const hub = await beamHub();
  const id = await holdOwn(deps, hub, field(hub));
  const entry = aTime("room-1", twoHours, { beamMinutes: 20 });
  const { conflicts } = await importOf(deps, hub, [entry]);
  const at = `${hub.name}/pools/beam`;
  const conflict = { sourceId: entry.sourceId, kind: "COURSE", at, course: `courses/${id}` };
  expect(conflicts).toMatchObject([conflict]);
  expect(`${conflicts[0]?.startAt} ${conflicts[0]?.endAt}`).toBe(
    "2026-02-02T04:00:00Z 2026-02-02T04:30:00Z",
  );
  // What is left of the half hour is its.
  expect(await beamOf(hub)).toEqual(["04:00 5 of 20 in 20"]);
  expect(await externalsOf(deps, hub, monday, true)).toMatchObject([{ conflicts: [conflict] }]);
  await give(hub, id);
  expect(await beamOf(hub)).toEqual(["04:00 20 of 20 in 20"]);
  expect(await externalsOf(deps, hub, monday, true)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("follows its system: another time, no beam any more, cancelled; whoever waits has what came free", async () => {
  const hub = await beamHub();
  const all = (minutes: number) =>
    [0, 1, 2, 3].map((half) => {
      const start = Temporal.Instant.from(twoHours[0]).add({ minutes: half * 30 });
      const span = [`${start}`, `${start.add({ minutes: 30 })}`] as const;
      return aTime("room-1", span, { sourceId: `B-${half}`, beamMinutes: minutes });
    });
  await importOf(deps, hub, all(20));
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: field(hub) });
  await sweep(deps);
  expect((await readCourse(db, id))?.course.state).toBe("WAITLISTED");
  expect(await importOf(deps, hub, all(20))).toMatchObject({ imported: 0, unchanged: 4 });
  const span = ["2026-02-02T04:30:00Z", "2026-02-02T05:00:00Z"] as const;
  const without = aTime("room-1", span, { sourceId: "B-1" });
  expect(await importOf(deps, hub, [without])).toMatchObject({ imported: 1 });
  await sweep(deps);
  expect(await startOf(id)).toBe("2026-02-02T04:30:00Z");
  await importOf(deps, hub, all(20).map(cancelled));
  expect(await beamOf(hub)).toContain("04:00 0 of 0 in 20");
  expect(await brokenInvariants(db)).toEqual({});
});

test("keeps it in the hub's next version, as far as that has the beam, and leaves what is over as it was", async () => {
  const hub = await beamHub();
  const entries = [
    aTime("room-1", twoHours, { sourceId: "B-1", beamMinutes: 50 }),
    aTime("room-2", twoHours, { sourceId: "B-2", beamMinutes: 10 }),
  ];
  await importOf(deps, hub, entries);
  const more = ["04:00 20 of 20 in 20", "04:30 20 of 20 in 20"];
  expect(await beamOf(hub)).toEqual(more);
  expect(await externalsOf(deps, hub, monday, true)).toMatchObject([
    { conflicts: [{ kind: "CAPACITY", course: undefined }] },
    { conflicts: [{ kind: "CAPACITY", course: undefined }] },
  ]);
  const beam = (capacity: number) => hub.document.pools.map((pool) => ({ ...pool, capacity }));
  await hub.publish({ pools: beam(40) });
  expect(await beamOf(hub)).toEqual(["04:00 40 of 40 in 40", "04:30 20 of 20 in 40"]);
  expect(await externalsOf(deps, hub, monday, true)).toEqual([]);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-02T04:40:00Z") });
  await hub.publish({ pools: beam(15) });
  expect(await beamOf(hub)).toEqual(["04:00 40 of 40 in 40", "04:30 15 of 15 in 15"]);
  await importOf(deps, hub, entries.map(cancelled));
  expect(await beamOf(hub)).toEqual(["04:00 40 of 40 in 40", "04:30 0 of 0 in 15"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("names only the bookings whose beam reaches into the half hour that has too little", async () => {
  const hub = await beamHub(30);
  const later = ["2026-02-02T04:30:00Z", "2026-02-02T05:00:00Z"] as const;
  const { conflicts } = await importOf(deps, hub, [
    aTime("room-1", later, { sourceId: "B-1", beamMinutes: 30 }),
    aTime("room-2", later, { sourceId: "B-2", beamMinutes: 5 }),
    aTime("room-1", twoHours, { sourceId: "B-3", beamMinutes: 30 }),
  ]);
  expect(
    conflicts.map(({ sourceId, startAt, endAt }) => [sourceId, `${startAt}`, `${endAt}`]),
  ).toEqual([["B-2", ...later]]);
});

test("refuses beam for a room that has none, and beyond the booked time", async () => {
  const hub = await beamHub();
  const { imported, refusals } = await importOf(deps, hub, [
    aTime("room-3", halfPast, { beamMinutes: 10 }),
    aTime("room-1", halfPast, { beamMinutes: 46 }),
    aTime("room-1", halfPast, { beamMinutes: 45 }),
  ]);
  expect(imported).toBe(1);
  expect(refusals.map(({ field: where, reason }) => `${where} ${reason}`)).toEqual([
    "entries[0].resource_time.beam PLACE_UNKNOWN",
    "entries[1].resource_time.beam.minutes TOO_LONG",
  ]);
});
