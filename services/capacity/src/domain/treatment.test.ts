import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse } from "./course.builder.ts";
import { monday, testNow } from "./hub.builder.ts";
import { declineStop, discharge, stopForCase } from "./treatment.ts";

const today = { now: testNow, today: monday.add({ days: 1 }) };
const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday });
const cancelled = { round: 1, reason: "CANCELLED" };
const pending = { ...treated, stopPending: cancelled };

test("ends what has begun at once when the patient has died, once, with the planned days until today", () => {
  const stop = { round: 1, reason: "DECEASED" };
  for (const course of [treated, pending]) {
    const ended = given(course)
      .when((found) => stopForCase(found, stop, today))
      .then([
        {
          type: "CourseEnded",
          outcome: "DIED",
          deliveredItems: [{ serviceCode: "intensive-care-day", quantity: 2 }],
        },
      ]);
    expect(ended.state.stopPending).toBeUndefined();
    given(ended.state)
      .when((found) => stopForCase(found, stop, today))
      .then([]);
  }
});

test("counts no planned day before the admission where a death ends what has begun", () => {
  const late = monday.add({ days: 2 });
  given(aCourse({ state: "IN_TREATMENT", admissionDate: late }))
    .when((course) =>
      stopForCase(course, { round: 1, reason: "DECEASED" }, { ...today, today: late }),
    )
    .then([{ deliveredItems: [{ serviceCode: "intensive-care-day", quantity: 1 }] }]);
});

test.each(["CANCELLED", "NO_SHOW", "CONSENT_WITHDRAWN"])(
  "asks the hub where treatment has begun and the case stops for %s, once",
  (reason) => {
    const { state } = given(treated)
      .when((course) => stopForCase(course, { round: 1, reason }, today))
      .then({
        state: { state: "IN_TREATMENT", stopPending: { round: 1, reason } },
        events: [{ type: "CourseStopPending", round: 1, reason }],
      });
    given(state)
      .when((course) => stopForCase(course, { round: 1, reason }, today))
      .then([]);
  },
);

test("does not stop for a deferral what has begun, nor for an older round", () => {
  given(treated)
    .when((course) => stopForCase(course, { round: 1, reason: "DEFERRED" }, today))
    .then([]);
  given({ ...treated, round: 2 })
    .when((course) => stopForCase(course, cancelled, today))
    .then([]);
});

test("goes on with treatment when the hub declines, and can be asked again", () => {
  const { state } = given(pending)
    .when((course) => declineStop(course, "NEARLY_COMPLETE", today))
    .then({
      state: { state: "IN_TREATMENT" },
      events: [
        {
          type: "CourseStopDeclined",
          round: 1,
          reason: "NEARLY_COMPLETE",
          deliveredItems: [{ serviceCode: "intensive-care-day", quantity: 2 }],
        },
      ],
    });
  expect(state.stopPending).toBeUndefined();
  given(state)
    .when((course) => declineStop(course, "OTHER", today))
    .thenFails("STOP_NOT_PENDING", { state: "IN_TREATMENT" });
  given(state)
    .when((course) => stopForCase(course, cancelled, today))
    .then([{ type: "CourseStopPending" }]);
});

test("confirms a pending stop by the discharge, whatever its outcome", () => {
  const asked = { dischargeDate: monday, stays: [] };
  for (const outcome of ["STOPPED", "COMPLETED", "DIED"] as const) {
    const { state } = given(pending)
      .when((course) => discharge(course, { ...asked, outcome }, today))
      .then([{ type: "CourseEnded", round: 1, outcome }]);
    expect(state.stopPending).toBeUndefined();
  }
});

test("does not discharge into the future", () => {
  const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday });
  const asked = {
    dischargeDate: monday.add({ days: 2 }),
    outcome: "COMPLETED",
    stays: [],
  } as const;
  given(treated)
    .when((course) => discharge(course, asked, today))
    .thenFails("TIME_IN_FUTURE", { field: "discharge_date" });
});
