import { moveClock } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { aPublishedHub, holdOwn, openTestCapacity, type TestHub } from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { bookCourse } from "./course-commands.ts";
import { day, onCourse, treat } from "./move.builder.ts";
import { approveTwice, movesOf, reportOutage } from "./replan.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const resources = ["room-1", "room-2"];
const centre = () => {
  const limits = { maxGapHours: 168, timeOfDayWindowMinutes: 0, prolongationDaysMax: 5 };
  const rules = { ...dailyRules, ...limits, interruptionCategory: 2 } as const;
  return aPublishedHub(deps, {
    resources: resources.map((id) => aResource(id, "ROOM")),
    pools: [],
    templates: [aTemplate({ id: "t", rules })],
  });
};

function aHeld(hub: TestHub, sessionCount: number, ready = "2026-02-02"): Promise<Uuid> {
  return holdOwn(deps, hub, {
    ...aPlan("", { readyDate: day(ready), dueDate: day(ready) }),
    phases: [{ phase: "main", sessionCount }],
    template: hub.template("t"),
  });
}

async function aBooked(hub: TestHub, sessionCount: number, ready?: string): Promise<Uuid> {
  const id = await aHeld(hub, sessionCount, ready);
  await bookCourse(deps, onCourse(hub, id));
  return id;
}

test("closure withdrawn by a later document does not come back when the proposal is approved", async () => {
  const hub = await centre();
  await aBooked(hub, 5);
  const outage = ["2026-02-03T19:00:00Z", "2026-02-05T19:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  const closed = () =>
    db.run(
      "test-outages",
      "select resource, lower(during) from reservation where hub = $1 and kind = 'OUTAGE'",
      [hub.name],
    );
  expect(await closed()).not.toEqual([]);
  // The document without the outage: the gantry was repaired.
  await hub.publish();
  expect(await closed()).toEqual([]);
  await approveTwice(deps, hub, name);
  expect(await closed()).toEqual([]);
});

test("nothing is moved outside of the openings of a document that came in between", async () => {
  const hub = await centre();
  const id = await aBooked(hub, 3, "2026-02-04");
  const outage = ["2026-02-04T19:00:00Z", "2026-02-06T19:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  const planned = (await movesOf(db, name)).flatMap(({ sessions }) => sessions);
  const loaded = async () => must(await deps.hubs.load(db, hub.name), "it is published");
  const isShut = async ({ start }: { readonly start: number }) => {
    const { time } = await loaded();
    return time.openings("room-1", time.dayOf(start)).length === 0;
  };
  const { closures } = (await loaded()).document;
  await hub.publish({
    closures,
    resources: resources.map((room) => ({
      ...aResource(room, "ROOM"),
      weeklyOpenings: [{ days: [3, 4, 5], start: 480, end: 1080 }],
    })),
  });
  // What was planned is shut now.
  expect(await Promise.all(planned.map(isShut))).toContain(true);
  await approveTwice(deps, hub, name);
  const held = must((await readCourse(db, id))?.course.hold, "it is booked");
  expect(await Promise.all(held.sessions.map(isShut))).toEqual([false, false, false]);
});

test("no session is moved into the past when approved late", async () => {
  const hub = await centre();
  const id = await aHeld(hub, 5);
  await treat({ deps, db }, { hub, id }, 2);
  const outage = ["2026-02-03T19:00:00Z", "2026-02-04T07:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  expect((await movesOf(db, name)).map(({ outcome }) => outcome)).toEqual(["PLANNED"]);
  await moveClock(db, { to: Temporal.Instant.from("2026-02-05T02:00:00Z") });
  await approveTwice(deps, hub, name);
  expect((await movesOf(db, name)).map(({ outcome }) => outcome)).toEqual(["OVERTAKEN"]);
});
