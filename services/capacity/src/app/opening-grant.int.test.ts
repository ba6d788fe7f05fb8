import { randomUUID } from "node:crypto";
import { parseUuid, type Uuid } from "@carehub/rules/ids";
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
import type { CoursePlan } from "../domain/demand.ts";
import { aPlan, aResource, aTemplate, monday, surgeryTemplate } from "../domain/hub.builder.ts";
import type { Hub } from "../domain/hub.ts";
import type { NamedOpening } from "../domain/unavailable.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { type Granted, grantForHub } from "./opening-grant.ts";
import { getHub } from "./queries.ts";
import { aUnitHub, onDay, picu } from "./stay-risk.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const reply = ({ version }: Hub) => new Uint8Array([version]);
const grant = (hub: TestHub, granted: Granted, etag = "", caller = hub.caller) =>
  grantForHub(deps, granted, { ...aCommand<Hub>(caller, {}, reply), hub: hub.name, etag });
const openings = (...all: NamedOpening[]): Granted => ({ kind: "openings", openings: all });
const opening = (hub: TestHub, place: string, start: string, end: string): NamedOpening => ({
  resource: `${hub.name}/${place}`,
  startAt: Temporal.Instant.from(start),
  endAt: Temporal.Instant.from(end),
});
const documentOf = async (hub: TestHub) => (await getHub(deps, hub.name)).hub.document;
const stateOf = async (id: Uuid) => (await readCourse(db, id))?.course.state;

async function aWaitingCase(hub: TestHub, plan: CoursePlan): Promise<Uuid> {
  const id = parseUuid(randomUUID(), "id");
  await requestForCase(deps, { id, hub: hub.name, plan });
  await sweep(deps);
  expect(await stateOf(id)).toBe("WAITLISTED");
  return id;
}

test("grants the hours that a refusal suggested, and the course that waits is held", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 540, end: 600 })],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  await holdOwn(deps, hub, plan);
  const id = await aWaitingCase(hub, plan);
  expect([...(await grant(hub, { kind: "course", course: id }))]).toEqual([2]);
  const { exceptionalOpenings } = await documentOf(hub);
  expect(exceptionalOpenings).toHaveLength(1);
  expect(exceptionalOpenings[0]).toMatchObject({ resources: ["room-1"] });
  await sweep(deps);
  expect(await stateOf(id)).toBe("HELD");
  expect((await refusalOf(grant(hub, { kind: "course", course: id })))?.reason).toBe(
    "NO_OPENINGS_SUGGESTED",
  );
  expect(await brokenInvariants(db)).toEqual({});
});

test("grants one more bed on the days that were full, and the course that waits is held", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("theatre-1", "THEATRE"), aResource("theatre-2", "THEATRE")],
    pools: [
      { id: "picu", kind: "BED", capacity: 1, serves: [] },
      { id: "ward", kind: "BED", capacity: 4, serves: [] },
    ],
    templates: [surgeryTemplate],
  });
  const plan = { ...aPlan(""), template: hub.template("surgery") };
  await holdOwn(deps, hub, plan);
  const id = await aWaitingCase(hub, plan);
  await grant(hub, { kind: "course", course: id });
  const [picu] = (await documentOf(hub)).pools;
  expect(picu?.capacity).toBe(1);
  expect(picu?.changes).toMatchObject([{ capacity: 2, reason: "opening-granted" }]);
  expect(`${picu?.changes?.[0]?.firstDate}/${picu?.changes?.[0]?.lastDate}`).toBe(
    "2026-02-02/2026-02-04",
  );
  await sweep(deps);
  expect(await stateOf(id)).toBe("HELD");
  expect(await brokenInvariants(db)).toEqual({});
});

