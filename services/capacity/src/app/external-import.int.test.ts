import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCaller,
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, monday } from "../domain/hub.builder.ts";
import {
  aStay,
  aTime,
  cancelled,
  externalsOf,
  hubEventsOf,
  importOf,
} from "../external.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { releaseCourse } from "./course-commands.ts";
import { type Imported, importExternals } from "./external-import.ts";
import { listExternalBookings } from "./external-queries.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

// One room, from 9 to 12 in Almaty, which is 4 to 7 UTC.
const aSmallHub = (parts = {}) =>
  aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 540, end: 720 })],
    pools: [],
    templates: [aTemplate()],
    ...parts,
  });
const visit = (hub: TestHub) => ({ ...aPlan(""), template: hub.template("visit") });
const allDay = ["2026-02-02T04:00:00Z", "2026-02-02T07:00:00Z"] as const;
const firstHour = ["2026-02-02T04:00:00Z", "2026-02-02T05:00:00Z"] as const;
const secondHour = ["2026-02-02T05:00:00Z", "2026-02-02T06:00:00Z"] as const;
const give = (hub: TestHub, id: Uuid) =>
  releaseCourse(deps, { ...aCommand(hub.caller), id, etag: "", reason: "CANCELLED" });

async function kept(hub: TestHub): Promise<string[]> {
  const rows = await db.run<{ row: string }>(
    "test-kept",
    `select kind || ' ' || to_char(lower(during) at time zone 'UTC', 'HH24:MI') || '-'
       || to_char(upper(during) at time zone 'UTC', 'HH24:MI') as row
     from reservation where hub = $1 order by during, kind`,
    [hub.name],
  );
  return rows.map(({ row }) => row);
}

test("keeps imported time from every hold, and names it in the refusal", async () => {
  const hub = await aSmallHub();
  const answer = await importOf(deps, hub, [aTime("room-1", allDay)]);
  expect(answer).toMatchObject({ imported: 1, cancelled: 0, unchanged: 0, conflicts: [] });
  const refused = await refusalOf(holdOwn(deps, hub, visit(hub)));
  expect(refused?.reason).toBe("TIME_TAKEN");
  expect(refused?.metadata).toMatchObject({
    kind: "EXTERNAL",
    resource: `${hub.name}/resources/room-1`,
    start_time: allDay[0],
    end_time: allDay[1],
  });
  expect(await brokenInvariants(db)).toEqual({});
});

test("an entry that is imported again moves; what it leaves is free, and a repeat changes nothing", async () => {
  const hub = await aSmallHub();
  const entry = aTime("room-1", allDay, { sourceId: "A-1" });
  await importOf(deps, hub, [entry]);
  const moved = aTime("room-1", firstHour, { sourceId: "A-1" });
  expect(await importOf(deps, hub, [moved])).toMatchObject({ imported: 1, unchanged: 0 });
  expect(await kept(hub)).toEqual(["EXTERNAL 04:00-05:00"]);
  expect(await importOf(deps, hub, [moved])).toMatchObject({ imported: 0, unchanged: 1 });
  const id = await holdOwn(deps, hub, visit(hub));
  expect((await readCourse(db, id))?.course.hold?.sessions[0]?.start).toBe(
    Temporal.Instant.from(firstHour[1]).epochMilliseconds / 60_000,
  );
  const events = await hubEventsOf(db, hub.name);
  expect(events.map(({ revision }) => revision)).toEqual([1n, 2n, 3n]);
  expect(events.map(({ event }) => event.case)).toEqual([
    "hubPublished",
    "externalBookingsImported",
    "externalBookingsImported",
  ]);
  await hub.publish();
  expect((await hubEventsOf(db, hub.name)).at(-1)).toMatchObject({
    revision: 4n,
    event: { case: "hubPublished", value: { version: 2 } },
  });
  expect(await brokenInvariants(db)).toEqual({});
});

