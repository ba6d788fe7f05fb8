import { zoneOf } from "@carehub/calendar/country";
import { addWorkingDays, deadlineInstant } from "@carehub/calendar/deadline";
import { must } from "@carehub/rules/fault";
import type { Demand } from "./demand.ts";
import type { Compensation, TemplateService } from "./hub.ts";
import { dateOfDay, instantOfMinute, type Minute } from "./hub-time.ts";
import { type HubName, poolName, resourceName } from "./names.ts";
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
  /** How it makes up for a lost day; absent where it is as usual. */
  readonly compensation?: Compensation;
};

/** One held step of the preparation; without uses where it only takes time. */
export type HeldStep = {
  readonly step: string;
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
  /** The probabilities, in millionths, that the patient is there on its days; absent where the days are certain. */
  readonly presence?: readonly number[];
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
  /** The steps before the first session; absent where there are none. */
  readonly preparation?: readonly HeldStep[];
  /** The days by which it lasts longer than with no day lost; absent for none. */
  readonly prolongationDays?: number;
  /** The greatest probability, in millionths, that a unit of its uncertain stays overflows; absent where none is. */
  readonly overflowProbabilityPpm?: number;
  /** The full names of all pools that it uses. */
  readonly pools: readonly string[];
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly underAnaesthesia: boolean;
  readonly answerBy: AnswerBy;
  /** Past it another may take the hold. */
  readonly releaseAt: Temporal.Instant;
  /** The name of the override that it needs; absent where it keeps to what the hub has. */
  readonly override?: string;
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

/** Whether the course as it is held begins before that time, with its preparation. */
export function beginsBefore(hold: Hold, at: Temporal.Instant): boolean {
  const starts = keptUses(hold).flatMap(({ uses }) => uses.map(({ start }) => start));
  const first = Math.min(...starts);
  return Temporal.Instant.compare(instantOfMinute(first), at) < 0;
}

/** All that a course keeps of resources, by the number of its session; 0, -1, -2, … for the steps before the first. */
export function keptUses({
  sessions,
  preparation = [],
}: Pick<Hold, "sessions" | "preparation">): { number: number; uses: readonly HeldUse[] }[] {
  return [
    ...sessions.map(({ number, uses }) => ({ number, uses })),
    ...preparation.map(({ uses }, index) => ({ number: 0 - index, uses })),
  ];
}

/** Names what was planned: sessions, stays, their dates and the services they are priced by. */
export function holdParts(demand: Demand, course: FittingCourse) {
  const { document, template, underAnaesthesia } = demand;
  const sessions = sessionsOf(demand, course);
  const stays = course.stays.map(({ firstDay, days, ...stay }): HeldStay => {
    const dates = { firstDate: dateOfDay(firstDay), lastDate: dateOfDay(firstDay + days - 1) };
    return { ...stay, pool: poolName(document.name, stay.pool), ...dates };
  });
  const preparation = course.preparation.map((step) => ({
    ...step,
    uses: namedUses(document.name, step.uses),
  }));
  const { firstDay, lastDay } = daysOf(demand, course);
  const { prolongationDays } = course;
  return {
    sessions,
    stays,
    ...(preparation.length === 0 ? {} : { preparation }),
    ...(prolongationDays === 0 ? {} : { prolongationDays }),
    pools: [...new Set(poolUses(course).map(({ pool }) => poolName(document.name, pool)))],
    firstDate: dateOfDay(firstDay),
    lastDate: dateOfDay(lastDay),
    underAnaesthesia,
    services: template.services,
    serviceItems: plannedItems(template.services, { sessions, stays, underAnaesthesia }),
  };
}

function sessionsOf({ document, phases, begun }: Demand, { sessions }: FittingCourse) {
  const done = begun?.done ?? 0;
  return sessions.map((session, index): HeldSession => {
    const { site, start, end, uses, compensation } = session;
    return {
      number: done + index + 1,
      phase: phases[done + index] ?? "",
      site: resourceName(document.name, site),
      start,
      end,
      uses: namedUses(document.name, uses),
      ...(compensation === undefined ? {} : { compensation }),
    };
  });
}

function namedUses(hub: HubName, uses: readonly HeldUse[]): HeldUse[] {
  return uses.map((use) => ({ ...use, resource: resourceName(hub, use.resource) }));
}

// The days on which the patient is at the hub; a step that only takes time needs nobody there.
function daysOf({ time }: Demand, { sessions, stays, preparation }: FittingCourse) {
  const steps = preparation.filter(({ uses }) => uses.length > 0);
  const firstDays = [
    ...sessions.map(({ day }) => day),
    ...stays.map((stay) => stay.firstDay),
    ...steps.map(({ start }) => time.dayOf(start)),
  ];
  const lastDays = [
    ...sessions.map(({ end }) => time.dayOf(end - 1)),
    ...stays.map(({ firstDay, days }) => firstDay + days - 1),
  ];
  return { firstDay: Math.min(...firstDays), lastDay: Math.max(...lastDays) };
}
