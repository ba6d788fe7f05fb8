import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDaysOrWeekdays, deadlineInstant } from "@carehub/calendar/deadline";
import type { CurrencyCode } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import { countryOf, type HubName, type PartyName } from "./names.ts";
import { refusal } from "./refusal.ts";

/** A quantity of one service, planned or delivered. */
export type ServiceItem = { readonly serviceCode: string; readonly quantity: number };

/** The price of one unit of a service. */
export type TariffPrice = { readonly serviceCode: string; readonly unitPrice: Money };

/** A length of time to answer, in working days of named countries. */
export type AnswerTime = {
  readonly workingDays: number;
  readonly calendars: readonly string[];
  readonly graceHours: number;
  readonly clause: string;
};

/** A deadline as it was computed, with what it was computed on. */
export type Deadline = {
  /** The last day that is in time. */
  readonly date: Temporal.PlainDate;
  /** The first instant that is too late. */
  readonly expireAt: Temporal.Instant;
  readonly answerTime: AnswerTime;
  readonly calendarVersion: string;
  readonly estimated: boolean;
};

/** What intake asked to be priced, and under what terms it will be charged. */
export type Terms = {
  readonly round: number;
  readonly serviceItems: readonly ServiceItem[];
  readonly tariff: string;
  readonly tariffVersion: number;
  readonly prices: readonly TariffPrice[];
  readonly currency: CurrencyCode;
  readonly payer: PartyName;
  readonly creditor: PartyName;
  readonly hub: HubName;
  readonly answerBy: Deadline;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly contestTime: AnswerTime;
};

/** Who pays which part. */
export type Payer = { readonly party: PartyName; readonly shareBasisPoints: number };

const wholeBasisPoints = 10_000;

/**
 * The one party that pays the whole of a case to another; an account has no more than two sides.
 * Anything else fails with PAYERS_NOT_SINGLE or PAYER_IS_CREDITOR.
 */
export function solePayer(payers: readonly Payer[], creditor: PartyName): PartyName {
  const [payer] = payers;
  if (payers.length !== 1 || payer?.shareBasisPoints !== wholeBasisPoints) {
    throw refusal("PAYERS_NOT_SINGLE", { payers: payers.map(({ party }) => party).join(" ") });
  }
  if (payer.party === creditor) throw refusal("PAYER_IS_CREDITOR", { party: creditor });
  return payer.party;
}

/** Whether the time to answer is over: the deadline's own instant is the first that is too late. */
export function hasExpired({ expireAt }: Deadline, now: Temporal.Instant): boolean {
  return Temporal.Instant.compare(now, expireAt) >= 0;
}

/**
 * By when to contest an invoice that is issued now; it ends with the day in the first calendar's country. The patient
 * was treated, so there is an invoice also where the calendars end: weekdays count there, as an estimate.
 */
export function contestDeadline(now: Temporal.Instant, answerTime: AnswerTime): Deadline {
  const { calendars, workingDays: days } = answerTime;
  const zone = zoneOf(must(calendars[0], "a time to answer names a calendar"));
  const from = now.toZonedDateTimeISO(zone).toPlainDate();
  const counted = addWorkingDaysOrWeekdays({ calendars, from, days });
  return {
    date: counted.date,
    expireAt: deadlineInstant(counted, zone),
    answerTime,
    calendarVersion: counted.version,
    estimated: counted.estimated,
  };
}

/** The civil day of an instant where the party is. */
export function dayAt(party: PartyName, now: Temporal.Instant): Temporal.PlainDate {
  return now.toZonedDateTimeISO(zoneOf(countryOf(party))).toPlainDate();
}
