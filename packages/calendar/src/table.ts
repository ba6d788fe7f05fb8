import { DomainError } from "@carehub/rules/domain-error";
import { kazakhstan } from "./data/kazakhstan.ts";
import { kyrgyzstan } from "./data/kyrgyzstan.ts";
import { russia } from "./data/russia.ts";
import { tajikistan } from "./data/tajikistan.ts";
import { uzbekistan } from "./data/uzbekistan.ts";
import type { CalendarEntry, CalendarYear, CountryCalendar } from "./entry.ts";

/**
 * Names the state of all tables together; kept with each deadline, and new whenever any entry
 * changes.
 */
export const calendarVersion = "2026-11.2";

/** Every country that has a table. */
export const countryCalendars: readonly CountryCalendar[] = [
  kazakhstan,
  uzbekistan,
  kyrgyzstan,
  tajikistan,
  russia,
];

type IndexedYear = {
  readonly table: CalendarYear;
  readonly entryByDate: ReadonlyMap<string, CalendarEntry>;
};

const yearByKey: ReadonlyMap<string, IndexedYear> = new Map(
  countryCalendars.flatMap(({ country, years }) =>
    years.map((table): [string, IndexedYear] => [
      `${country} ${table.year}`,
      { table, entryByDate: new Map(table.entries.map((entry) => [entry.date, entry])) },
    ]),
  ),
);

/**
 * The table of that country and year; fails with CALENDAR_YEAR_UNKNOWN, never with a plain Monday
 * to Friday.
 */
export function calendarYear(country: string, year: number): CalendarYear {
  return indexedYear(country, year).table;
}

/** How the country departs from Monday to Friday on that date; undefined when it does not. */
export function calendarEntry(
  country: string,
  date: Temporal.PlainDate,
): CalendarEntry | undefined {
  return indexedYear(country, date.year).entryByDate.get(date.toString());
}

/** Whether there is a table for that country and year. */
export function hasCalendarYear(country: string, year: number): boolean {
  return yearByKey.has(`${country} ${year}`);
}

function indexedYear(country: string, year: number): IndexedYear {
  const found = yearByKey.get(`${country} ${year}`);
  if (found === undefined) {
    throw new DomainError("CALENDAR_YEAR_UNKNOWN", { country, year: String(year) });
  }
  return found;
}
