import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse, aHold } from "./course.builder.ts";
import { monday } from "./hub.builder.ts";
import { dayOfDate } from "./hub-time.ts";
import { expectedRisks, expectedStays, settleStays, staysUntil } from "./stay-days.ts";
import { allotBeds, extendStay, extensionDays } from "./stay-extension.ts";

const day = dayOfDate(monday);
const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday });
const picu = "hubs/test-hub/pools/picu";
const until = (days: number) => ({
  stay: "intensive-care",
  lastDate: monday.add({ days }),
  reason: "CLINICAL",
});
const extended = (days: number) => extendStay(treated, until(days)).state;

test("tells that a stay lasts beyond its plan, and corrects the day when it is told again", () => {
  const { state } = given(treated)
    .when((course) => extendStay(course, until(8)))
    .then({
      state: { extendedStays: [until(8)] },
      events: [{ type: "StayExtended", ...until(8) }],
    });
  for (const days of [12, 5]) {
    given(state)
      .when((course) => extendStay(course, until(days)))
      .then({ state: { extendedStays: [until(days)] }, events: [{ type: "StayExtended" }] });
  }
});

test("takes an extension back by the planned last day", () => {
  given(extended(8))
    .when((course) => extendStay(course, until(2)))
    .then({ state: { extendedStays: [] }, events: [{ type: "StayExtended", ...until(2) }] });
});

test("changes nothing when the same is told again", () => {
  given(extended(8))
    .when((course) => extendStay(course, until(8)))
    .then([]);
});

test("refuses a stay that is not planned, not longer, or longer than a year, and a course not in treatment", () => {
  given(treated)
    .when((course) => extendStay(course, { ...until(8), stay: "hotel" }))
    .thenFails("STAY_UNKNOWN", { stay: "hotel" });
  for (const days of [1, 2]) {
    given(treated)
      .when((course) => extendStay(course, until(days)))
      .thenFails("STAY_WITHIN_PLAN", { stay: "intensive-care", last_date: "2026-02-04" });
  }
  given(treated)
    .when((course) => extendStay(course, until(365)))
    .thenFails("DATE_RANGE_INVALID", { days_max: "365" });
  given({ ...treated, state: "ENDED" as const })
    .when((course) => extendStay(course, until(8)))
    .thenFails("COURSE_NOT_IN_TREATMENT", { state: "ENDED" });
});

test("counts the days of an extended stay when death ends it", () => {
  const [stay] = staysUntil(extended(8), monday.add({ days: 6 }));
  expect(stay?.lastDate.toString()).toBe("2026-02-08");
  expect(expectedStays(extended(8))[0]?.lastDate.toString()).toBe("2026-02-10");
});

test("takes free beds as planned and the others beyond, and gives back what is beyond first", () => {
  const [before] = expectedStays(treated);
  const [after] = expectedStays(extended(4));
  if (before === undefined || after === undefined) throw new Error("two stays are planned");
  const longer = extensionDays(before, after);
  expect(longer).toEqual({ pool: picu, added: [day + 3, day + 4], removed: [] });
  const beds = [
    { bucket: day + 3, capacity: 2, used: 1 },
    { bucket: day + 4, capacity: 2, used: 2 },
  ];
  const taken = allotBeds(longer, [], beds);
  expect(taken).toEqual([
    { pool: picu, bucket: day + 3, planned: 1, excess: 0 },
    { pool: picu, bucket: day + 4, planned: 0, excess: 1 },
  ]);
  const shorter = extensionDays(after, before);
  expect(allotBeds(shorter, taken, [])).toEqual(
    taken.map(({ planned, excess, ...at }) => ({
      ...at,
      planned: 0 - planned,
      excess: 0 - excess,
    })),
  );
});

test("gives back what is beyond before what is planned, where a day has both", () => {
  const both = { pool: picu, bucket: day + 3, planned: 1, excess: 1 };
  const days = { pool: picu, added: [], removed: [day + 3] };
  expect(allotBeds(days, [both], [])).toEqual([{ ...both, planned: 0, excess: -1 }]);
});

test("settles what was used against what is kept, days beyond the plan included", () => {
  const kept = [0, 1, 2, 3].map((offset) => ({
    pool: picu,
    bucket: day + offset,
    planned: offset < 3 ? 1 : 0,
    excess: offset < 3 ? 0 : 1,
  }));
  const actual = (days: number) => [
    { stay: "intensive-care", firstDate: monday, lastDate: monday.add({ days }) },
  ];
  expect(settleStays(aHold, kept, actual(3))).toEqual([]);
  expect(settleStays(aHold, kept, actual(1))).toEqual([
    { pool: picu, bucket: day + 2, planned: -1, excess: 0 },
    { pool: picu, bucket: day + 3, planned: 0, excess: -1 },
  ]);
  expect(settleStays(aHold, kept, actual(4))).toEqual([
    { pool: picu, bucket: day + 4, planned: 0, excess: 1 },
  ]);
});

test("knows that a patient is there until the extended day, and the rest by that", () => {
  const stays = aHold.stays.map((stay) =>
    stay.stay === "ward"
      ? stay
      : { ...stay, presence: [1_000_000, 800_000, 400_000, 200_000, 100_000] },
  );
  const course = { ...treated, hold: { ...aHold, stays } };
  const risksOf = (found: typeof course) =>
    expectedRisks(found).map(({ presentPpm }) => presentPpm);
  expect(risksOf(course)).toEqual([1_000_000, 800_000, 400_000, 200_000, 100_000]);
  const longer = { ...course, extendedStays: [until(3)] };
  expect(risksOf(longer)).toEqual([1_000_000, 1_000_000, 1_000_000, 1_000_000, 500_000]);
});

test("lets an extension lengthen only the later part of a stay that was given back and taken again", () => {
  const ward = { stay: "ward", pool: "hubs/test-hub/pools/ward" };
  const earlier = { ...ward, firstDate: monday, lastDate: monday };
  const later = { ...ward, firstDate: monday.add({ days: 4 }), lastDate: monday.add({ days: 6 }) };
  const resumed = { ...treated, hold: { ...aHold, stays: [earlier, later] } };
  const asked = { stay: "ward", lastDate: monday.add({ days: 8 }), reason: "CLINICAL" };
  const { state } = extendStay(resumed, asked);
  expect(expectedStays(state)).toEqual([earlier, { ...later, lastDate: asked.lastDate }]);
  // A day of the gap, past the end of the earlier part, is no longer stay.
  expect(() => extendStay(resumed, { ...asked, lastDate: monday.add({ days: 2 }) })).toThrow(
    expect.objectContaining({ reason: "STAY_WITHIN_PLAN" }),
  );
  const present = { ...later, presence: [1000000, 500000, 250000] };
  const uncertain = { ...earlier, presence: [1000000] };
  const risky = { ...aHold, stays: [uncertain, present] };
  const risks = expectedRisks({ ...state, hold: risky });
  expect(risks.filter(({ bucket }) => bucket < day + 4).map(({ bucket }) => bucket)).toEqual([day]);
});
