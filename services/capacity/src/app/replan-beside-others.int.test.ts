import { randomUUID } from "node:crypto";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  requestForCase,
  sweep,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { readReplan } from "../storage/replan-store.ts";
import { bookCourse } from "./course-commands.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { onCourse } from "./move.builder.ts";
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
const rules = { ...dailyRules, timeOfDayWindowMinutes: 0, prolongationDaysMax: 5 };
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

test("two courses that have not begun both move, although others wait at the hub", async () => {
  const hub = await centre({
    resources: ["room-1", "room-2"].map((r) => aResource(r, "ROOM", { start: 480, end: 540 })),
  });
  await own(hub, 2, "2026-02-04");
  await own(hub, 2, "2026-02-04");
  const waits = randomUUID() as Uuid;
  // waits: wants a week that is all closed by its own dates
  await requestForCase(deps, {
    id: waits,
    hub: hub.name,
    plan: {
      ...aPlan("", { readyDate: date("2026-02-04"), dueDate: date("2026-02-04") }),
      phases: [{ phase: "main", sessionCount: 1 }],
      template: hub.template("t"),
    },
  });
  await sweep(deps);
  const name = await report(hub, ["room-1", "room-2"], A, "2026-02-05T19:00:00Z");
  await sweep(deps);
  await approveTwice(hub, name);
  await sweep(deps);
  expect((await replanOf(name)).moves.map((m) => m.outcome)).toEqual(["MOVED", "MOVED"]);
});

test("a course that goes on beyond the dates of its plan is planned on what is taken there", async () => {
  const hub = await centre();
  const id = await own(hub, 3, "2026-02-02");
  // the hub moves its own patient to June
  const { move } = await import("./move.builder.ts");
  await move(deps, { hub, id }, { from: "2026-06-01" });
  // both rooms are taken for the two weeks behind
  const taken = [];
  for (let n = 0; n < 2 * 10; n += 1) taken.push(await own(hub, 3, "2026-06-04", "2026-06-04"));
  const name = await report(
    hub,
    ["room-1", "room-2"],
    "2026-06-01T19:00:00Z",
    "2026-06-02T19:00:00Z",
  );
  const r = await replanOf(name);
  const mine = must(
    r.moves.find((m) => m.course === id),
    "m",
  );
  const overlaps = [];
  for (const s of mine.sessions)
    for (const u of s.uses) {
      const rows = await db.run<{ course: string }>(
        "test-overlaps",
        `select course from reservation where resource = $1 and course <> $4 and during && tstzrange(to_timestamp($2::integer*60.0), to_timestamp($3::integer*60.0))`,
        [u.resource, u.start, u.end, id],
      );
      overlaps.push(...rows);
    }
  await approveTwice(hub, name);
  await sweep(deps);
  expect(overlaps).toEqual([]);
});
