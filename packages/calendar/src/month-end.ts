import { assert } from "@carehub/rules/fault";

/**
 * The last day of the month that lies `months` months after the month of `date`. It stays at the
 * end of the month: from any day of February, six months lead to 31 August.
 */
export function addMonthsToEndOfMonth(
  date: Temporal.PlainDate,
  months: number,
): Temporal.PlainDate {
  assert(Number.isInteger(months) && months >= 0, "a settlement clock runs whole months forward");
  const month = date.toPlainYearMonth().add({ months });
  return month.toPlainDate({ day: month.daysInMonth });
}

/** The last day of the half-year of `date`: 30 June or 31 December. */
export function endOfHalfYear(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.month <= 6 ? date.with({ month: 6, day: 30 }) : date.with({ month: 12, day: 31 });
}
