import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCourse, recordAdmission } from "./course-commands.ts";
import { day, move, onCourse, startsOf } from "./move.builder.ts";
import { approveTwice, movesOf, reportOutage } from "./replan.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const resources = ["room-1", "room-2"];
const centre = (hours = { start: 480, end: 1080 }) => {
  const free = { sameSite: false, timeOfDayWindowMinutes: 0 };
  const rules = {
    ...dailyRules,
    ...free,
    prolongationDaysMax: 5,
    interruptionCategory: 2,
  } as const;
  return aPublishedHub(deps, {
    resources: resources.map((id) => aResource(id, "ROOM", hours)),
    pools: [],
    templates: [aTemplate({ id: "t", rules })],
  });
};
const planOf = (hub: TestHub, sessionCount: number, readyDate: Temporal.PlainDate) => ({
  ...aPlan("", { readyDate, dueDate: readyDate }),
  phases: [{ phase: "main", sessionCount }],
  template: hub.template("t"),
});

async function aBooked(hub: TestHub, sessionCount: number, ready: string): Promise<Uuid> {
  const id = await holdOwn(deps, hub, planOf(hub, sessionCount, day(ready)));
  await bookCourse(deps, onCourse(hub, id));
  return id;
}

test("two courses that have not begun both move, although others wait at the hub", async () => {
  const hub = await centre({ start: 480, end: 540 });
  await aBooked(hub, 2, "2026-02-04");
  await aBooked(hub, 2, "2026-02-04");
  const waits = randomUUID() as Uuid;
  const plan = planOf(hub, 1, day("2026-02-04"));
  await requestForCase(deps, { id: waits, hub: hub.name, plan });
  await sweep(deps);
  const outage = ["2026-02-03T19:00:00Z", "2026-02-05T19:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  await sweep(deps);
  await approveTwice(deps, hub, name);
  expect((await movesOf(db, name)).map(({ outcome }) => outcome)).toEqual(["MOVED", "MOVED"]);
});

test("a course that goes on beyond the dates of its plan is planned on what is taken there", async () => {
  const hub = await centre();
  const id = await aBooked(hub, 3, "2026-02-02");
  await move(deps, { hub, id }, { from: "2026-06-01" });
  // Of the twenty hours of each of the next days one is left.
  for (let taken = 0; taken < 19; taken += 1) await aBooked(hub, 3, "2026-06-04");
  const outage = ["2026-06-01T19:00:00Z", "2026-06-02T19:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  const [mine] = await movesOf(db, name);
  const { course, outcome, sessions } = must(mine, "it lost a session");
  expect([course, outcome, sessions.length]).toEqual([id, "PLANNED", 2]);
  const uses = sessions.flatMap((session) => session.uses);
  const overlaps = await db.run(
    "test-overlaps",
    `select taken.course from unnest($1::text[], $2::integer[], $3::integer[])
       as wanted (resource, start, "end")
     join reservation as taken on taken.resource = wanted.resource and taken.during
       && tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0))
     where taken.course <> $4`,
    [
      uses.map(({ resource }) => resource),
      uses.map(({ start }) => start),
      uses.map(({ end }) => end),
      id,
    ],
  );
  expect(overlaps).toEqual([]);
});

test("a patient who was admitted keeps the bed when the first of several sessions is lost", async () => {
  const hub = await aPublishedHub(deps, {
    resources: resources.map((id) => aResource(id, "ROOM")),
    pools: [{ id: "ward", kind: "BED", capacity: 1, serves: [] }],
    templates: [
      aTemplate({
        id: "t",
        rules: { ...dailyRules, prolongationDaysMax: 5 },
        stays: [{ id: "ward", pool: "ward", fromDay: -1, days: 6 }],
      }),
    ],
  });
  const id = await aBooked(hub, 3, "2026-02-02");
  const stays = async () => must(await readCourse(db, id), "it is known").course.hold?.stays;
  const before = must(await stays(), "it is held");
  await moveClock(db, { to: Temporal.Instant.from("2026-02-02T06:00:00Z") });
  await recordAdmission(deps, { ...onCourse(hub, id), admissionDate: day("2026-02-02") });
  const outage = ["2026-02-02T19:00:00Z", "2026-02-03T19:00:00Z"] as const;
  const name = await reportOutage(deps, { hub, resources }, outage);
  expect((await movesOf(db, name)).map(({ outcome }) => outcome)).toEqual(["PLANNED"]);
  await approveTwice(deps, hub, name);
  expect((await movesOf(db, name)).map(({ outcome }) => outcome)).toEqual(["MOVED"]);
  expect(await startsOf(db, id)).toEqual([
    "2026-02-04T03:00:00Z",
    "2026-02-05T03:00:00Z",
    "2026-02-06T03:00:00Z",
  ]);
  expect(await stays()).toEqual(before);
  expect(await brokenInvariants(db)).toEqual({});
});
