import { expect, test } from "vitest";
import { checkCourse } from "../wire/course-checker.builder.ts";
import { certificateDocument } from "./certificate.ts";
import { createDemand, type Demand } from "./demand.ts";
import { holdParts } from "./hold.ts";
import { aHub, aPlan, aTemplate, dailyRules, testNow } from "./hub.builder.ts";
import { instantOfMinute } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { explainRefusal, widened } from "./refusal.ts";

/*
 * Thirty daily fractions from Monday, 2 March 2026 in Kazakhstan, at most 72 hours from one's end to the next one's
 * start. Two holidays tear the course: Friday 6 to Tuesday 10 March, and Friday 20 to Thursday 26 March.
 */

const availability = { busy: new Map(), used: new Map() };
const templates = [aTemplate({ rules: { ...dailyRules, maxGapHours: 72 } })];
const start = Temporal.PlainDate.from("2026-03-02");
const asked = aPlan("visit", {
  phases: [{ phase: "main", sessionCount: 30 }],
  readyDate: start,
  dueDate: start,
});

const hubOpenOn = (...dates: string[]) =>
  aHub({
    templates,
    exceptionalOpenings: dates.map((date) => ({
      resources: [],
      onDate: Temporal.PlainDate.from(date),
      start: 480,
      end: 1080,
    })),
  });

const demandOf = (...dates: string[]) => createDemand(hubOpenOn(...dates), asked, testNow);

function refusalOf(demand: Demand) {
  const context = { demand, availability };
  const found = planCourse(context);
  if (found.kind === "fits") throw new Error("the course fits");
  const wide = { demand: widened(demand), availability };
  return explainRefusal(context, found.failed, wide);
}

function dateAt({ document }: Demand, minute: number): string {
  return instantOfMinute(minute).toZonedDateTimeISO(document.zone).toPlainDate().toString();
}

test("refuses thirty daily fractions over Women's Day and Nauryz, naming both holes", () => {
  const demand = demandOf();
  const { reason, blockers } = refusalOf(demand);
  expect(reason).toBe("GAP_TOO_LONG");
  const holes = blockers.map(({ kind, sessionNumber, start: from, end: until }) => [
    kind,
    sessionNumber,
    dateAt(demand, from),
    dateAt(demand, until),
  ]);
  expect(holes).toEqual([
    ["GAP_RULE", 6, "2026-03-06", "2026-03-10"],
    ["GAP_RULE", 16, "2026-03-20", "2026-03-26"],
  ]);
});

test("suggests an opening in each hole, and plans the course once the hub has published both", () => {
  const closed = demandOf();
  const suggested = refusalOf(closed).openings.map(({ start: from }) => dateAt(closed, from));
  expect(suggested).toEqual(["2026-03-07", "2026-03-23"]);
  expect(refusalOf(demandOf("2026-03-09")).blockers).toHaveLength(1);
  for (const opened of [suggested, ["2026-03-09", "2026-03-23"]]) {
    const demand = demandOf(...opened);
    const found = planCourse({ demand, availability });
    if (found.kind === "blocked") throw new Error("the course does not fit");
    const hub = hubOpenOn(...opened);
    const parts = holdParts(demand, found.course);
    const text = certificateDocument({ course: "courses/test", hub, demand, ...parts });
    expect(checkCourse(hub.document, text, 30)).toEqual([]);
    const dates = parts.sessions.map((session) => dateAt(demand, session.start));
    expect(dates).toEqual(expect.arrayContaining(opened));
  }
});
