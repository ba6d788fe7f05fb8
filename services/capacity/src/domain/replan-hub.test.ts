import { expect, test } from "vitest";
import type { Availability } from "./availability.ts";
import { withTakes } from "./availability-change.ts";
import { createDemand, spreadOut } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import type { CourseTemplate, SessionRules } from "./hub.ts";
import { dayOfDate } from "./hub-time.ts";
import { planCourse } from "./planner.ts";
import { type DisturbedCourse, isDisturbed, replanAll, takesOf } from "./replan-hub.ts";

const firstDay = dayOfDate(monday);
const rules: SessionRules = { ...dailyRules, timeOfDayWindowMinutes: 120, prolongationDaysMax: 5 };
const template = (id: string, category: 1 | 2 | 3): CourseTemplate => ({
  ...aTemplate({ id, rules: { ...rules, interruptionCategory: category } }),
  uses: [
    { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 45, onlyUnderAnaesthesia: true },
    { kind: "ROOM", offsetMinutes: 0, minutes: 30, onlyUnderAnaesthesia: false },
  ],
  beam: { offsetMinutes: 10, minutes: 5 },
});
const hub = aHub({
  resources: [
    aResource("room-1", "ROOM"),
    aResource("room-2", "ROOM"),
    aResource("team-1", "ANAESTHESIA_TEAM"),
  ],
  pools: [{ id: "beam", kind: "BEAM", capacity: 20, serves: ["room-1", "room-2"] }],
  templates: [template("fast", 1), template("slow", 2), template("palliative", 3)],
});
const kinds = ["palliative", "slow", "fast"];

/** Twenty-four courses of fifteen sessions, eight of each category, every third under anaesthesia. */
function runningCourses() {
  let availability: Availability = { busy: new Map(), used: new Map() };
  const courses = Array.from({ length: 24 }, (_, index): DisturbedCourse => {
    const phases = [{ phase: "main", sessionCount: 15 }];
    const plan = aPlan(kinds[index % 3] ?? "", { phases, underAnaesthesia: index % 3 === 0 });
    const demand = spreadOut(createDemand(hub, plan, testNow), index);
    const found = planCourse({ demand, availability });
    if (found.kind === "blocked") throw new Error(`course ${index} does not fit`);
    const { sessions } = found.course;
    availability = withTakes(availability, takesOf(sessions));
    const course = `0198c0de-0000-7000-8000-${String(index).padStart(12, "0")}`;
    return {
      course: course as DisturbedCourse["course"],
      demand,
      sessions,
      done: 0,
      lost: new Set(),
    };
  });
  return { courses, availability };
}

/** A room is out on Wednesday and Thursday of the first week. */
function outage(resource: string) {
  const { courses, availability } = runningCourses();
  const start = hub.time.startOf(firstDay + 2);
  const closed = [{ resource, start, end: start + 2 * 1440 }];
  const disturbed = courses
    .map((course) => ({
      ...course,
      lost: new Set(course.sessions.flatMap((s, at) => (isDisturbed(s, closed) ? [at] : []))),
    }))
    .filter(({ lost }) => lost.size > 0);
  return { courses, disturbed, closed, moves: replanAll(disturbed, { availability, closed }) };
}

test("courses go in the order of their category, and each has every session again", () => {
  const { disturbed, moves } = outage("room-1");
  expect(disturbed.length).toBeGreaterThan(8);
  const categories = moves.map(({ course }) => {
    const found = disturbed.find((candidate) => candidate.course === course);
    return found?.demand.rules.interruptionCategory;
  });
  expect(categories).toEqual(categories.toSorted());
  for (const { replan } of moves) expect(replan?.sessions).toHaveLength(15);
});

test("no two courses are on one resource after any move, and none where it is closed", () => {
  const { courses, closed, moves } = outage("room-1");
  const now = new Map(courses.map(({ course, sessions }) => [course, sessions]));
  for (const { course, replan } of moves) {
    if (replan?.isWithinLimit) now.set(course, replan.sessions);
    const spans = [...now.values()].flat().flatMap(({ uses }) => uses);
    for (const ofResource of Map.groupBy(spans, ({ resource }) => resource).values()) {
      const sorted = ofResource.toSorted((one, other) => one.start - other.start);
      for (const [at, span] of sorted.entries()) {
        expect(span.start).toBeGreaterThanOrEqual(sorted[at - 1]?.end ?? 0);
      }
    }
  }
  for (const { replan } of moves) {
    expect(replan?.sessions.filter((session) => isDisturbed(session, closed))).toEqual([]);
  }
});

test("no course changes more appointments than it loses", () => {
  for (const { lost, replan } of outage("room-1").moves) expect(replan?.changes).toHaveLength(lost);
});
