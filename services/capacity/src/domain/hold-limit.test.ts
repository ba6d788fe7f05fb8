import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse, aHold } from "./course.builder.ts";
import type { Course } from "./course.ts";
import { extendHold, partyHoldsMaxOf } from "./hold-limit.ts";
import { aHubDocument, testNow } from "./hub.builder.ts";

const { sendingParty: _, ...parts } = aCourse();
const own: Course = { ...parts, sendingParty: undefined };

test("extends a hold by working days, and by its grace as before", () => {
  // From Wednesday, 14 January: Thursday, Friday, Monday.
  const { state, events } = extendHold(own, 3, testNow);
  expect(state.hold?.answerBy.onDate.toString()).toBe("2026-01-19");
  expect(state.hold?.releaseAt.toString()).toBe("2026-01-20T19:00:00Z");
  expect(state.extensions).toEqual([3]);
  expect(events).toMatchObject([
    { type: "CourseHeld", hold: { releaseAt: state.hold?.releaseAt } },
  ]);
});

test("extends a hold past its time that nobody took from today on", () => {
  const late = testNow.add({ hours: 24 * 14 });
  const { state } = extendHold(own, 1, late);
  expect(state.hold?.answerBy.onDate.toString()).toBe("2026-01-20");
});

test("extends a hold twice and by ten working days in all at most", () => {
  const limit = (course: Course, days: number) =>
    given(course).when((before) => extendHold(before, days, testNow));
  limit({ ...own, extensions: [1, 1] }, 1).thenFails("HOLD_EXTENSION_LIMIT", {
    limit: "EXTENSIONS",
    extensions: "2",
    working_days: "2",
  });
  limit({ ...own, extensions: [4] }, 7).thenFails("HOLD_EXTENSION_LIMIT", {
    limit: "WORKING_DAYS",
    extensions: "1",
    working_days: "4",
  });
});

test("extends no hold beyond the beginning of its course", () => {
  const hold = {
    ...aHold,
    answerBy: { ...aHold.answerBy, onDate: Temporal.PlainDate.from("2026-01-28") },
  };
  given({ ...own, hold })
    .when((course) => extendHold(course, 3, testNow))
    .thenFails("HOLD_EXTENSION_LIMIT", {
      limit: "FIRST_SESSION",
      extensions: "0",
      working_days: "0",
      first_date: "2026-02-02",
    });
});

test("extends neither a referral's hold, nor what is not held, nor what has begun", () => {
  given(aCourse())
    .when((course) => extendHold(course, 1, testNow))
    .thenFails("COURSE_OF_REFERRAL", { sending_party: "parties/UZ" });
  given<Course>({ ...own, state: "BOOKED" })
    .when((course) => extendHold(course, 1, testNow))
    .thenFails("COURSE_NOT_HELD", { state: "BOOKED" });
  given(own)
    .when((course) => extendHold(course, 1, Temporal.Instant.from("2026-02-02T03:00:01Z")))
    .thenFails("COURSE_NOT_HELD", { state: "HELD" });
});

test("lets a party hold fifty courses at a hub that says nothing else", () => {
  expect(partyHoldsMaxOf(aHubDocument())).toBe(50);
  expect(partyHoldsMaxOf(aHubDocument({ partyHoldsMax: 3 }))).toBe(3);
});
