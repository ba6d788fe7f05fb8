import { expect, test } from "vitest";
import { addMonthsToEndOfMonth, endOfHalfYear } from "./month-end.ts";

const date = (text: string) => Temporal.PlainDate.from(text);
const plusMonths = (from: string, ...months: number[]) =>
  months.map((count) => addMonthsToEndOfMonth(date(from), count).toString());

test("runs the clocks of a claim introduced on 10 August 2026 from the end of that month", () => {
  expect(plusMonths("2026-08-10", 0, 6, 18, 36)).toEqual([
    "2026-08-31",
    "2027-02-28",
    "2028-02-29",
    "2029-08-31",
  ]);
});

test("stays at the end of the month for a claim introduced on the last of February", () => {
  expect(plusMonths("2026-02-28", 6, 18, 36)).toEqual(["2026-08-31", "2027-08-31", "2029-02-28"]);
});

test("lets a claim booked in February 2026 be introduced until 30 June 2027", () => {
  const halfYear = endOfHalfYear(date("2026-02-11"));
  expect(addMonthsToEndOfMonth(halfYear, 12).toString()).toBe("2027-06-30");
  expect(endOfHalfYear(date("2026-07-01")).toString()).toBe("2026-12-31");
});

test("refuses to run backwards", () => {
  expect(() => addMonthsToEndOfMonth(date("2026-02-28"), -1)).toThrow("whole months forward");
});
