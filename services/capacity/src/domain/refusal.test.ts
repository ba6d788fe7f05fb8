import { expect, test } from "vitest";
import { createDemand, startingFrom } from "./demand.ts";
import { aHub, aPlan, testNow } from "./hub.builder.ts";
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
