import type { DescMessage } from "@bufbuild/protobuf";
import {
  WatchCapacityResponseSchema,
  WatchCoursesResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { readCursor, writeCursor } from "./watch-service-cursor.ts";

/** The fields of a message and of all in it that name a course. */
function fieldsOfCourses(schema: DescMessage): string[] {
  return schema.fields.flatMap((field) => [
    ...(/course/.test(field.name) && field.scalar !== undefined
      ? [`${schema.name}.${field.name}`]
      : []),
    ...(field.message === undefined ? [] : fieldsOfCourses(field.message)),
  ]);
}

// Each of these but the first is emptied for those who may not see it; a new one needs the same.
test("knows every field of an event that names another course", () => {
  expect(fieldsOfCourses(WatchCoursesResponseSchema)).toEqual([
    "CourseEvent.course",
    "CapacityShortfallDetected.displaced_courses",
  ]);
  const inHubEvents = fieldsOfCourses(WatchCapacityResponseSchema);
  const others = inHubEvents.filter((name) => !name.startsWith("ExternalConflict."));
  expect(others).toEqual(["OverrideApproved.course"]);
});

test("reads back every number that it wrote, and no bent cursor", () => {
  const query = ["courses", "hub/a"];
  for (const number of [0n, 1n, 12_345n, 2n ** 63n - 1n]) {
    const cursor = writeCursor(query, number);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(readCursor(query, cursor)).toBe(number);
    for (let at = 0; at < cursor.length; at += 1) {
      const bent = `${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`;
      const read = () => readCursor(query, bent);
      // The number itself is not guarded: it gives the caller nothing but its own.
      if (at < 10) expect(read).toThrow(DomainError);
    }
    for (const other of [
      ["courses", "hub/b"],
      ["capacity", "hub/a"],
      ["courses", "hub/a", ""],
    ]) {
      expect(() => readCursor(other, cursor)).toThrow(DomainError);
    }
  }
});
