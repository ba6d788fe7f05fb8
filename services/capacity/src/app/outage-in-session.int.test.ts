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
import { instantOfMinute } from "../domain/hub-time.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { bookCourse } from "./course-commands.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { move, onCourse } from "./move.builder.ts";
import { approveReplan } from "./replan-commands.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const monday = Temporal.PlainDate.from("2026-02-02");
const respond = (view: StoredReplan) => new TextEncoder().encode(view.name);

function by(hub: TestHub, role: string, reference: string) {
  return { ...aCommand(hub.caller, {}, respond), actor: { reference, role }, etag: "" };
}

async function aRunningCourse() {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM"), aResource("room-2", "ROOM")],
    pools: [],
    templates: [aTemplate({ id: "daily", rules: { ...dailyRules, prolongationDaysMax: 5 } })],
  });
  const id = await holdOwn(deps, hub, {
    ...aPlan("", { readyDate: monday, dueDate: monday }),
    phases: [{ phase: "main", sessionCount: 5 }],
    template: hub.template("daily"),
  });
  await bookCourse(deps, onCourse(hub, id));
  const sessions = async () =>
    must((await readCourse(db, id))?.course.hold, "it is held").sessions.map(({ start }) => start);
  return { hub, id, sessions };
}

async function reportOut(hub: TestHub, start: number, days: number): Promise<string> {
  const out = {
    ...{ hub: hub.name, kind: "OUTAGE" as const, reason: "gantry-failure" },
    resources: ["room-1", "room-2"],
    startAt: instantOfMinute(start),
    endAt: instantOfMinute(start + days * 24 * 60),
  };
  const replan = await disruptHub(deps, out, by(hub, "planner", "p-0"));
  return new TextDecoder().decode(replan);
}

test("a course that is moved by hand does not come back into the time that is closed around it", async () => {
  const { hub, id, sessions } = await aRunningCourse();
  const [first = 0] = await sessions();
  await reportOut(hub, first, 2);
  await move(deps, { hub, id }, { from: "2026-02-02", to: "2026-02-10" });
  expect((await sessions())[0]).toBeGreaterThanOrEqual(first + 2 * 24 * 60);
  expect(await brokenInvariants(db)).toEqual({});
});

test("a session that goes on when the room is reported out stays proved after the course has moved", async () => {
  const { hub, sessions } = await aRunningCourse();
  const before = await sessions();
  const third = must(before[2], "it has five sessions");
  await moveClock(db, { to: instantOfMinute(third + 10) });
  const name = await reportOut(hub, third + 5, 2);
  await approveReplan(deps, { ...by(hub, "physicist", "p-1"), name });
  await approveReplan(deps, { ...by(hub, "clinician", "c-1"), name });
  await sweep(deps);
  const after = await sessions();
  expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
  expect(after[3]).toBeGreaterThanOrEqual(third + 2 * 24 * 60);
  expect(await brokenInvariants(db)).toEqual({});
});
