import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse, aHold, aWaitingCourse } from "./course.builder.ts";
import {
  awaitsAnswer,
  awaitsCapacity,
  bookForCase,
  bookForHub,
  type CourseState,
  holdCourse,
  refuseCourse,
  releaseForHub,
  takeLapsedHold,
} from "./course.ts";
import { aPlan, monday, testNow } from "./hub.builder.ts";
import type { UnavailableReason } from "./refusal.ts";
import { closeCourse, stopForCase } from "./treatment.ts";

const today = { now: testNow, today: monday.add({ days: 1 }) };
const lapsedAt = aHold.releaseAt;

test("takes a hold from its release time on, and not before", () => {
  given(aCourse())
    .when((course) => takeLapsedHold(course, lapsedAt.subtract({ seconds: 1 })))
    .then([]);
  given(aCourse())
    .when((course) => takeLapsedHold(course, lapsedAt))
    .then({
      state: { state: "LAPSED" },
      events: [{ type: "CourseHoldLapsed", round: 1, reason: "TAKEN" }],
    });
});

test.each<CourseState>(["BOOKED", "IN_TREATMENT", "ENDED", "RELEASED", "LAPSED"])(
  "never takes what is %s",
  (state) => {
    given(aCourse({ state }))
      .when((course) => takeLapsedHold(course, lapsedAt))
      .then([]);
  },
);

test("books what is held in the round, also past its release time, and once", () => {
  const booked = given(aCourse())
    .when((course) => bookForCase(course, 1, lapsedAt))
    .then([{ type: "CourseBooked", round: 1, certificateHash: "00" }]);
  given(booked.state)
    .when((course) => bookForCase(course, 1, lapsedAt))
    .then([]);
});

test.each<CourseState>(["NONE", "UNAVAILABLE", "RELEASED", "LAPSED"])(
  "tells the case that nothing is held when it is %s",
  (state) => {
    given(aCourse({ state }))
      .when((course) => bookForCase(course, 1, lapsedAt))
      .then([{ type: "CourseHoldLapsed", round: 1, reason: "NOT_HELD" }]);
  },
);

test("books nothing whose first session has begun, and gives it up for its case", () => {
  const begun = Temporal.Instant.from("2026-02-02T03:00:01Z");
  given(aCourse())
    .when((course) => bookForCase(course, 1, begun))
    .then({
      state: { state: "LAPSED" },
      events: [{ type: "CourseHoldLapsed", round: 1, reason: "NOT_HELD" }],
    });
  given(aCourse({ sendingParty: undefined }))
    .when((course) => bookForHub(course, begun))
    .thenFails("COURSE_NOT_HELD", { state: "HELD", first_date: "2026-02-02" });
});

test("ignores a booking of an older round and of a closed case", () => {
  given(aCourse({ round: 2 }))
    .when((course) => bookForCase(course, 1, lapsedAt))
    .then([]);
  given(aCourse({ closed: true }))
    .when((course) => bookForCase(course, 1, lapsedAt))
    .then([]);
});

test("lets a hub book and release only its own patients' courses", () => {
  given(aCourse())
    .when((course) => bookForHub(course, testNow))
    .thenFails("COURSE_OF_REFERRAL", { sending_party: "parties/UZ" });
  const own = aCourse({ sendingParty: undefined });
  given(own)
    .when((course) => bookForHub(course, testNow))
    .then([{ type: "CourseBooked" }]);
  given(own)
    .when((course) => releaseForHub(course, "CANCELLED"))
    .then([{ type: "CourseReleased", reason: "CANCELLED" }]);
});

test.each<[CourseState, number, boolean]>([
  ["NONE", 1, true],
  ["UNAVAILABLE", 1, false],
  ["UNAVAILABLE", 2, true],
  ["WAITLISTED", 1, false],
  ["WAITLISTED", 2, true],
  ["HELD", 1, false],
  ["HELD", 2, true],
  ["LAPSED", 2, true],
  ["RELEASED", 1, false],
  ["RELEASED", 2, true],
  ["BOOKED", 2, false],
  ["IN_TREATMENT", 2, false],
  ["ENDED", 2, false],
])("a course that is %s awaits an answer to round %i: %s", (state, round, awaits) => {
  expect(awaitsAnswer(aCourse({ state }), round)).toBe(awaits);
  expect(awaitsAnswer(aCourse({ state, closed: true }), round)).toBe(false);
});

