/*
 * How much longer a course lasts than it would without a lost day. Each lost day may cost one or two per cent of tumour
 * control, so a template bounds it (Royal College of Radiologists, timely delivery of radical radiotherapy, 2019).
 */
import type { Demand } from "./demand.ts";
import { type Day, weekdayOf } from "./hub-time.ts";
import { weekOfDay } from "./urgent-reserve.ts";

/** The days on which a site treats in every week, 1 for Monday to 7 for Sunday. */
type Pattern = {
  readonly weekdays: ReadonlySet<number>;
  readonly sessionsPerDay: number;
  /** 0 for no limit. */
  readonly sessionsPerWeek: number;
  /** From one day with sessions to the next. */
  readonly daysApart: number;
};

const minutesOfHour = 60;
const minutesOfDay = 1440;

/**
 * The day of each session of the course as it would be with no day lost: from that first day on, on every weekday on
 * which one of the sites has regular hours, as many as the rules allow.
 */
export function idealDays(demand: Demand, sites: readonly string[], firstDay: Day): Day[] {
  const pattern = patternOf(demand, sites);
  const days: Day[] = [];
  let day = firstDay;
  let ofDay = 0;
  let ofWeek = 0;
  for (const _ of demand.phases) {
    if (ofDay === pattern.sessionsPerDay || isFull(pattern, ofWeek)) {
      const next = nextDay(pattern, day, isFull(pattern, ofWeek));
      ofWeek = weekOfDay(next) === weekOfDay(day) ? ofWeek : 0;
      ofDay = 0;
      day = next;
    }
    days.push(day);
    ofDay += 1;
    ofWeek += 1;
  }
  return days;
}

/** The days by which sessions that end on that day are prolonged. */
export function prolongationOf(ideal: readonly Day[], lastDay: Day): number {
  return Math.max(0, lastDay - (ideal.at(-1) ?? lastDay));
}

function isFull({ sessionsPerWeek }: Pattern, ofWeek: number): boolean {
  return sessionsPerWeek > 0 && ofWeek >= sessionsPerWeek;
}

function nextDay({ weekdays, daysApart }: Pattern, from: Day, nextWeek: boolean): Day {
  let day = from + daysApart;
  while ((nextWeek && weekOfDay(day) === weekOfDay(from)) || !weekdays.has(weekdayOf(day)))
    day += 1;
  return day;
}

function patternOf({ document, rules, shapes }: Demand, sites: readonly string[]): Pattern {
  const { sessionsPerDay, sessionsPerWeek, minGapHours } = rules;
  const regular = document.resources
    .filter(({ id }) => sites.includes(id))
    .flatMap(({ weeklyOpenings }) => weeklyOpenings)
    .filter(({ onlyForCompensation }) => !onlyForCompensation)
    .flatMap(({ days }) => days);
  const weekdays = new Set(regular.length === 0 ? everyDay : regular);
  const minutes = Math.max(0, ...shapes.map((shape) => shape.minutes));
  const apart = Math.ceil((minGapHours * minutesOfHour + minutes) / minutesOfDay);
  return { weekdays, sessionsPerDay, sessionsPerWeek, daysApart: sessionsPerDay > 1 ? 1 : apart };
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];
