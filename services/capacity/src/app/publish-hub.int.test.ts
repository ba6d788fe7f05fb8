import { moveClock } from "@carehub/database/clock";
import { afterAll, expect, test } from "vitest";
import {
  aCaller,
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  refusalOf,
} from "../capacity.builder.ts";
import { aPlan, monday } from "../domain/hub.builder.ts";
import type { Closure, Hub } from "../domain/hub.ts";
import { instantOfMinute } from "../domain/hub-time.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { bookCourse } from "./course-commands.ts";
import { publishHub } from "./publish-hub.ts";
import { getHub, listHubs } from "./queries.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const maintenance: Closure = {
  resources: ["room-1"],
  kind: "MAINTENANCE",
  reason: "accelerator-service",
  firstDate: monday,
  lastDate: monday,
  start: 0,
  end: 1440,
};

test("counts versions, shows the document to all, and lists hubs by programme", async () => {
  const hub = await aPublishedHub(deps);
  await hub.publish({ worksOnPublicHolidays: true }, 'W/"1"');
  const { hub: read } = await getHub(deps, hub.name);
  expect(read.version).toBe(2);
  expect(read.document.worksOnPublicHolidays).toBe(true);
  expect(read.document.templates).toEqual(hub.document.templates);
  expect((await refusalOf(hub.publish({}, 'W/"1"')))?.reason).toBe("ETAG_MISMATCH");
  const page = { size: 1, after: undefined, programme: "heart-surgery" };
  const { items, next } = await listHubs(deps, page);
  expect(items).toHaveLength(1);
  expect(next).toBeUndefined();
  expect((await listHubs(deps, { ...page, programme: "cardiology" })).items).toEqual([]);
  expect((await refusalOf(getHub(deps, "hubs/nowhere")))?.reason).toBe("HUB_NOT_FOUND");
});

test("lets only the hub itself publish, and says every way in which a document does not fit", async () => {
  const hub = await aPublishedHub(deps);
  const stranger = {
    ...aCommand<Hub>(aCaller("hub", "other"), {}, () => new Uint8Array()),
    etag: "",
  };
  expect((await refusalOf(publishHub(deps, hub.document, stranger)))?.reason).toBe("HUB_NOT_FOUND");
  const refused = await refusalOf(
    hub.publish({
      zone: "Asia/Nowhere",
      pools: [{ id: "beam", kind: "BEAM", capacity: 20, serves: ["room-1", "bay-1"] }],
      closures: [{ ...maintenance, resources: ["room-7"] }],
    }),
  );
  expect(refused?.reason).toBe("HUB_DOCUMENT_INVALID");
  expect(refused?.violations.map(({ field }) => field)).toEqual([
    "hub.zone",
    "hub.pools[0].serves[1]",
    "hub.closures[0].resources[0]",
    "hub.templates[1].session.beam",
    "hub.templates[2].stays[0].pool",
    "hub.templates[2].stays[1].pool",
  ]);
});

test("holds nothing in a closure and names it", async () => {
  const hub = await aPublishedHub(deps, { closures: [{ ...maintenance, resources: [] }] });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const refused = await refusalOf(holdOwn(deps, hub, plan));
  expect(refused?.reason).toBe("HUB_CLOSED");
  expect(refused?.metadata).toMatchObject({ kind: "CLOSURE", first_possible_date: "2026-02-03" });
  await hub.publish({ closures: [] });
  await holdOwn(deps, hub, plan);
});

