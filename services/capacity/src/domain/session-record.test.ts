import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { aCourse, aHold } from "./course.builder.ts";
import type { Course } from "./course.ts";
import type { HeldSession } from "./hold.ts";
import { aHub, monday } from "./hub.builder.ts";
import { minuteOfInstant } from "./hub-time.ts";
import {
  correctSession,
  type MissedAt,
  prolongationWithMissed,
  recordMissed,
  recordSession,
  standingOf,
} from "./session-record.ts";
import { declineStop, discharge } from "./treatment.ts";

const room = "hubs/test-hub/resources/room-1";
const nineOn = (days: number) => {
  const start = minuteOfInstant(Temporal.Instant.from("2026-02-02T04:00:00Z")) + days * 1440;
  return { start, end: start + 60 };
};

function aSession(number: number, days: number): HeldSession {
  const times = nineOn(days);
  return { number, phase: "main", site: room, ...times, uses: [{ resource: room, ...times }] };
}

const perSession = {
  serviceCode: "fraction",
  basis: "PER_SESSION",
  quantity: 1,
  stay: "",
} as const;
const hold = {
  ...aHold,
  sessions: [0, 1, 2, 3, 4].map((days) => aSession(days + 1, days)),
  stays: [],
  services: [perSession],
};
const treated = aCourse({ state: "IN_TREATMENT", admissionDate: monday, hold });
const today = {
  now: Temporal.Instant.from("2026-02-03T03:30:00Z"),
  today: monday.add({ days: 1 }),
};
const weekdays = new Set([1, 2, 3, 4, 5]);
const at: MissedAt = {
  ...today,
  dayOf: aHub().time.dayOf,
  pattern: { weekdays, sessionsPerDay: 1, sessionsPerWeek: 0, daysApart: 1 },
  prolongationDaysMax: 2,
};
const startAt = Temporal.Instant.from("2026-02-02T04:00:00Z");
const took = { endAt: startAt.add({ minutes: 50 }), site: undefined, underAnaesthesia: undefined };
const delivered = (number: number) => ({ number, startAt, ...took });

const record = (course: Course, number = 1) =>
  recordSession(course, delivered(number), today).state;
const miss = (course: Course, number = 1) =>
  recordMissed(course, { number, reason: "NO_SHOW" }, at).state;
const correct = (course: Course, number = 1) =>
  correctSession(course, { number, reason: "WRONG_PATIENT" }).state;

test("tells a missed session with the days by which the course lasts longer, made up at the end", () => {
  given(treated)
    .when((course) => recordMissed(course, { number: 2, reason: "MACHINE" }, at))
    .then([
      {
        type: "SessionMissed",
        number: 2,
        startAt: startAt.add({ hours: 24 }),
        reason: "MACHINE",
        // From Friday to the next Monday.
        prolongationDays: 3,
        prolongationDaysMax: 2,
      },
    ]);
  const { prolongationDaysMax: _, ...unbounded } = at;
  const decision = recordMissed(
    treated,
    { number: 1, reason: "MACHINE" },
    { ...unbounded, prolongationDaysMax: undefined },
  );
  expect(decision.events[0]).not.toHaveProperty("prolongationDaysMax");
});

test("adds to a missed session's days those of the plan and of the other missed sessions", () => {
  const late = { ...treated, hold: { ...hold, prolongationDays: 1 } };
  expect(prolongationWithMissed(late, at)).toBe(1);
  expect(prolongationWithMissed(miss(late), at)).toBe(4);
  expect(prolongationWithMissed(miss(miss(late), 2), at)).toBe(5);
});

test("does not count a missed session that a new plan has made up for", () => {
  const missed = miss(treated);
  const moved = { ...hold, sessions: [...hold.sessions.slice(1), aSession(6, 7)] };
  expect(prolongationWithMissed({ ...missed, hold: { ...moved, prolongationDays: 3 } }, at)).toBe(
    3,
  );
});

test("keeps of a missed session all that was planned", () => {
  expect(miss(treated, 2).missed).toEqual([
    {
      number: 2,
      phase: "main",
      site: room,
      startAt: startAt.add({ hours: 24 }),
      endAt: startAt.add({ hours: 25 }),
      underAnaesthesia: true,
      uses: hold.sessions[1]?.uses,
      reason: "NO_SHOW",
    },
  ]);
});

