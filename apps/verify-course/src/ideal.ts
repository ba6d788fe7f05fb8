import { mondayOf } from "./clock.ts";
import type { Course } from "./course.ts";
import { resourceOf, sitesOf } from "./hub.ts";

const minutesOfHour = 60;
const minutesOfDay = 1440;
const everyDay: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/**
 * The day of the last session if the same sessions began on that day and none was lost: on every weekday on which a
 * site of the course has regular hours, as many a day and a week as the rules allow, the least gap apart.
 */
export function idealLastDate(course: Course, first: Temporal.PlainDate): Temporal.PlainDate {
  const { certificate, rules } = course;
  const weekdays = regularWeekdays(course);
  const apart = daysApart(course);
  let date = first;
  let ofDay = 0;
  let ofWeek = 0;
  for (const _ of certificate.sessions) {
    const isWeekFull = rules.sessionsPerWeek > 0 && ofWeek >= rules.sessionsPerWeek;
    if (isWeekFull || ofDay >= rules.sessionsPerDay) {
      const week = mondayOf(date);
      let next = date.add({ days: apart });
      while (!weekdays.includes(next.dayOfWeek) || (isWeekFull && mondayOf(next).equals(week))) {
        next = next.add({ days: 1 });
      }
      if (!mondayOf(next).equals(week)) ofWeek = 0;
      ofDay = 0;
      date = next;
    }
    ofDay += 1;
    ofWeek += 1;
  }
  return date;
}

function regularWeekdays({ certificate, hub, template, rules }: Course): readonly number[] {
  const [first] = certificate.sessions;
  const group = first && resourceOf(hub, first.site)?.mirrorGroup;
  const days = sitesOf(hub, template)
    .map((name) => ({ name, resource: resourceOf(hub, name) }))
    .filter(
      ({ name, resource }) =>
        !rules.sameSite ||
        name === first?.site ||
        (Boolean(group) && resource?.mirrorGroup === group),
    )
    .flatMap(({ resource }) => resource?.weeklyOpenings ?? [])
    .filter(({ onlyForCompensation }) => !onlyForCompensation)
    .flatMap((opening): number[] => opening.days);
  return days.length === 0 ? everyDay : days;
}

function daysApart({ certificate, rules }: Course): number {
  if (rules.sessionsPerDay > 1) return 1;
  const longest = Math.max(...certificate.sessions.map(({ start, end }) => end - start));
  return Math.ceil((rules.minGapHours * minutesOfHour + longest) / minutesOfDay);
}
