import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays, deadlineInstant } from "@carehub/calendar/deadline";
import { calendarVersion, countryCalendars, hasCalendarYear } from "@carehub/calendar/table";
import { isWorkingDay } from "@carehub/calendar/working-days";
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

/** By when a hub has to triage, in the working days of its country. It starts anew when information was given. */
export function triageDeadline(priority: Priority, now: Temporal.Instant): Deadline {
  return deadlineOf(hubCountry, triageDays[priority], now);
}

/** By when a ministry has to answer a hub, in the working days of its own country. */
export function informationDeadline(sendingParty: string, now: Temporal.Instant): Deadline {
  return deadlineOf(countryOf(sendingParty), informationDays, now);
}

/** The date on which something is sent, where it is sent. */
export function dateAt(sendingParty: string, now: Temporal.Instant): Temporal.PlainDate {
  return now.toZonedDateTimeISO(zoneOf(countryOf(sendingParty))).toPlainDate();
}

function deadlineOf(country: string, workingDays: number, now: Temporal.Instant): Deadline {
  const zone = zoneOf(country);
  const from = now.toZonedDateTimeISO(zone).toPlainDate();
  const calendars = [country];
  const counted = { calendars, from, days: workingDays };
  const { date, version, estimated } = isInTable(country, counted)
    ? addWorkingDays(counted)
    : addBeyondTable(country, counted);
  return {
    date,
    expireAt: deadlineInstant({ date }, zone),
    answerTime: { workingDays, calendars, graceHours: 0, clause: "" },
    calendarVersion: version,
    estimated,
  };
}

type Counted = { readonly from: Temporal.PlainDate; readonly days: number };

function isInTable(country: string, { from, days }: Counted): boolean {
  return hasCalendarYear(country, from.add({ days: days * 2 + longestHolidayDays }).year);
}

const longestHolidayDays = 14;
const saturday = 6;

/**
 * States publish the next year's days late in the year before. A patient is not refused for that: where the table ends,
 * weekdays count, and the deadline says that it is estimated and on what.
 */
function addBeyondTable(country: string, { from, days }: Counted) {
  let date = from;
  for (let counted = 0; counted < days; ) {
    date = date.add({ days: 1 });
    const isKnown = hasCalendarYear(country, date.year);
    if (isKnown ? isWorkingDay(country, date) : date.dayOfWeek < saturday) counted += 1;
  }
  return { date, version: `${calendarVersion}+weekdays`, estimated: true };
}

/** The country of a party; where its working days are not known, the hub's count. */
function countryOf(sendingParty: string): string {
  const country = sendingParty.replace(/^parties\//, "");
  return countryCalendars.some((table) => table.country === country) ? country : hubCountry;
}
