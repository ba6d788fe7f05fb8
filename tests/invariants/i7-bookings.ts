import type { Evidence } from "./evidence.ts";
import type { Check } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

// What a course must have been last, for this to happen to it.
const before: Readonly<Record<string, readonly string[]>> = {
  CourseBooked: ["CourseHeld"],
  CourseStarted: ["CourseBooked"],
  SessionDelivered: ["CourseStarted"],
  CourseEnded: ["CourseStarted"],
};

const decisive = new Set([
  "CourseHeld",
  "CourseUnavailable",
  "CourseBooked",
  "CourseHoldLapsed",
  "CourseReleased",
  "CourseStarted",
  "CourseEnded",
]);

/** Reads each course's events in order: only what is held is booked, and only what is booked is treated. */
export function checkBookings({ events }: Evidence): Check {
  const check = openCheck("no course is booked from a hold already released or taken");
  const courses = events.capacity.filter(({ aggregate }) => aggregate.startsWith("courses/"));
  for (const [aggregate, told] of Map.groupBy(courses, (event) => event.aggregate)) {
    let last = "nothing";
    for (const { type, revision } of told) {
      check.look();
      const name = type.slice(type.lastIndexOf(".") + 1);
      const wanted = before[name];
      if (wanted !== undefined && !wanted.includes(last)) {
        const row = `${aggregate} revision ${revision}`;
        check.add({
          database: "capacity",
          table: "log.event",
          row,
          found: `${name} after ${last}`,
        });
      }
      if (decisive.has(name)) last = name;
    }
  }
  return check.close();
}
