import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays } from "@carehub/calendar/deadline";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { ClauseTime } from "./grant.ts";

/**
 * The date by which a case that waits from now is promised an answer; undefined where the tables of
 * working days end before it, since a case is to wait all the same.
 */
export function promisedDate(
  { calendars, workingDays }: ClauseTime,
  now: Temporal.Instant,
): Temporal.PlainDate | undefined {
  const zone = zoneOf(must(calendars[0], "a length of time names a calendar"));
  const from = now.toZonedDateTimeISO(zone).toPlainDate();
  try {
    return addWorkingDays({ calendars, from, days: workingDays }).date;
  } catch (error) {
    const isBeyond = error instanceof DomainError && error.reason === "CALENDAR_YEAR_UNKNOWN";
    if (isBeyond) return undefined;
    throw error;
  }
}
