import { must } from "@carehub/rules/fault";
import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse, aHold } from "./course.builder.ts";
import type { Course, RecordedSession } from "./course.ts";
import { changesBetween, moveCourse, remainingOf, requireMovable } from "./course-move.ts";
import { afterPreparation } from "./course-move-preparation.ts";
import { createDemand } from "./demand.ts";
import { aHub, aPlan, aTemplate, monday, testNow } from "./hub.builder.ts";
import { dateOfDay, dayOfDate, instantOfMinute } from "./hub-time.ts";
import { interruptCourse } from "./interruption.ts";

const [operation] = aHold.sessions;
if (operation === undefined) throw new Error("a hold has a session");
const later = { ...operation, number: 2, start: operation.start + 1440, end: operation.end + 1440 };
const plan = aPlan("surgery", { dueDate: monday.add({ days: 7 }) });
const window = (from: number, to: number) => ({
  notBeforeDate: monday.add({ days: from }),
  notAfterDate: monday.add({ days: to }),
});
const recordOf = ({ number, start, end, site }: typeof operation): RecordedSession => ({
  ...{ number, site, underAnaesthesia: false },
  startAt: instantOfMinute(start),
  endAt: instantOfMinute(end),
});

test.each<[Course["state"], string | undefined]>([
  ["HELD", undefined],
  ["BOOKED", undefined],
  ["IN_TREATMENT", undefined],
  ["INTERRUPTED", "COURSE_NOT_MOVABLE"],
  ["WAITLISTED", "COURSE_NOT_MOVABLE"],
  ["ENDED", "COURSE_NOT_MOVABLE"],
  ["RELEASED", "COURSE_NOT_MOVABLE"],
  ["LAPSED", "COURSE_NOT_MOVABLE"],
])("moves a course that is %s, or refuses it with %s", (state, reason) => {
  const check = () => requireMovable(aCourse({ state, plan }), window(0, 7));
  if (reason === undefined) check();
  else expect(check).toThrow(expect.objectContaining({ reason, metadata: { state } }));
});

test("keeps a referral's course between the dates of its plan until treatment has begun", () => {
  const beyond = window(0, 8);
  const check = (course: Course) => () => requireMovable(course, beyond);
  const dates = { ready_date: "2026-02-02", due_date: "2026-02-09" };
  const refused = expect.objectContaining({ reason: "MOVE_BEYOND_PLAN", metadata: dates });
  expect(check(aCourse({ plan }))).toThrow(refused);
  expect(check(aCourse({ plan, state: "IN_TREATMENT" }))).not.toThrow();
  expect(check({ ...aCourse({ plan }), sendingParty: undefined })).not.toThrow();
  const turned = expect.objectContaining({ reason: "INVALID_FIELD" });
  expect(() => requireMovable(aCourse({ plan }), window(3, 2))).toThrow(turned);
});

test("tells what was moved, added and dropped, and nothing of what stays", () => {
  const moved = { ...operation, start: operation.start + 60 };
  const elsewhere = { ...later, site: "hubs/test-hub/resources/theatre-2" };
  const added = { ...later, number: 3 };
  expect(changesBetween([operation, later], [moved, elsewhere, added])).toEqual([
    {
      number: 1,
      from: { start: operation.start, site: operation.site },
      to: { start: operation.start + 60, site: operation.site },
    },
    {
      number: 2,
      from: { start: later.start, site: later.site },
      to: { start: later.start, site: elsewhere.site },
    },
    { number: 3, to: { start: later.start, site: later.site } },
  ]);
  expect(changesBetween([operation, later], [operation])).toMatchObject([{ number: 2 }]);
  expect(changesBetween([operation], [operation])).toEqual([]);
});

test("tells nothing where the plan is the very same, in whatever order its fields come", () => {
  const turned = Object.fromEntries(Object.entries(aHold).reverse()) as typeof aHold;
  given(aCourse())
    .when((course) => moveCourse(course, "HUB_REQUEST", { hold: turned, changes: [] }))
    .then([]);
});

