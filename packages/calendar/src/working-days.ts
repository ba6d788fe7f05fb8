import { assert } from "@carehub/rules/fault";
import { calendarEntry } from "./table.ts";

const saturday = 6;

/**
 * Whether state bodies of that country work on that date; fails with CALENDAR_YEAR_UNKNOWN outside
 * the table.
 */
export function isWorkingDay(country: string, date: Temporal.PlainDate): boolean {
  return calendarEntry(country, date)?.works ?? isWeekday(date);
}

/** Whether that date is of Monday to Friday. */
export function isWeekday({ dayOfWeek }: Temporal.PlainDate): boolean {
  return dayOfWeek < saturday;
}

/** Whether that date is worked in every one of the countries. */
export function isCommonWorkingDay(
  countries: readonly string[],
  date: Temporal.PlainDate,
): boolean {
  assert(countries.length > 0, "a working day is a working day of at least one country");
  return countries.every((country) => isWorkingDay(country, date));
}

/**
 * Counts the days after `from`, up to and with `until`, that are worked in every one of the
 * countries.
 */
export function workingDaysBetween(
  countries: readonly string[],
  from: Temporal.PlainDate,
  until: Temporal.PlainDate,
): number {
  let count = 0;
  for (let day = from.add({ days: 1 }); before(day, until); day = day.add({ days: 1 })) {
    if (isCommonWorkingDay(countries, day)) count += 1;
  }
  return count;
}

function before(day: Temporal.PlainDate, until: Temporal.PlainDate): boolean {
  return Temporal.PlainDate.compare(day, until) <= 0;
}