test("leaves a course its time, answers and tells the conflict, and takes the time when the course gives it back", async () => {
  const hub = await aSmallHub();
  const id = await holdOwn(deps, hub, visit(hub));
  const entry = aTime("room-1", allDay);
  const { conflicts, imported } = await importOf(deps, hub, [entry]);
  expect(imported).toBe(1);
  const conflict = {
    sourceId: entry.sourceId,
    kind: "COURSE",
    at: `${hub.name}/resources/room-1`,
    course: `courses/${id}`,
  };
  expect(conflicts).toMatchObject([conflict]);
  expect(`${conflicts[0]?.startAt}/${conflicts[0]?.endAt}`).toBe(firstHour.join("/"));
  expect(await kept(hub)).toEqual(["SESSION 04:00-05:00", "EXTERNAL 05:00-07:00"]);
  const [, told] = await hubEventsOf(db, hub.name);
  expect(told?.event).toMatchObject({
    case: "externalBookingsImported",
    value: { imported: 1, conflictCount: 1, conflicts: [{ course: `courses/${id}` }] },
  });
  expect(await externalsOf(deps, hub, monday, true)).toMatchObject([{ conflicts: [conflict] }]);
  await give(hub, id);
  expect(await kept(hub)).toEqual(["EXTERNAL 04:00-05:00", "EXTERNAL 05:00-07:00"]);
  expect(await externalsOf(deps, hub, monday, true)).toEqual([]);
  expect((await refusalOf(holdOwn(deps, hub, visit(hub))))?.metadata.kind).toBe("EXTERNAL");
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives the place of a cancelled booking to whoever waits", async () => {
  const hub = await aSmallHub();
  const entry = aTime("room-1", allDay);
  await importOf(deps, hub, [entry]);
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: visit(hub) });
  await sweep(deps);
  expect((await readCourse(db, id))?.course.state).toBe("WAITLISTED");
  expect(await importOf(deps, hub, [cancelled(entry)])).toMatchObject({ cancelled: 1 });
  await sweep(deps);
  expect((await readCourse(db, id))?.course.state).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
});

test("cancels what a full picture of a range no longer has, but not what it could not read", async () => {
  const hub = await aSmallHub();
  const [gone, stays, bad, other] = [
    aTime("room-1", firstHour),
    aTime("room-1", secondHour),
    aTime("room-1", ["2026-02-03T04:00:00Z", "2026-02-03T05:00:00Z"]),
    aTime("room-1", firstHour, { source: "theatre" }),
  ];
  await importOf(deps, hub, [gone, stays, bad, other]);
  const range = { firstDate: monday, lastDate: monday.add({ days: 6 }) };
  const answer = await importOf(
    deps,
    hub,
    [stays, aTime("room-9", firstHour, { sourceId: bad.sourceId })],
    { replaced: { source: "aria", ...range } },
  );
  expect(answer).toMatchObject({ imported: 0, cancelled: 1, unchanged: 1 });
  const listed = await externalsOf(deps, hub, monday);
  const cancelledIds = listed.filter(({ status }) => status === "CANCELLED");
  expect(cancelledIds.map(({ sourceId }) => sourceId)).toEqual([gone.sourceId]);
  const reversed = { source: "aria", firstDate: range.lastDate, lastDate: range.firstDate };
  const refused = await refusalOf(importOf(deps, hub, [], { replaced: reversed }));
  expect(refused?.reason).toBe("DATE_RANGE_INVALID");
  expect(await brokenInvariants(db)).toEqual({});
});