test("goes on after what was recorded, and past the numbers of what was missed", () => {
  const course = aCourse({
    state: "IN_TREATMENT",
    hold: { ...aHold, sessions: [operation, later] },
  });
  const now = instantOfMinute(later.end);
  const missed = { ...recordOf(later), phase: "main", uses: later.uses, reason: "MACHINE" };
  const known = { ...course, recorded: [recordOf(operation)], missed: [missed] };
  expect(remainingOf(known, now)).toMatchObject({
    kept: [{ number: 1 }],
    begun: {
      done: 1,
      last: { end: operation.end, site: "theatre-1" },
      firstStart: operation.start,
    },
    nextNumber: 3,
  });
  expect(() => remainingOf({ ...course, recorded: [recordOf(operation)] }, now)).toThrow(
    expect.objectContaining({
      reason: "SESSIONS_NOT_RECORDED",
      metadata: { state: "IN_TREATMENT", numbers: "2" },
    }),
  );
  expect(remainingOf(course, testNow)).toMatchObject({ kept: [], nextNumber: 1 });
});

test("interrupts only a treatment, from a day that is neither to come nor before the admission", () => {
  const { time } = aHub();
  const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday });
  const since = (course: Course, date: Temporal.PlainDate) => () =>
    interruptCourse(
      course,
      { reason: "STAFF", sinceDate: date, releaseStays: true },
      { today: monday, time },
    );
  const fails = (reason: string) => expect.objectContaining({ reason });
  expect(since(aCourse(), monday)).toThrow(fails("COURSE_NOT_IN_TREATMENT"));
  expect(since(treated, monday.add({ days: 1 }))).toThrow(fails("TIME_IN_FUTURE"));
  expect(since(treated, monday.subtract({ days: 1 }))).toThrow(fails("INVALID_FIELD"));
  const { state } = since(treated, monday)();
  expect(state.hold?.sessions).toEqual([]);
  // Of three days of intensive care today is kept; two are left, and the ward after them.
  expect(state.hold?.stays.map(({ lastDate }) => lastDate.toString())).toEqual(["2026-02-02"]);
  expect(state.interruption?.releasedStays).toEqual([
    { stay: "intensive-care", pool: "picu", fromDay: 0, days: 2 },
    { stay: "ward", pool: "ward", fromDay: 2, days: 5 },
  ]);
});

test("forgets the extension of a stay's later part that is given back before it begins", () => {
  const { time } = aHub();
  const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday });
  const ward = { stay: "ward", pool: "hubs/test-hub/pools/ward" };
  const past = { ...ward, firstDate: monday, lastDate: monday };
  const later = { ...ward, firstDate: monday.add({ days: 4 }), lastDate: monday.add({ days: 6 }) };
  const extendedStays = [{ stay: "ward", lastDate: monday.add({ days: 8 }), reason: "CLINICAL" }];
  const hold = { ...must(treated.hold, "a treated course has a hold"), stays: [past, later] };
  const { state } = interruptCourse(
    { ...treated, hold, extendedStays },
    { reason: "STAFF", sinceDate: monday, releaseStays: true },
    { today: monday.add({ days: 2 }), time },
  );
  expect(state.hold?.stays).toEqual([past]);
  expect(state.extendedStays).toEqual([]);
});

test("keeps a preparation that is over only where the course begins neither too soon nor too late after it", () => {
  const preparation = [{ id: "planning", leadDaysMin: 5, leadDaysMax: 8, uses: [] }];
  const hub = aHub({ templates: [aTemplate({ preparation })] });
  const within = aPlan("visit", { readyDate: monday, dueDate: monday.add({ days: 20 }) });
  const demand = createDemand(hub, within, testNow);
  const start = hub.time.startOf(dayOfDate(monday));
  const done = [{ step: "planning", start, end: start, uses: [] }];
  const after = afterPreparation(demand, done, start);
  expect(after?.preparation).toEqual([]);
  // Five working days of the week lie before Saturday; eight before Thursday of the next.
  expect([after?.readyDay, after?.dueDay].map((day) => dateOfDay(day ?? 0).toString())).toEqual([
    "2026-02-07",
    "2026-02-12",
  ]);
  expect(afterPreparation(demand, done, start - 1)).toBeUndefined();
  expect(afterPreparation(demand, [], start)).toBeUndefined();
  const other = done.map((step) => ({ ...step, step: "mask" }));
  expect(afterPreparation(demand, other, start)).toBeUndefined();
});