test("refuses to miss what is planned for a later day, or not at all", () => {
  given(treated)
    .when((course) => recordMissed(course, { number: 3, reason: "STAFF" }, at))
    .thenFails("TIME_IN_FUTURE", { today: "2026-02-03" });
  given(treated)
    .when((course) => recordMissed(course, { number: 9, reason: "STAFF" }, at))
    .thenFails("SESSION_NOT_PLANNED", { number: "9" });
});

test.each(["HELD", "BOOKED", "ENDED"] as const)(
  "records nothing of a course that is %s",
  (state) => {
    const course = { ...treated, state };
    for (const work of [record, miss]) {
      given(course)
        .when((found) => ({ state: work(found), events: [] }))
        .thenFails("COURSE_NOT_IN_TREATMENT", { state });
    }
  },
);

test("has one record that stands for each session", () => {
  for (const [first, was] of [
    [record, "DELIVERED"],
    [miss, "MISSED"],
  ] as const) {
    for (const second of [record, miss]) {
      given(first(treated))
        .when((course) => ({ state: second(course), events: [] }))
        .thenFails("SESSION_ALREADY_RECORDED", { number: "1", record: was });
    }
  }
});

test("marks a record as entered in error, keeps it, and lets the session be recorded anew", () => {
  const before = record(treated);
  const [delivery] = before.recorded;
  if (delivery === undefined) throw new Error("one is recorded");
  const was = { kind: "delivered", record: delivery } as const;
  const { state } = given(before)
    .when((course) => correctSession(course, { number: 1, reason: "WRONG_TIME" }))
    .then({
      state: { recorded: [], inError: [{ correction: "WRONG_TIME", was }] },
      events: [{ type: "SessionCorrected", number: 1, reason: "WRONG_TIME", startAt }],
    });
  const again = record(state);
  expect(again.recorded).toHaveLength(1);
  expect(again.inError).toHaveLength(1);
  expect(standingOf(correct(again), 1)).toBeUndefined();
  expect(correct(again).inError).toHaveLength(2);
});

test("records a missed session as delivered through a correction only", () => {
  const corrected = correct(miss(treated));
  expect(corrected.inError).toMatchObject([{ was: { kind: "missed" } }]);
  expect(record(corrected)).toMatchObject({ missed: [], recorded: [{ number: 1 }] });
});

test("does not correct what nobody recorded, nor a course that is over", () => {
  given(treated)
    .when((course) => correctSession(course, { number: 1, reason: "OTHER" }))
    .thenFails("NOTHING_RECORDED", { number: "1" });
  given({ ...record(treated), state: "ENDED" as const })
    .when((course) => correctSession(course, { number: 1, reason: "OTHER" }))
    .thenFails("COURSE_ENDED", { state: "ENDED" });
  given({ ...record(treated), state: "BOOKED" as const })
    .when((course) => correctSession(course, { number: 1, reason: "OTHER" }))
    .thenFails("COURSE_NOT_IN_TREATMENT", { state: "BOOKED" });
});

test("ends the corrections of a course at a number", () => {
  let course = treated;
  for (let count = 0; count < 200; count += 1) course = correct(record(course));
  given(record(course))
    .when((found) => correctSession(found, { number: 1, reason: "OTHER" }))
    .thenFails("CORRECTION_LIMIT_REACHED", { corrections_max: "200" });
});

test("counts as delivered only what stands", () => {
  const asked = { dischargeDate: monday, outcome: "COMPLETED", stays: [] } as const;
  const recorded = correct(record(record(miss(treated, 2)), 3), 3);
  const items = [{ serviceCode: "fraction", quantity: 1 }];
  given(recorded)
    .when((course) => discharge(course, asked, today))
    .then([{ type: "CourseEnded", deliveredItems: items }]);
  given({ ...recorded, stopPending: { round: 1, reason: "CANCELLED" } })
    .when((course) => declineStop(course, "OTHER", today))
    .then([{ type: "CourseStopDeclined", deliveredItems: items }]);
});

test("records what took place before an interruption during it", () => {
  const interrupted = { ...treated, state: "INTERRUPTED" as const };
  expect(correct(record(interrupted)).state).toBe("INTERRUPTED");
  expect(miss(interrupted).missed).toHaveLength(1);
});
