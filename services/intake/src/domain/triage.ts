import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays, deadlineInstant } from "@carehub/calendar/deadline";
import { countryCalendars } from "@carehub/calendar/table";
import type { Deadline, Priority } from "./case-terms.ts";

/** Every hub stands in Kazakhstan; its days and its clock are the hub's. */
export const hubCountry = "KZ";

/** How many working days a hub has to triage; the English e-referral service gives the same. */
export const triageDays: Readonly<Record<Priority, number>> = {
  ROUTINE: 40,
  URGENT: 5,
  EMERGENCY: 2,
};

const informationDays = 10;

/**
 * By when a hub has to triage, in the working days of its country. It starts anew when information was given. Where the
 * table ends before it does, it fails with CALENDAR_YEAR_UNKNOWN: weekdays are never taken for working days.
 */
export function triageDeadline(priority: Priority, now: Temporal.Instant): Deadline {
  return deadlineOf(hubCountry, triageDays[priority], now);
}

/** By when a ministry has to answer a hub, in the working days of its own country; fails likewise. */
export function informationDeadline(sendingParty: string, now: Temporal.Instant): Deadline {
  return deadlineOf(countryOf(sendingParty), informationDays, now);
}

/** The date at the hubs. */
export function hubDateAt(now: Temporal.Instant): Temporal.PlainDate {
  return now.toZonedDateTimeISO(zoneOf(hubCountry)).toPlainDate();
}

/** The date on which something is sent, where it is sent. */
export function dateAt(sendingParty: string, now: Temporal.Instant): Temporal.PlainDate {
  return now.toZonedDateTimeISO(zoneOf(countryOf(sendingParty))).toPlainDate();
}

function deadlineOf(country: string, workingDays: number, now: Temporal.Instant): Deadline {
  const zone = zoneOf(country);
  const from = now.toZonedDateTimeISO(zone).toPlainDate();
  const calendars = [country];
  const { date, version, estimated } = addWorkingDays({ calendars, from, days: workingDays });
  return {
    date,
    expireAt: deadlineInstant({ date }, zone),
    answerTime: { workingDays, calendars, graceHours: 0, clause: "" },
    calendarVersion: version,
    estimated,
  };
}

/**
 * The country of a party. Turkmenistan and Azerbaijan, as every other country that has no table of working days, are
 * counted on the hub's calendar, and their days end by the hub's clock: the deadline names the calendar it stands on.
 */
function countryOf(sendingParty: string): string {
  const country = sendingParty.replace(/^parties\//, "");
  return countryCalendars.some((table) => table.country === country) ? country : hubCountry;
}
