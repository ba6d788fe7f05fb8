import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { calendarVersion, calendarYear, countryCalendars } from "./table.ts";

/**
 * SHA-256 of all tables, by version. A changed table needs a new version and a new line here; the
 * lines of versions in use are never edited, because deadlines name them.
 */
const hashByVersion: Readonly<Record<string, string>> = {
  "2026-11.1": "1546a233bde5884d9ce7ba131fa211e806eb8eba6b45d9b15518be0d5bc48ac1",
};

const years = countryCalendars.flatMap(({ country, years }) =>
  years.map((table) => ({ country, table })),
);

test("changes no table without a new version", () => {
  const hash = createHash("sha256").update(JSON.stringify(countryCalendars)).digest("hex");
  expect(hashByVersion[calendarVersion]).toBe(hash);
});

test("has 2024, 2025 and 2026 of five countries", () => {
  expect(years.map(({ country, table }) => `${country} ${table.year}`)).toEqual(
    ["KZ", "UZ", "KG", "TJ", "RU"].flatMap((country) =>
      [2024, 2025, 2026].map((year) => `${country} ${year}`),
    ),
  );
});

test.each(years)(
  "lists the departures of $country $table.year once each and in order",
  ({ table }) => {
    const daysOff = table.entries.filter((entry) => !entry.works).map((entry) => entry.date);
    expect(daysOff).toEqual([...new Set(daysOff)].sort());
    const dates = table.entries.map((entry) => entry.date);
    expect(new Set(dates).size).toBe(dates.length);
    for (const date of dates) expect(Temporal.PlainDate.from(date).year).toBe(table.year);
  },
);

test.each(years)(
  "departs from Monday to Friday with every entry of $country $table.year",
  ({ table }) => {
    for (const entry of table.entries) {
      const isWeekend = Temporal.PlainDate.from(entry.date).dayOfWeek >= 6;
      expect({ date: entry.date, works: isWeekend }).toEqual({
        date: entry.date,
        works: entry.works,
      });
    }
  },
);

test("gives every entry a name and a legal source", () => {
  for (const { table } of years) {
    for (const entry of table.entries) {
      expect(entry.name).not.toBe("");
      expect(entry.source).toMatch(/law|code|order|decree|resolution|act/i);
    }
  }
});

test("refuses a year or a country without a table, naming both", () => {
  expect(() => calendarYear("KZ", 2027)).toThrow("CALENDAR_YEAR_UNKNOWN (country: KZ, year: 2027)");
  expect(() => calendarYear("TM", 2026)).toThrow("CALENDAR_YEAR_UNKNOWN (country: TM, year: 2026)");
});
