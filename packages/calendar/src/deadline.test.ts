import { expect, test } from "vitest";
import { zoneOf } from "./country.ts";
import { addWorkingDays, addWorkingDaysOrWeekdays, deadlineInstant } from "./deadline.ts";
import { calendarVersion } from "./table.ts";

const date = (text: string) => Temporal.PlainDate.from(text);

function dueDate(country: string, from: string, days: number): string {
  return addWorkingDays({ calendars: [country], from: date(from), days }).date.toString();
}

test.each([
  ["KZ", "2024-05-06", "2024-06-06"],
  ["KZ", "2024-04-29", "2024-05-30"],
  ["KZ", "2024-12-20", "2025-01-22"],
  ["KZ", "2025-12-22", "2026-01-22"],
  ["KZ", "2026-03-02", "2026-04-03"],
  ["KZ", "2026-04-20", "2026-05-21"],
  ["UZ", "2025-02-24", "2025-03-26"],
  ["UZ", "2026-03-02", "2026-04-02"],
  ["KG", "2026-04-20", "2026-05-26"],
  ["KG", "2025-12-22", "2026-01-26"],
  ["RU", "2024-12-20", "2025-01-28"],
])("20 working days of %s after %s end on %s", (country, from, due) => {
  expect(dueDate(country, from, 20)).toBe(due);
});

test.each([
  ["2024-05-03", "2024-05-04"],
  ["2025-01-02", "2025-01-05"],
  ["2026-05-08", "2026-05-12"],
])("the working day of KZ after %s is %s", (from, due) => {
  expect(dueDate("KZ", from, 1)).toBe(due);
});

test("counts only days that work in both countries and says why the others did not", () => {
  const deadline = addWorkingDays({ calendars: ["KZ", "UZ"], from: date("2026-03-18"), days: 3 });
  expect(deadline.date.toString()).toBe("2026-03-27");
  expect(deadline.version).toBe(calendarVersion);
  const reasons = deadline.explanation.map(({ date, offIn }) => [
    date.toString(),
    ...offIn.map(({ country, reason }) => `${country}: ${reason}`),
  ]);
  expect(reasons).toEqual([
    ["2026-03-20", "UZ: Ramazon hayit"],
    ["2026-03-21", "KZ: weekend", "UZ: weekend"],
    ["2026-03-22", "KZ: weekend", "UZ: weekend"],
    ["2026-03-23", "KZ: Nauryz", "UZ: Navruz, for Saturday 21 March"],
    ["2026-03-24", "KZ: Nauryz, for Saturday 21 March"],
    ["2026-03-25", "KZ: Nauryz, for Sunday 22 March"],
  ]);
  expect(deadline.explanation[0]?.offIn[0]?.source).toContain("PQ-106");
});

test("is estimated when an unconfirmed feast lies in it, or beside it", () => {
  const isEstimated = (from: string, days: number) =>
    addWorkingDays({ calendars: ["KZ"], from: date(from), days }).estimated;
  expect(isEstimated("2026-05-20", 10)).toBe(true);
  expect(isEstimated("2026-05-25", 1)).toBe(true);
  expect(isEstimated("2026-05-27", 1)).toBe(true);
  expect(isEstimated("2026-05-20", 3)).toBe(false);
  expect(isEstimated("2026-12-29", 2)).toBe(false);
});

test.each(["KZ", "UZ", "KG", "TJ", "RU"])("is estimated in %s once it touches 2027", (country) => {
  const count = { calendars: [country], from: date("2026-12-24") };
  const deadlines = [3, 4, 5, 6, 7, 8].map((days) => addWorkingDays({ ...count, days }));
  expect(deadlines.map(({ estimated }) => estimated)).toEqual(
    deadlines.map((deadline) => deadline.date.year === 2027),
  );
  expect(new Set(deadlines.map((deadline) => deadline.date.year))).toEqual(new Set([2026, 2027]));
});

