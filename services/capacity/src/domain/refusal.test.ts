import { expect, test } from "vitest";
import { createDemand, startingFrom } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import { dateOfDay } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { explainRefusal, widened } from "./refusal.ts";

const availability = { busy: new Map(), used: new Map() };

/** Refuses a visit between two dates that begins at that time of the hub's clock at the earliest. */
function refusalOf(ready: string, due: string, earliest: string) {
  const readyDate = Temporal.PlainDate.from(ready);
  const hub = aHub();
  const plan = aPlan("visit", { readyDate, dueDate: Temporal.PlainDate.from(due) });
  const from = Temporal.PlainDateTime.from(earliest).toZonedDateTime(hub.document.zone);
  const demand = startingFrom(createDemand(hub, plan, testNow), from.toInstant());
  const found = planCourse({ demand, availability });
  if (found.kind === "fits") throw new Error("the course fits");
  const wide = { demand: widened(demand), availability };
  const { reason, firstPossibleDay = 0 } = explainRefusal(
    { demand, availability },
    found.failed,
    wide,
  );
  return [reason, dateOfDay(firstPossibleDay).toString()];
}

// Friday 6 to Monday 9 February 2026; the rooms close at 18:00.
test.each([
  ["2026-02-02", "2026-02-06", "2026-02-07T00:00", "DUE_BEFORE_ANSWER", "2026-02-09"],
  ["2026-02-02", "2026-02-06", "2026-02-06T18:00", "DUE_BEFORE_ANSWER", "2026-02-09"],
  ["2025-02-03", "2025-02-07", "2026-02-06T08:00", "DUE_BEFORE_ANSWER", "2026-02-06"],
  ["2026-02-02", "2026-02-07", "2026-02-06T18:00", "HUB_CLOSED", "2026-02-09"],
  ["2026-02-07", "2026-02-08", "2026-02-07T00:00", "HUB_CLOSED", "2026-02-09"],
])("from %s to %s, not before %s: %s, possible on %s", (ready, due, earliest, reason, date) => {
  expect(refusalOf(ready, due, earliest)).toEqual([reason, date]);
});

test("explains in bounded time where more openings would help than can be looked at", () => {
  const resources = Array.from({ length: 8 }, (_, index) => aResource(`room-${index}`, "ROOM"));
  const anyDay = { maxGapHours: 0, timeOfDayWindowMinutes: 0, sameSite: false, gridMinutes: 5 };
  const template = aTemplate({
    phases: [{ id: "main", sessionCount: 40, sessionCountMin: 1, sessionCountMax: 40 }],
    rules: { ...dailyRules, ...anyDay },
  });
  const hub = aHub({ resources, pools: [], templates: [template] });
  const plan = aPlan("visit", { dueDate: monday.add({ days: 300 }) });
  const demand = createDemand(hub, plan, testNow);
  // An hour is free on each twentieth day, in one room after the other.
  const busyOf = (room: number) =>
    Array.from({ length: 900 }, (_, index) => demand.readyDay + index).flatMap((day) => {
      const at = demand.time.startOf(day);
      return day % 20 === 0 && (day / 20) % 8 === room
        ? [{ start: at + 540, end: at + 1080 }]
        : [{ start: at + 480, end: at + 1080 }];
    });
  const busy = new Map(resources.map(({ id }, room) => [id, busyOf(room)]));
  const context = { demand, availability: { busy, used: new Map() } };
  const found = planCourse(context);
  if (found.kind === "fits") throw new Error("the course fits");
  const refusal = explainRefusal(context, found.failed, { ...context, demand: widened(demand) });
  expect(refusal).toMatchObject({ reason: "NO_FREE_TIME", openings: [] });
  expect(refusal.blockers).toHaveLength(1);
}, 10_000);