test("two of the hub's own at the same time are one busy time; when one goes, the other's stays", async () => {
  const hub = await aSmallHub();
  const [one, other] = [aTime("room-1", allDay), aTime("room-1", firstHour)];
  expect((await importOf(deps, hub, [one, other])).conflicts).toEqual([]);
  expect(await kept(hub)).toEqual(["EXTERNAL 04:00-07:00"]);
  await importOf(deps, hub, [cancelled(one)]);
  expect(await kept(hub)).toEqual(["EXTERNAL 04:00-05:00"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("refuses bad entries one by one, naming index and field, and takes in the others", async () => {
  const hub = await aSmallHub();
  const month = ["2026-02-02T04:00:00Z", "2026-03-06T04:00:00Z"] as const;
  const far = ["2027-06-01T04:00:00Z", "2027-06-01T05:00:00Z"] as const;
  const good = aTime("room-1", firstHour);
  const { refusals, imported } = await importOf(deps, hub, [
    aTime("room-7", firstHour),
    aTime("room-1", [firstHour[1], firstHour[0]]),
    good,
    aTime("room-1", month),
    aTime("room-1", far),
    { ...good, status: "CANCELLED" },
    aTime("room-1", firstHour, { place: undefined }),
    aStay("picu", { first: monday }),
    aTime("room-1", firstHour, { place: undefined, badDate: "stay.last_date" }),
  ]);
  expect(imported).toBe(1);
  expect(refusals.map(({ field, reason }) => `${field} ${reason}`)).toEqual([
    "entries[0].resource_time.resource PLACE_UNKNOWN",
    "entries[1].resource_time.end_time TIME_REVERSED",
    "entries[3].resource_time.end_time TOO_LONG",
    "entries[4].resource_time.end_time TOO_FAR_AHEAD",
    "entries[5].source_id REPEATED",
    "entries[6] PLACE_MISSING",
    "entries[7].stay.pool PLACE_UNKNOWN",
    "entries[8].stay.last_date DATE_INVALID",
  ]);
});

test("answers a repeated request with the same bytes, keeps the past as history, and shows nothing to others", async () => {
  const hub = await aSmallHub();
  const past = ["2025-12-01T04:00:00Z", "2025-12-01T05:00:00Z"] as const;
  const command = aCommand<Imported>(hub.caller, {}, ({ imported }) => new Uint8Array([imported]));
  const asked = {
    ...command,
    hub: hub.name,
    entries: [aTime("room-1", past)],
    replaced: undefined,
  };
  const answers = [await importExternals(deps, asked), await importExternals(deps, asked)];
  expect(answers.map((answer) => [...answer])).toEqual([[1], [1]]);
  expect(await kept(hub)).toEqual([]);
  expect(await externalsOf(deps, hub, Temporal.PlainDate.from("2025-12-01"))).toHaveLength(1);
  const stranger = aCaller("hub", "another");
  const page = {
    firstDate: monday,
    lastDate: monday,
    onlyConflicts: false,
    size: 1,
    after: undefined,
  };
  const refused = [
    await refusalOf(importExternals(deps, { ...asked, ...aCommand<Imported>(stranger) })),
    await refusalOf(listExternalBookings(deps, stranger, { hub: hub.name, ...page })),
  ];
  expect(refused.map((each) => each?.reason)).toEqual(["HUB_NOT_FOUND", "HUB_NOT_FOUND"]);
});

test("lists page by page", async () => {
  const hub = await aSmallHub();
  const entries = [1, 2, 3].map((id) => aTime("room-1", firstHour, { sourceId: `A-${id}` }));
  await importOf(deps, hub, entries);
  const range = { hub: hub.name, firstDate: monday, lastDate: monday, onlyConflicts: false };
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await listExternalBookings(deps, hub.caller, { ...range, size: 2, after });
    seen.push(...page.items.map(({ sourceId }) => sourceId));
    after = page.next;
  } while (after !== undefined);
  expect(seen).toEqual(["A-1", "A-2", "A-3"]);
});

test("takes a hold past its release time that is in the way", async () => {
  const hub = await aSmallHub();
  const day = Temporal.PlainDate.from("2026-03-03");
  const plan = { ...visit(hub), readyDate: day, dueDate: day };
  const id = await holdOwn(deps, hub, plan);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-20T00:00:00Z") });
  const span = ["2026-03-03T04:00:00Z", "2026-03-03T05:00:00Z"] as const;
  expect((await importOf(deps, hub, [aTime("room-1", span)])).conflicts).toEqual([]);
  expect((await readCourse(db, id))?.course.state).toBe("LAPSED");
  expect(await brokenInvariants(db)).toEqual({});
});
