import { moveClock } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { readCourse } from "../storage/course-store.ts";
import { readReplan } from "../storage/replan-store.ts";
import { bookCourse } from "./course-commands.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { onCourse, treat } from "./move.builder.ts";
import { approveReplan } from "./replan-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);
const date = (t: string) => Temporal.PlainDate.from(t);
const at = (t: string) => Temporal.Instant.from(t);
const respond = (view: StoredReplan) => new TextEncoder().encode(view.name);
const report = async (hub: TestHub, resources: string[], startAt: string, endAt: string) =>
  new TextDecoder().decode(
    await disruptHub(
      deps,
      {
        hub: hub.name,
        kind: "OUTAGE",
        reason: "x",
        resources,
        startAt: at(startAt),
        endAt: at(endAt),
      },
      { ...aCommand(hub.caller, {}, respond), etag: "" },
    ),
  );
const as = (hub: TestHub, role: string, reference: string, name: string) => ({
  ...aCommand(hub.caller, {}, respond),
  actor: { reference, role },
  name,
  etag: "",
});
const approveTwice = async (hub: TestHub, name: string) => {
  await approveReplan(deps, as(hub, "physicist", "p", name));
  await approveReplan(deps, as(hub, "clinician", "c", name));
};
const replanOf = async (name: string) => must(await readReplan(db, name), "x").replan;
const rules = {
  ...dailyRules,
  maxGapHours: 168,
  timeOfDayWindowMinutes: 0,
  prolongationDaysMax: 5,
};
const centre = (parts = {}) =>
  aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM"), aResource("room-2", "ROOM")],
    pools: [],
    templates: [aTemplate({ id: "t", rules: { ...rules, interruptionCategory: 2 } })],
    ...parts,
  });
const own = async (hub: TestHub, n: number, ready = "2026-02-02", due = ready) => {
  const id = await holdOwn(deps, hub, {
    ...aPlan("", { readyDate: date(ready), dueDate: date(due) }),
    phases: [{ phase: "main", sessionCount: n }],
    template: hub.template("t"),
  });
  await bookCourse(deps, onCourse(hub, id));
  return id;
};
const A = "2026-02-03T19:00:00Z";

test("closure withdrawn by a later document does not come back when the proposal is approved", async () => {
  const hub = await centre();
  await own(hub, 5);
  const name = await report(hub, ["room-1", "room-2"], A, "2026-02-05T19:00:00Z");
  await hub.publish(); // the document without the outage: the gantry was repaired
  const rows = () =>
    db.run(
      "test-outages",
      `select resource, lower(during) from reservation where hub=$1 and kind='OUTAGE'`,
      [hub.name],
    );
  expect(await rows()).toHaveLength(0);
  await approveTwice(hub, name);
  await sweep(deps);
  expect(await rows()).toHaveLength(0);
});

test("nothing is moved outside of the openings of a document that came in between", async () => {
  const hub = await centre();
  const id = await own(hub, 3, "2026-02-04");
  const name = await report(
    hub,
    ["room-1", "room-2"],
    "2026-02-04T19:00:00Z",
    "2026-02-06T19:00:00Z",
  );
  const { closures } = must(await deps.hubs.load(db, hub.name), "h").document;
  await hub.publish({
    closures,
    resources: ["room-1", "room-2"].map((r) => ({
      ...aResource(r, "ROOM"),
      weeklyOpenings: [{ days: [3, 4, 5], start: 480, end: 1080 }],
    })),
  });
  await approveTwice(hub, name);
  await sweep(deps);
  const { time } = must(await deps.hubs.load(db, hub.name), "h");
  const held = must((await readCourse(db, id))?.course.hold, "h");
  expect(
    held.sessions.filter((s) => time.openings("room-1", time.dayOf(s.start)).length === 0),
  ).toEqual([]);
});

test("no session is moved into the past when approved late", async () => {
  const hub = await centre();
  const id = await holdOwn(deps, hub, {
    ...aPlan("", { readyDate: date("2026-02-02"), dueDate: date("2026-02-02") }),
    phases: [{ phase: "main", sessionCount: 5 }],
    template: hub.template("t"),
  });
  await treat({ deps, db }, { hub, id }, 2);
  const name = await report(hub, ["room-1", "room-2"], A, "2026-02-04T07:00:00Z");
  await moveClock(db, { to: at("2026-02-05T02:00:00Z") });
  await approveTwice(hub, name);
  await sweep(deps);
  const r = await replanOf(name);
  expect(r.moves[0]?.outcome).toBe("OVERTAKEN");
});
