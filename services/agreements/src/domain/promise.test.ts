import { expect, test } from "vitest";
import { promisedDate } from "./promise.ts";

const time = {
  workingDays: 5,
  calendars: ["UZ"],
  graceHours: 24,
  clause: "agreements/a/clauses/q",
};
const monday = Temporal.Instant.from("2026-02-02T20:00:00Z");

test("counts working days from the day that it is in the first calendar's country", () => {
  expect(promisedDate(time, monday)?.toString()).toBe("2026-02-10");
});

test("promises nothing beyond the tables of working days, and fails for no other country", () => {
  expect(promisedDate({ ...time, workingDays: 3_000 }, monday)).toBeUndefined();
  expect(() => promisedDate({ ...time, calendars: ["XX"] }, monday)).toThrow(
    "CALENDAR_COUNTRY_UNKNOWN",
  );
});