test("refuses a version that would strand a booking, naming it, whichever way", async () => {
  const hub = await aPublishedHub(deps);
  const id = await holdOwn(deps, hub, { ...aPlan(""), template: hub.template("visit") });
  await bookCourse(deps, { ...aCommand(hub.caller), id, etag: "" });
  const surgery = await holdOwn(deps, hub, { ...aPlan(""), template: hub.template("surgery") });
  const refused = await refusalOf(hub.publish({ closures: [maintenance] }));
  expect(refused?.reason).toBe("BOOKINGS_IN_THE_WAY");
  expect(refused?.metadata).toMatchObject({
    count: "1",
    courses: `courses/${id}`,
    resource: `${hub.name}/resources/room-1`,
  });
  const later = hub.document.resources.map((resource) => ({
    ...resource,
    weeklyOpenings: [{ days: [1], start: 600, end: 1080 }],
  }));
  expect((await refusalOf(hub.publish({ resources: later })))?.metadata.count).toBe("2");
  const fewer = hub.document.pools.map((pool) => ({
    ...pool,
    capacity: pool.id === "ward" ? 0 : pool.capacity,
  }));
  expect((await refusalOf(hub.publish({ pools: fewer })))?.metadata).toMatchObject({
    courses: `courses/${surgery}`,
    resource: `${hub.name}/pools/ward`,
  });
  expect((await getHub(deps, hub.name)).hub.version).toBe(1);
  expect(await brokenInvariants(db)).toEqual({});
});

test("takes a lapsed hold that is in the way of a closure, and neither offers nor holds on a stale document", async () => {
  const validUntilAt = Temporal.Instant.from("2026-01-25T00:00:00Z");
  const hub = await aPublishedHub(deps, { validUntilAt });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const id = await holdOwn(deps, hub, plan);
  await moveClock(db, { to: Temporal.Instant.from("2026-01-26T00:00:00Z") });
  const refused = await refusalOf(holdOwn(deps, hub, plan));
  expect(refused?.reason).toBe("CAPACITY_STALE");
  expect((await refusalOf(hub.publish()))?.reason).toBe("HUB_DOCUMENT_INVALID");
  const until = Temporal.Instant.from("2026-12-31T00:00:00Z");
  await hub.publish({ closures: [maintenance], validUntilAt: until });
  expect((await readCourse(db, id))?.course.state).toBe("LAPSED");
  await holdOwn(deps, hub, plan);
  expect(await brokenInvariants(db)).toEqual({});
});

test("plans again when the version it planned on was replaced meanwhile", async () => {
  const hub = await aPublishedHub(deps);
  const stale = await deps.hubs.load(db, hub.name);
  const afternoons = hub.document.resources.map((resource) => ({
    ...resource,
    weeklyOpenings: [{ days: [1], start: 720, end: 1080 }],
  }));
  await hub.publish({ resources: afternoons });
  let reads = 0;
  const load: typeof deps.hubs.load = async (reader, name) => {
    reads += 1;
    return reads === 1 ? stale : deps.hubs.load(reader, name);
  };
  const late = { ...deps, hubs: { ...deps.hubs, load } };
  const id = await holdOwn(late, hub, { ...aPlan(""), template: hub.template("visit") });
  const hold = (await readCourse(db, id))?.course.hold;
  expect(hold?.certificate.capacityVersion).toBe(2);
  expect(instantOfMinute(hold?.sessions[0]?.start ?? 0).toString()).toBe("2026-02-02T07:00:00Z");
  expect(reads).toBe(2);
});

test("lets holds and a closure race without a session left in the closure", async () => {
  const hub = await aPublishedHub(deps);
  const plan = {
    ...aPlan("", { dueDate: monday.add({ days: 3 }) }),
    template: hub.template("visit"),
  };
  const closures = [{ ...maintenance, lastDate: monday.add({ days: 60 }) }];
  const [published] = await Promise.allSettled([
    hub.publish({ closures }),
    ...Array.from({ length: 10 }, () => holdOwn(deps, hub, plan)),
  ]);
  const rows = await db.run<{ sessions: number }>(
    "test-sessions-of-room",
    `select count(*)::integer as sessions from reservation
     where resource = $1 and kind = 'SESSION'`,
    [`${hub.name}/resources/room-1`],
  );
  if (published.status === "fulfilled") expect(rows[0]?.sessions).toBe(0);
  else expect(published.reason).toMatchObject({ reason: "BOOKINGS_IN_THE_WAY" });
  expect(await brokenInvariants(db)).toEqual({});
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
