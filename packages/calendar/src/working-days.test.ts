import { expect, test } from "vitest";
import { isCommonWorkingDay, isWorkingDay, workingDaysBetween } from "./working-days.ts";

const date = (text: string) => Temporal.PlainDate.from(text);

function workingDaysOf(year: number, ...countries: string[]): number {
  return workingDaysBetween(countries, date(`${year - 1}-12-31`), date(`${year}-12-31`));
}

/**
 * The longest run of days without work that ends inside 2026, as its last working day before and
 * first after.
 */
function longestHoleOf2026(country: string): [string, string] {
  let before = date("2026-01-01");
  let hole: [Temporal.PlainDate, Temporal.PlainDate] = [before, before];
  for (let day = before; day.year === 2026; day = day.add({ days: 1 })) {
    if (!isWorkingDay(country, day)) continue;
    if (before.until(day).days > hole[0].until(hole[1]).days) hole = [before, day];
    before = day;
  }
  return [hole[0].toString(), hole[1].toString()];
}

test.each([
  [247, ["KZ"]],
  [248, ["UZ"]],
  [247, ["KG"]],
  [249, ["TJ"]],
  [247, ["RU"]],
  [239, ["KZ", "UZ"]],
  [233, ["KZ", "UZ", "KG"]],
])("finds %d working days in 2026 for %j", (days, countries) => {
  expect(workingDaysOf(2026, ...countries)).toBe(days);
});

test.each([
  ["KZ", 249, 246],
  ["UZ", 248, 251],
  ["KG", 248, 248],
  ["TJ", 250, 249],
  ["RU", 248, 247],
])("finds the working days of %s in 2024 and 2025: %d and %d", (country, in2024, in2025) => {
  expect([workingDaysOf(2024, country), workingDaysOf(2025, country)]).toEqual([in2024, in2025]);
});

test.each([
  ["KZ", 247],
  ["UZ", 252],
  ["KG", 248],
  ["TJ", 249],
  ["RU", 247],
])("finds the working days of %s in 2027 that no act has moved yet: %d", (country, days) => {
  expect(workingDaysOf(2027, country)).toBe(days);
});

test("works on swapped Saturdays and Sundays and rests on the days they pay for", () => {
  const swaps = [
    ["KZ", "2024-05-04", "2024-05-08"],
    ["KZ", "2025-01-05", "2025-01-03"],
    ["UZ", "2026-12-12", "2026-12-31"],
    ["KG", "2024-01-27", "2024-01-03"],
    ["TJ", "2026-03-14", "2026-03-27"],
    ["RU", "2024-12-28", "2024-12-30"],
    ["RU", "2027-02-20", "2027-02-22"],
  ] as const;
  for (const [country, worked, rested] of swaps) {
    expect(isWorkingDay(country, date(worked))).toBe(true);
    expect(isWorkingDay(country, date(rested))).toBe(false);
  }
});

test("does not move Kazakhstan's religious days off a weekend", () => {
  expect(isWorkingDay("KZ", date("2024-01-08"))).toBe(true);
  expect(isWorkingDay("KZ", date("2024-06-17"))).toBe(true);
});

test("works in Kazakhstan on 16 March and 31 August 2026", () => {
  expect(isWorkingDay("KZ", date("2026-03-16"))).toBe(true);
  expect(isWorkingDay("KZ", date("2026-08-31"))).toBe(true);
});

test("rests in Kazakhstan on 15 March from 2027 on, and no more on 30 August", () => {
  expect(isWorkingDay("KZ", date("2027-03-15"))).toBe(false);
  expect(isWorkingDay("KZ", date("2027-08-30"))).toBe(true);
});

test("has the hole of Nauryz in Kazakhstan, from Friday 20 to Thursday 26 March 2026", () => {
  expect(longestHoleOf2026("KZ")).toEqual(["2026-03-20", "2026-03-26"]);
});

test("has ten days without work in Bishkek from 1 to 10 May 2026", () => {
  expect(workingDaysBetween(["KG"], date("2026-04-30"), date("2026-05-10"))).toBe(0);
  expect(isWorkingDay("KG", date("2026-04-30"))).toBe(true);
  expect(isWorkingDay("KG", date("2026-05-11"))).toBe(true);
});

test("has the hole of Qurbon hayit in Uzbekistan, from 26 May to 1 June 2026", () => {
  expect(longestHoleOf2026("UZ")).toEqual(["2026-05-26", "2026-06-01"]);
});

test("counts a day for two countries only when both work", () => {
  expect(isCommonWorkingDay(["KZ", "UZ"], date("2026-05-07"))).toBe(false);
  expect(isCommonWorkingDay(["KZ", "UZ"], date("2026-05-08"))).toBe(true);
});

test("never falls back to Monday to Friday outside its tables", () => {
  expect(() => isWorkingDay("UZ", date("2028-01-04"))).toThrow(
    expect.objectContaining({
      reason: "CALENDAR_YEAR_UNKNOWN",
      metadata: { country: "UZ", year: "2028" },
    }),
  );
});
