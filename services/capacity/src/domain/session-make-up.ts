import type { CoursePlan } from "./demand.ts";
import type { CourseTemplate, HubDocument, SessionRules } from "./hub.ts";
import { type Day, weekdayOf } from "./hub-time.ts";
import { resourceName, splitTemplateName } from "./names.ts";

/** On which days a course is treated, as long as no day is lost. */
export type Pattern = Pick<SessionRules, "sessionsPerDay" | "sessionsPerWeek"> & {
  /** 1 for Monday to 7 for Sunday; never empty. */
  readonly weekdays: ReadonlySet<number>;
  /** From one day with sessions to the next. */
  readonly daysApart: number;
};

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const hoursOfDay = 24;
const daysOfWeek = 7;

/**
 * The day of the last of so many sessions that follow those days: each on the next day that the pattern allows, the last
 * one of the days filled up first. Closures and holidays are not looked at.
 */
export function madeUpDay(pattern: Pattern, days: readonly Day[], count: number): Day {
  const { sessionsPerDay, sessionsPerWeek } = pattern;
  let day = Math.max(...days);
  let ofDay = days.filter((other) => other === day).length;
  let ofWeek = days.filter((other) => weekOf(other) === weekOf(day)).length;
  for (let left = count; left > 0; left -= 1) {
    const isWeekFull = sessionsPerWeek > 0 && ofWeek >= sessionsPerWeek;
    if (isWeekFull || ofDay >= sessionsPerDay) {
      const next = nextDay(pattern, day, isWeekFull);
      if (weekOf(next) !== weekOf(day)) ofWeek = 0;
      ofDay = 0;
      day = next;
    }
    ofDay += 1;
    ofWeek += 1;
  }
  return day;
}

/**
 * The pattern of a course at these sites (full names) by the hub's document: the weekdays on which one of them has
 * regular hours, and what the template says; once a day where the template is gone.
 */
export function patternOf(
  document: HubDocument,
  course: { readonly plan: CoursePlan | undefined; readonly sites: ReadonlySet<string> },
): Pattern {
  const rules = templateOf(document, course.plan)?.rules;
  const regular = document.resources
    .filter(({ id }) => course.sites.has(resourceName(document.name, id)))
    .flatMap(({ weeklyOpenings }) => weeklyOpenings)
    .filter(({ onlyForCompensation }) => !onlyForCompensation)
    .flatMap(({ days }) => days);
  const { sessionsPerDay = 1, sessionsPerWeek = 0, minGapHours = 0 } = rules ?? {};
  return {
    weekdays: new Set(regular.length === 0 ? everyDay : regular),
    sessionsPerDay,
    sessionsPerWeek,
    daysApart: sessionsPerDay > 1 ? 1 : Math.max(1, Math.ceil(minGapHours / hoursOfDay)),
  };
}

/** The template of a plan in the hub's present document; undefined where it is gone. */
export function templateOf(
  { templates }: HubDocument,
  plan: CoursePlan | undefined,
): CourseTemplate | undefined {
  const id = plan && splitTemplateName(plan.template)?.id;
  return templates.find((template) => template.id === id);
}

function nextDay({ weekdays, daysApart }: Pattern, from: Day, isWeekFull: boolean): Day {
  const isAllowed = (day: Day) =>
    weekdays.has(weekdayOf(day)) && !(isWeekFull && weekOf(day) === weekOf(from));
  let day = from + daysApart;
  while (!isAllowed(day)) day += 1;
  return day;
}

function weekOf(day: Day): number {
  return Math.floor((day + 3) / daysOfWeek);
}
