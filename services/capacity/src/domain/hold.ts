import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays, deadlineInstant } from "@carehub/calendar/deadline";
import { must } from "@carehub/rules/fault";
import type { Demand } from "./demand.ts";
import type { TemplateService } from "./hub.ts";
import { dateOfDay, instantOfMinute, type Minute } from "./hub-time.ts";
import { poolName, resourceName } from "./names.ts";
import { type FittingCourse, poolUses } from "./planner.ts";
import { plannedItems, type ServiceItem } from "./service-items.ts";

/** A length of time to answer, as an agreement's clause sets it. */
export type AnswerTime = {
  readonly workingDays: number;
  readonly calendars: readonly string[];
  readonly graceHours: number;
  readonly clause: string;
};

/** An answer-by time as it was computed, with what it was computed on. */
export type AnswerBy = {
  readonly onDate: Temporal.PlainDate;
  /** The instant at which that day ends in the first calendar's country. */
  readonly expiresAt: Temporal.Instant;
  readonly answerTime: AnswerTime;
  readonly calendarVersion: string;
  readonly estimated: boolean;
};

/** The use of one resource, by its full name. */
export type HeldUse = { readonly resource: string; readonly start: Minute; readonly end: Minute };

/** One held session. */
export type HeldSession = {
  readonly number: number;
  readonly phase: string;
  readonly site: string;
  readonly start: Minute;
  readonly end: Minute;
  readonly uses: readonly HeldUse[];
};

/** One held stay, by the full name of its pool; both days inclusive. */
export type HeldStay = {
  readonly stay: string;
  readonly pool: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
};

/** What a held course was checked against, and the proof itself. */
export type Certificate = {
  /** SHA-256 over the document, in hexadecimal. */
  readonly hash: string;
  /** The canonical JSON text. */
  readonly document: string;
  readonly templateVersion: number;
  readonly capacityVersion: number;
  readonly calendarVersion: string;
};

/** A whole course as it is held or booked. */
export type Hold = {
  readonly round: number;
  readonly sessions: readonly HeldSession[];
  readonly stays: readonly HeldStay[];
  /** The full names of all pools that it uses. */
  readonly pools: readonly string[];
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly underAnaesthesia: boolean;
  readonly answerBy: AnswerBy;
  /** Past it another may take the hold. */
  readonly releaseAt: Temporal.Instant;
  readonly serviceItems: readonly ServiceItem[];
  /** What its items are counted by, as the template had them. */
  readonly services: readonly TemplateService[];
  readonly certificate: Certificate;
};

/** Computes the answer-by time, the day after `now` in the first calendar's country being day 1. */
export function answerByOf(answerTime: AnswerTime, now: Temporal.Instant): AnswerBy {
  const zone = zoneOf(must(answerTime.calendars[0], "an answer time names a calendar"));
  const from = now.toZonedDateTimeISO(zone).toPlainDate();
  const { calendars, workingDays: days } = answerTime;
  const deadline = addWorkingDays({ calendars, from, days });
  return {
    onDate: deadline.date,
    expiresAt: deadlineInstant(deadline, zone),
    answerTime,
    calendarVersion: deadline.version,
    estimated: deadline.estimated,
  };
}

/** The time from which on another may take a hold that waits for that answer. */
export function releaseOf({ expiresAt, answerTime }: AnswerBy): Temporal.Instant {
  return expiresAt.add({ hours: answerTime.graceHours });
}

/** Whether the course as it is held has its first session before that time. */
export function beginsBefore({ sessions }: Hold, at: Temporal.Instant): boolean {
  const first = must(sessions[0], "a held course has a session");
  return Temporal.Instant.compare(instantOfMinute(first.start), at) < 0;
}

/** Names what was planned: sessions, stays, their dates and the services they are priced by. */
export function holdParts(demand: Demand, course: FittingCourse) {
  const { document, phases, template, underAnaesthesia } = demand;
  const sessions = course.sessions.map((session, index): HeldSession => {
    const { site, start, end, uses } = session;
    return {
      number: index + 1,
      phase: phases[index] ?? "",
      site: resourceName(document.name, site),
      start,
      end,
      uses: uses.map((use) => ({ ...use, resource: resourceName(document.name, use.resource) })),
    };
  });
  const stays = course.stays.map(({ stay, pool, firstDay, days }): HeldStay => {
    const lastDate = dateOfDay(firstDay + days - 1);
    const firstDate = dateOfDay(firstDay);
    return { stay, pool: poolName(document.name, pool), firstDate, lastDate };
  });
  const firstDays = [
    ...course.sessions.map(({ day }) => day),
    ...course.stays.map((s) => s.firstDay),
  ];
  const lastDays = [
    ...course.sessions.map(({ end }) => demand.time.dayOf(end - 1)),
    ...course.stays.map(({ firstDay, days }) => firstDay + days - 1),
  ];
  return {
    sessions,
    stays,
    pools: [...new Set(poolUses(course).map(({ pool }) => poolName(document.name, pool)))],
    firstDate: dateOfDay(Math.min(...firstDays)),
    lastDate: dateOfDay(Math.max(...lastDays)),
    underAnaesthesia,
    services: template.services,
    serviceItems: plannedItems(template.services, { sessions, stays, underAnaesthesia }),
  };
}
