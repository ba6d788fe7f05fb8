import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { calendarVersion, calendarYear, countryCalendars } from "./table.ts";

/**
 * SHA-256 of all tables, by version. A changed table needs a new version and a new line here; the
 * lines of versions in use are never edited, because deadlines name them.
 */
const hashByVersion: Readonly<Record<string, string>> = {
  "2026-11.1": "1546a233bde5884d9ce7ba131fa211e806eb8eba6b45d9b15518be0d5bc48ac1",
  "2026-11.2": "48bb63f7a6673e119d704786cfc57034cbca7b8a659b14911a98bfadc9dc8836",
};

const years = countryCalendars.flatMap(({ country, years }) =>
  years.map((table) => ({ country, table })),
);

const hashOf = (tables: typeof countryCalendars) =>
  createHash("sha256").update(JSON.stringify(tables)).digest("hex");

test("changes no table without a new version", () => {
  expect(hashByVersion[calendarVersion]).toBe(hashOf(countryCalendars));
});

test("has until 2026 what it had before 2027 was added", () => {
  const until2026 = countryCalendars.map(({ country, years }) => ({
    country,
    years: years.filter(({ year }) => year <= 2026),
  }));
  expect(hashByVersion["2026-11.1"]).toBe(hashOf(until2026));
});

test("has 2024 to 2027 of five countries", () => {
  expect(years.map(({ country, table }) => `${country} ${table.year}`)).toEqual(
    ["KZ", "UZ", "KG", "TJ", "RU"].flatMap((country) =>
      [2024, 2025, 2026, 2027].map((year) => `${country} ${year}`),
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

test("takes 2027 for unfinished everywhere, with a note and feasts of the moon estimated", () => {
  for (const { table } of years.filter(({ table }) => table.year === 2027)) {
    expect(table).toMatchObject({ complete: false, note: expect.stringContaining("seen") });
    const feasts = table.entries.filter(({ name }) => /hayit|ait|Idi/.test(name));
    for (const { estimated } of feasts) expect(estimated).toBe(true);
  }
});

test("gives every entry a name and a legal source", () => {
  for (const { table } of years) {
    for (const entry of table.entries) {
      expect(entry.name).not.toBe("");
      expect(entry.source).toMatch(/law|code|order|decree|resolution|act/i);
    }
  }
});

test("refuses a year or a country without a table, naming both", () => {
  expect(() => calendarYear("KZ", 2028)).toThrow("CALENDAR_YEAR_UNKNOWN (country: KZ, year: 2028)");
  expect(() => calendarYear("TM", 2026)).toThrow("CALENDAR_YEAR_UNKNOWN (country: TM, year: 2026)");
});
