import { expect, test } from "vitest";
import { fromCivilDate } from "./dates.ts";

test.each([
  [1899, 12, 31],
  [2200, 1, 1],
  [0, 1, 5],
  [2026, 0, 5],
  [2026, 2, 30],
  [2026, 13, 1],
])("%i-%i-%i is no date of an agreement", (year, month, day) => {
  expect(fromCivilDate({ year, month, day })).toBeUndefined();
});

test("reads the first and the last date that there can be", () => {
  expect(fromCivilDate({ year: 1900, month: 1, day: 1 })?.toString()).toBe("1900-01-01");
  expect(fromCivilDate({ year: 2199, month: 12, day: 31 })?.toString()).toBe("2199-12-31");
});
