import { assert } from "@carehub/rules/fault";
import { calendarEntry, calendarVersion, calendarYear, hasCalendarYear } from "./table.ts";
import { isWeekday, isWorkingDay } from "./working-days.ts";

/** A day that did not count, and why not in each country that was off. */
export type SkippedDay = {
  readonly date: Temporal.PlainDate;
  readonly offIn: readonly {
    readonly country: string;
    /** The holiday's name, or `weekend`. */
    readonly reason: string;
    /** The law or act; undefined for a plain weekend. */
    readonly source?: string;
  }[];
};

/** A number of working days as it was counted, with all that is needed to count it again. */
export type Deadline = {
  /** The last day that is in time. */
  readonly date: Temporal.PlainDate;
  readonly days: number;
  readonly calendars: readonly string[];
  /** The version of the tables it was counted on. */
  readonly version: string;
  /** Whether a date that no act confirms yet could still move it. */
  readonly estimated: boolean;
  /** Every day that was passed over, in order. */
  readonly explanation: readonly SkippedDay[];
};

/**
 * What to count: `days` working days of all `calendars` at once, the day after `from` being day 1.
 */
export type WorkingDaysToAdd = {
  readonly calendars: readonly string[];
  readonly from: Temporal.PlainDate;
  readonly days: number;
};

/**
 * Counts working days, at least 1. Fails with CALENDAR_YEAR_UNKNOWN when it would leave a country's
 * table.
 */
export function addWorkingDays(count: WorkingDaysToAdd): Deadline {
  return addDays(count, isWorkingDay);
}

/**
 * Counts as `addWorkingDays` does, and takes weekdays for working days where a country has no table of
 * the year: then the deadline is `estimated`, and its version ends in `+weekdays`. Only for a deadline
 * that must be there, such as that of an invoice for a treated patient.
 */
export function addWorkingDaysOrWeekdays(count: WorkingDaysToAdd): Deadline {
  let isGuess = false;
  const deadline = addDays(count, (country, date) => {
    if (hasCalendarYear(country, date.year)) return isWorkingDay(country, date);
    isGuess = true;
    return isWeekday(date);
  });
  if (!isGuess) return deadline;
  return { ...deadline, estimated: true, version: `${calendarVersion}+weekdays` };
}

/** The instant at which the deadline's day ends in that zone: the first one that is too late. */
export function deadlineInstant(
  deadline: { readonly date: Temporal.PlainDate },
  zone: string,
): Temporal.Instant {
  return deadline.date.add({ days: 1 }).toZonedDateTime(zone).toInstant();
}

type Works = (country: string, date: Temporal.PlainDate) => boolean;

function addDays({ calendars, from, days }: WorkingDaysToAdd, works: Works): Deadline {
  assert(calendars.length > 0, "a working day is a working day of at least one country");
  assert(Number.isInteger(days) && days >= 1, "a deadline is at least one whole working day away");
  const explanation: SkippedDay[] = [];
  let date = from;
  for (let counted = 0; counted < days; ) {
    date = date.add({ days: 1 });
    const day = date;
    const off = calendars.filter((country) => !works(country, day));
    if (off.length === 0) counted += 1;
    else explanation.push(skippedDay(off, day));
  }
  const estimated = calendars.some((country) => isEstimated(country, from, date));
  return { date, days, calendars, version: calendarVersion, estimated, explanation };
}

function skippedDay(off: readonly string[], date: Temporal.PlainDate): SkippedDay {
  const offIn = off.map((country) => {
    const isKnown = hasCalendarYear(country, date.year);
    const entry = isKnown ? calendarEntry(country, date) : undefined;
    if (entry === undefined) return { country, reason: "weekend" };
    return { country, reason: entry.name, source: entry.source };
  });
  return { date, offIn };
}

/**
 * A feast that follows the moon can move by a day, so the days beside the counted ones matter too; an
 * act that is still to come moves nothing outside its own year.
 */
function isEstimated(country: string, from: Temporal.PlainDate, date: Temporal.PlainDate): boolean {
  const last = date.add({ days: 1 });
  for (let day = from; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    if (!hasCalendarYear(country, day.year)) continue;
    if (!day.equals(last) && !calendarYear(country, day.year).complete) return true;
    if (calendarEntry(country, day)?.estimated === true) return true;
  }
  return false;
}
