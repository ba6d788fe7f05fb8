import { randomUUID } from "node:crypto";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import {
  aMessage,
  aPublishedHub,
  eventsOf,
  factsOf,
  holdOwn,
  openTestCapacity,
  requestForCase,
  sweep,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { checkCourse } from "../wire/course-checker.builder.ts";
import { bookCase } from "./case-requests.ts";
import { releaseCourse } from "./course-commands.ts";
import { day, move, onCourse, refusedWith, startsOf } from "./move.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

async function aRoom(hours = { start: 480, end: 600 }) {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", hours)],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = (from: string, to = from, sessionCount = 1) => ({
    ...aPlan("", { readyDate: day(from), dueDate: day(to) }),
    phases: [{ phase: "main", sessionCount }],
    template: hub.template("visit"),
  });
  return { hub, plan };
}

test("moves a held course whole, keeps its times to answer, and tells what is different", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-02-02", "2026-02-02", 3));
  const before = (await readCourse(db, id))?.course.hold;
  const view = await move(deps, { hub, id }, { from: "2026-02-03" });
  // The sessions of Tuesday and Wednesday lie where its second and third were: its own time is free for it.
  expect(await startsOf(db, id)).toEqual([
    "2026-02-03T03:00:00Z",
    "2026-02-04T03:00:00Z",
    "2026-02-05T03:00:00Z",
  ]);
  expect(view?.changes).toHaveLength(3);
  const after = (await readCourse(db, id))?.course;
  expect(after).toMatchObject({ state: "HELD", round: 0 });
  expect(after?.hold?.releaseAt.toString()).toBe(before?.releaseAt.toString());
  expect(after?.hold?.answerBy.onDate.toString()).toBe(before?.answerBy.onDate.toString());
  expect(after?.hold?.certificate.hash).not.toBe(before?.certificate.hash);
  const [, moved] = await eventsOf(db, id);
  expect(moved?.event).toMatchObject({
    case: "courseMoved",
    value: {
      reason: "HUB_REQUEST",
      firstDate: { day: 3 },
      lastDate: { day: 5 },
      serviceItems: [{ serviceCode: "proton-fraction", quantity: 3 }],
      certificate: { hash: after?.hold?.certificate.hash },
    },
  });
  expect(checkCourse(hub.document, after?.hold?.certificate.document ?? "", 3)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("says what is in the way of a move, and leaves the course as it was", async () => {
  const { hub, plan } = await aRoom({ start: 480, end: 540 });
  const id = await holdOwn(deps, hub, plan("2026-02-02"));
  await holdOwn(deps, hub, plan("2026-02-03"));
  const refused = await refusedWith(move(deps, { hub, id }, { from: "2026-02-03" }));
  expect(refused).toMatchObject({
    reason: "TIME_TAKEN",
    metadata: {
      kind: "HOLD",
      start_time: "2026-02-03T03:00:00Z",
      first_possible_date: "2026-02-04",
    },
  });
  expect(await startsOf(db, id)).toEqual(["2026-02-02T03:00:00Z"]);
  expect(await factsOf(db, id)).toEqual(["courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("answers a question without doing anything, and a move to where it is with nothing told", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-02-02"));
  const asked = await move(deps, { hub, id }, { from: "2026-02-04", dryRun: true });
  expect(asked?.changes.map(({ number }) => number)).toEqual([1]);
  expect(asked?.stored.course.hold?.firstDate.toString()).toBe("2026-02-04");
  expect(await startsOf(db, id)).toEqual(["2026-02-02T03:00:00Z"]);
  const same = await move(deps, { hub, id }, { from: "2026-02-02" });
  expect(same?.changes).toEqual([]);
  expect(await factsOf(db, id)).toEqual(["courseHeld"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives what became free to who waits for it", async () => {
  const { hub, plan } = await aRoom({ start: 480, end: 540 });
  const id = await holdOwn(deps, hub, plan("2026-02-16"));
  const waiting = randomUUID() as Uuid;
  await requestForCase(deps, { id: waiting, hub: hub.name, plan: plan("2026-02-16") });
  expect((await readCourse(db, waiting))?.course.state).toBe("WAITLISTED");
  await sweep(deps);
  await move(deps, { hub, id }, { from: "2026-02-17" });
  await sweep(deps);
  expect((await readCourse(db, waiting))?.course.state).toBe("HELD");
  expect(await startsOf(db, waiting)).toEqual(["2026-02-16T03:00:00Z"]);
});

test("moves a referral's booking between the dates of its plan only", async () => {
  const { hub, plan } = await aRoom();
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: plan("2026-02-16", "2026-02-20") });
  await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  expect(
    await refusedWith(move(deps, { hub, id }, { from: "2026-02-20", to: "2026-02-23" })),
  ).toEqual({
    reason: "MOVE_BEYOND_PLAN",
    metadata: { ready_date: "2026-02-16", due_date: "2026-02-20" },
  });
  await move(deps, { hub, id }, { from: "2026-02-18", to: "2026-02-20" });
  expect((await readCourse(db, id))?.course.state).toBe("BOOKED");
  expect(await startsOf(db, id)).toEqual(["2026-02-18T03:00:00Z"]);
  expect(await factsOf(db, id)).toEqual(["courseHeld", "courseBooked", "courseMoved"]);
});

test("keeps a referral's hold behind its release time", async () => {
  const { hub, plan } = await aRoom();
  const id = randomUUID() as Uuid;
  await requestForCase(deps, { id, hub: hub.name, plan: plan("2026-01-06", "2026-02-20") });
  const { hold } = (await readCourse(db, id))?.course ?? {};
  const refused = await refusedWith(
    move(deps, { hub, id }, { from: "2026-01-06", to: "2026-01-08" }),
  );
  expect(refused.reason).toBe("DUE_BEFORE_ANSWER");
  await move(deps, { hub, id }, { from: "2026-01-06", to: "2026-02-20" });
  const moved = (await readCourse(db, id))?.course.hold;
  expect(moved?.firstDate.toString()).toBe(hold?.firstDate.toString());
});

test("refuses to move what is not there any more, or at another etag", async () => {
  const { hub, plan } = await aRoom();
  const id = await holdOwn(deps, hub, plan("2026-02-02"));
  const etag = { from: "2026-02-03", etag: 'W/"7"' };
  expect((await refusedWith(move(deps, { hub, id }, etag))).reason).toBe("ETAG_MISMATCH");
  await releaseCourse(deps, { ...onCourse(hub, id), reason: "OTHER" });
  expect(await refusedWith(move(deps, { hub, id }, { from: "2026-02-03" }))).toEqual({
    reason: "COURSE_NOT_MOVABLE",
    metadata: { state: "RELEASED" },
  });
});

test("went through all of this without one deadlock, as PostgreSQL counts them", async () => {
  expect(await countedDeadlocks(db)).toBe(0);
});