test("answers every stop before treatment as released, whatever was held or waited", () => {
  for (const state of ["NONE", "UNAVAILABLE", "HELD", "BOOKED", "RELEASED", "LAPSED"] as const) {
    given(aCourse({ state }))
      .when((course) => stopForCase(course, { round: 1, reason: "CANCELLED" }, today))
      .then({
        state: { state: "RELEASED" },
        events: [{ type: "CourseReleased", round: 1, reason: "CANCELLED" }],
      });
  }
  const { state } = stopForCase(aWaitingCourse(), { round: 1, reason: "DEFERRED" }, today);
  expect(state).toMatchObject({ state: "RELEASED", round: 1 });
  expect(state.waiting).toBeUndefined();
});

test("closes a case once, and gives back what it still keeps", () => {
  given(aCourse({ state: "BOOKED" }))
    .when(closeCourse)
    .then({ state: { closed: true }, events: [{ type: "CourseReleased", reason: "CASE_CLOSED" }] });
  given(aCourse({ state: "ENDED" }))
    .when(closeCourse)
    .then({ state: { closed: true }, events: [] });
  given(aWaitingCourse())
    .when(closeCourse)
    .then({ state: { state: "RELEASED" }, events: [{ type: "CourseReleased" }] });
});

const { id, hub, sendingParty } = aCourse();
const plan = aPlan("visit");
const asked = (round: number) => ({ id, hub, sendingParty, round, plan });
const place = {
  sinceAt: testNow,
  priority: "ROUTINE",
  answerTime: aHold.answerBy.answerTime,
} as const;
const refused = (reason: UnavailableReason) => ({ reason, blockers: [], openings: [] });

test.each<[UnavailableReason, boolean]>([
  ["NO_FREE_TIME", true],
  ["NO_BED", true],
  ["HUB_CLOSED", true],
  ["GAP_TOO_LONG", true],
  ["CAPACITY_STALE", true],
  ["DUE_BEFORE_ANSWER", false],
  ["TEMPLATE_UNKNOWN", false],
  ["PLAN_OUTSIDE_TEMPLATE", false],
  ["CALENDAR_YEAR_UNKNOWN", false],
])("lets a course wait that does not fit for %s: %s", (reason, waitlisted) => {
  given(aCourse({ state: "NONE" }))
    .when((course) => refuseCourse(course, asked(1), { ...place, unavailable: refused(reason) }))
    .then({
      state: { state: waitlisted ? "WAITLISTED" : "UNAVAILABLE" },
      events: [{ type: "CourseUnavailable", round: 1, waitlisted }],
    });
});

test("keeps its place when its case asks anew, and loses it when it is held", () => {
  const later = { ...place, sinceAt: testNow.add({ hours: 24 }) };
  const { state } = refuseCourse(aWaitingCourse(), asked(2), {
    ...later,
    unavailable: refused("NO_BED"),
  });
  expect(state).toMatchObject({ state: "WAITLISTED", round: 2, waiting: { sinceAt: testNow } });
  const held = holdCourse(state, asked(2), { ...aHold, round: 2 });
  expect(held.state.state).toBe("HELD");
  expect(held.state.waiting).toBeUndefined();
});

test("awaits capacity in its own round only, and not once its case is closed", () => {
  expect(awaitsCapacity(aWaitingCourse(), 1)).toBe(true);
  expect(awaitsCapacity(aWaitingCourse(), 2)).toBe(false);
  expect(awaitsCapacity({ ...aWaitingCourse(), closed: true }, 1)).toBe(false);
  expect(awaitsCapacity(aCourse(), 1)).toBe(false);
});
