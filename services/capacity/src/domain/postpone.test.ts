import { expect, test } from "vitest";
import { aCourse, aHold } from "./course.builder.ts";
import { createDemand } from "./demand.ts";
import { aHub, aPlan, aTemplate, monday, testNow } from "./hub.builder.ts";
import { instantOfMinute } from "./hub-time.ts";
import { lostSessions, lostTime, requirePostponable, windowOfWhole } from "./postpone.ts";

const course = aCourse({ state: "BOOKED" });
const putOff = requirePostponable(course, 1, testNow);
const demand = createDemand(aHub(), aPlan("surgery"), testNow);

test("puts off only what is planned, has not begun and has no record", () => {
  const at = { startAt: testNow, endAt: testNow, site: "", underAnaesthesia: false };
  const begun = instantOfMinute(putOff.session.start);
  const refusals: [Parameters<typeof requirePostponable>, string][] = [
    [[aCourse({ state: "RELEASED" }), 1, testNow], "COURSE_NOT_MOVABLE"],
    [[aCourse({ state: "INTERRUPTED" }), 1, testNow], "COURSE_NOT_MOVABLE"],
    [[course, 2, testNow], "SESSION_NOT_PLANNED"],
    [[course, 1, begun], "SESSION_NOT_PLANNED"],
    [
      [aCourse({ state: "IN_TREATMENT", recorded: [{ number: 1, ...at }] }), 1, testNow],
      "SESSION_NOT_PLANNED",
    ],
  ];
  for (const [given, reason] of refusals) {
    expect(() => requirePostponable(...given)).toThrow(expect.objectContaining({ reason }));
  }
});

test("looks for a first session from the next day on, counted back by the stays before it", () => {
  const rebookByDate = monday.add({ days: 5 });
  const window = windowOfWhole(putOff, demand, rebookByDate);
  expect(window.notBeforeDate.toString()).toBe("2026-02-03");
  expect(window.notAfterDate.toString()).toBe("2026-02-07");
  const stays = [{ stay: "evening before", pool: "ward", fromDay: -1, days: 1 }];
  const before = windowOfWhole(putOff, { ...demand, stays }, rebookByDate);
  expect(before.notBeforeDate.toString()).toBe("2026-02-02");
  expect(before.notAfterDate.toString()).toBe("2026-02-06");
  expect(() => windowOfWhole(putOff, demand, monday)).toThrow(
    expect.objectContaining({ reason: "INVALID_FIELD" }),
  );
});

test("loses the appointment alone for a machine, and the rest of the day for the patient", () => {
  const visit = createDemand(aHub({ templates: [aTemplate()] }), aPlan("visit"), testNow);
  const { start, end } = putOff.session;
  expect(lostTime(putOff, "MACHINE", visit)).toEqual([{ resource: "theatre-1", start, end }]);
  const midnight = visit.time.startOf(visit.time.dayOf(start) + 1);
  expect(lostTime(putOff, "PATIENT_UNWELL", visit)).toEqual([
    { resource: "room-1", start, end: midnight },
    { resource: "room-2", start, end: midnight },
  ]);
  const [session] = aHold.sessions;
  const second = { ...putOff.session, number: 2, start: end + 60, end: end + 120 };
  const twice = { ...putOff, hold: { ...aHold, sessions: [putOff.session, second] } };
  expect(lostSessions(twice, lostTime(putOff, "MACHINE", visit))).toEqual([session]);
  expect(lostSessions(twice, lostTime(putOff, "PATIENT_UNWELL", visit))).toHaveLength(2);
});