test.each([
  ["KZ", "2027-01-26", "2027-04-15"],
  ["UZ", "2027-01-25", "2027-04-12"],
  ["KG", "2027-01-28", "2027-04-09"],
  ["TJ", "2027-01-22", "2027-04-15"],
  ["RU", "2027-02-01", "2027-04-09"],
])("20 working days of %s end on %s over New Year, and on %s over Navruz", (country, ...due) => {
  expect([dueDate(country, "2026-12-24", 20), dueDate(country, "2027-03-12", 20)]).toEqual(due);
});

test("is estimated in a year whose moved days off are not all known", () => {
  const input = { from: date("2025-07-01"), days: 5 };
  expect(addWorkingDays({ calendars: ["TJ"], ...input }).estimated).toBe(true);
  expect(addWorkingDays({ calendars: ["UZ"], ...input }).estimated).toBe(false);
});

test("fails when it would count past the last table", () => {
  expect(() => dueDate("KZ", "2027-12-30", 2)).toThrow(
    expect.objectContaining({
      reason: "CALENDAR_YEAR_UNKNOWN",
      metadata: { country: "KZ", year: "2028" },
    }),
  );
});

test("counts as always where there are tables, also when weekdays would do", () => {
  const inside = { calendars: ["KZ", "UZ"], from: date("2026-03-18"), days: 3 };
  expect(addWorkingDaysOrWeekdays(inside)).toEqual(addWorkingDays(inside));
});

test("takes weekdays for working days past the last table, and says so", () => {
  // Wednesday 29 December 2027; 30 and 31 December are of the table, 3 January 2028 is a Monday.
  const past = addWorkingDaysOrWeekdays({ calendars: ["KZ"], from: date("2027-12-29"), days: 4 });
  expect(past).toMatchObject({ estimated: true, version: `${calendarVersion}+weekdays` });
  expect(past.date.toString()).toBe("2028-01-04");
  expect(past.explanation.map((day) => day.date.toString())).toEqual(["2028-01-01", "2028-01-02"]);
  expect(past.explanation[0]?.offIn).toEqual([{ country: "KZ", reason: "weekend" }]);
});

test("takes weekdays for a country without a table, beside another's tables", () => {
  const beside = { calendars: ["TM", "KZ"], from: date("2026-03-20"), days: 1 };
  const deadline = addWorkingDaysOrWeekdays(beside);
  // Nauryz lasts in Kazakhstan until Wednesday 25 March.
  expect(deadline.date.toString()).toBe("2026-03-26");
  expect(deadline).toMatchObject({ estimated: true, version: `${calendarVersion}+weekdays` });
});

test("refuses a count that is not a whole day at least", () => {
  expect(() => dueDate("KZ", "2026-03-02", 0)).toThrow("at least one whole working day");
  expect(() => dueDate("KZ", "2026-03-02", 1.5)).toThrow("at least one whole working day");
});

test.each([
  ["KZ", "2026-03-31T19:00:00Z"],
  ["UZ", "2026-03-31T19:00:00Z"],
  ["KG", "2026-03-31T18:00:00Z"],
  ["TJ", "2026-03-31T19:00:00Z"],
  ["RU", "2026-03-31T21:00:00Z"],
])("the day ends in %s at %s", (country, instant) => {
  const deadline = { date: date("2026-03-31") };
  expect(deadlineInstant(deadline, zoneOf(country)).toString()).toBe(instant);
});

test("ends a day of Almaty by the clock of its time", () => {
  const almaty = zoneOf("KZ");
  expect(deadlineInstant({ date: date("2024-02-28") }, almaty).toString()).toBe(
    "2024-02-28T18:00:00Z",
  );
});

test("refuses the zone of a country that it does not know", () => {
  expect(() => zoneOf("XX")).toThrow("CALENDAR_COUNTRY_UNKNOWN (country: XX)");
});