test.each([
  ["1", "the day that is at risk", [1], "2026-02-03/2026-02-03"],
  [
    "0",
    "the day that is full, and the one after it that is at risk",
    [0, 1],
    "2026-02-02/2026-02-03",
  ],
])(
  "grants one more bed where a unit would overflow %s days on: %s",
  async (after, _, days, changed) => {
    const hub = await aUnitHub(deps, { capacity: 1, overflowBoundPpm: 200_000 });
    await holdOwn(deps, hub, onDay(hub, 0));
    const plan = onDay(hub, Number(after));
    const refused = await refusalOf(holdOwn(deps, hub, plan));
    expect(refused?.reason).toBe("POOL_FULL");
    const id = await aWaitingCase(hub, plan);
    const unavailable = (await readCourse(db, id))?.course.unavailable;
    expect(unavailable?.blockers.map(({ kind }) => kind)).toContain("OVERFLOW_RISK");
    const suggested = days.map((day) => ({
      resource: `${hub.name}/pools/${picu}`,
      startAt: Temporal.Instant.from("2026-02-01T19:00:00Z").add({ hours: 24 * day }),
      endAt: Temporal.Instant.from("2026-02-02T19:00:00Z").add({ hours: 24 * day }),
    }));
    expect(unavailable?.openings).toEqual(suggested);
    await grant(hub, { kind: "course", course: id });
    const [unit] = (await documentOf(hub)).pools;
    const changes = unit?.changes?.map(({ firstDate, lastDate, capacity }) => {
      return `${firstDate}/${lastDate}: ${capacity}`;
    });
    expect(changes).toEqual([`${changed}: 2`]);
    await sweep(deps);
    expect(await stateOf(id)).toBe("HELD");
    expect(await brokenInvariants(db)).toEqual({});
  },
);

test("splits a window at midnight of the hub, joins resources, and publishes nothing twice", async () => {
  const hub = await aPublishedHub(deps);
  const night = ["2026-02-06T18:00:00Z", "2026-02-06T20:30:00Z"] as const;
  const granted = openings(
    opening(hub, "resources/room-1", ...night),
    opening(hub, "resources/room-2", ...night),
  );
  const command = { ...aCommand<Hub>(hub.caller, {}, reply), hub: hub.name, etag: 'W/"1"' };
  const answers = [
    await grantForHub(deps, granted, command),
    await grantForHub(deps, granted, command),
  ];
  expect(answers.map((answer) => [...answer])).toEqual([[2], [2]]);
  const { exceptionalOpenings } = await documentOf(hub);
  expect(
    exceptionalOpenings.map(
      ({ resources, onDate, start, end }) => `${resources} ${onDate} ${start}-${end}`,
    ),
  ).toEqual(["room-1,room-2 2026-02-06 1380-1440", "room-1,room-2 2026-02-07 0-90"]);
  await grant(hub, granted);
  expect((await documentOf(hub)).exceptionalOpenings).toHaveLength(2);
});

test("refuses an opening that is over, too long, reversed, or of nothing that the hub can open", async () => {
  const hub = await aPublishedHub(deps);
  const day = ["2026-02-07T04:00:00Z", "2026-02-07T05:00:00Z"] as const;
  const room = (start: string, end: string) => opening(hub, "resources/room-1", start, end);
  const refused = async (...all: NamedOpening[]) => refusalOf(grant(hub, openings(...all)));
  const past = await refused(room(...day), room("2025-02-07T04:00:00Z", "2025-02-07T05:00:00Z"));
  expect(past).toMatchObject({
    reason: "OPENING_IN_PAST",
    violations: [{ field: "openings.openings[1].end_time" }],
  });
  const long = await refused(room(day[0], "2026-03-11T04:00:00Z"));
  expect(long?.reason).toBe("OPENING_TOO_LONG");
  expect((await refused(room(day[1], day[0])))?.reason).toBe("OPENING_REVERSED");
  for (const place of ["resources/room-9", "pools/beam", "pools/none"]) {
    const unknown = await refused(opening(hub, place, ...day));
    expect(unknown?.reason).toBe("OPENING_PLACE_UNKNOWN");
  }
  const stale = await refusalOf(grant(hub, openings(room(...day)), 'W/"7"'));
  expect(stale?.reason).toBe("ETAG_MISMATCH");
  expect((await getHub(deps, hub.name)).hub.version).toBe(1);
});

test("lets only the hub itself grant, and only for courses of its own", async () => {
  const hub = await aPublishedHub(deps, { templates: [aTemplate()] });
  const other = await aPublishedHub(deps);
  const course = await holdOwn(deps, hub, {
    ...aPlan("", { dueDate: monday.add({ days: 3 }) }),
    template: hub.template("visit"),
  });
  const stranger = aCaller("hub", "stranger");
  const refused = [
    await refusalOf(grant(hub, { kind: "course", course }, "", stranger)),
    await refusalOf(grant(other, { kind: "course", course })),
    await refusalOf(grant(hub, openings(), "", stranger)),
  ];
  expect(refused.map((each) => each?.reason)).toEqual([
    "HUB_NOT_FOUND",
    "COURSE_NOT_FOUND",
    "HUB_NOT_FOUND",
  ]);
});
