/*
 * An exhaustive search for courses, for tests: every combination of times is tried, session by session, against the
 * rules as they read in the hub's document. It shares no code with the planner or the index. Made for Kazakhstan's
 * February of 2026: the zone is five hours ahead, and working days are Monday to Friday.
 */
import type { Compensation, CourseTemplate, PreparationStep, SessionShape } from "./hub.ts";
import {
  type At,
  type Case,
  dayMinutes,
  dayOf,
  isFree,
  lengthOf,
  oracleDay,
  startOf,
  timesOn,
  weekdayOf,
  weekOf,
} from "./search-oracle-times.builder.ts";

/** A course as the oracle has it. */
export type OracleCourse = {
  readonly sessions: readonly { site: string; start: number; makesUp: string }[];
  readonly preparation: readonly { step: string; start: number }[];
};

/** The course that begins at each time and site at which one can, in the order of these. */
export function allCourses(given: Case): OracleCourse[] {
  const allowed = given.template.rules.compensations ?? [];
  const ways: Compensation[][] = [[], ...allowed.map((one) => [one])];
  if (allowed.length > 1) ways.push([...allowed]);
  for (const way of ways) {
    const found = coursesBy(given, way);
    if (found.length > 0) return found;
  }
  return [];
}

function coursesBy(given: Case, way: readonly Compensation[]): OracleCourse[] {
  const { plan, template, now } = given;
  const shapes = shapesOf(given);
  const found: OracleCourse[] = [];
  const last = oracleDay(plan.dueDate);
  for (let day = Math.max(oracleDay(plan.readyDate), dayOf(now)); day <= last; day += 1) {
    if (!template.stays.every((stay) => hasBeds(given, stay, day))) continue;
    const preparation = prepare(given, day);
    if (preparation === undefined) continue;
    for (const group of groupsOf(given)) {
      const ideal = idealOf(given, group, day, shapes.length);
      for (const first of timesOn(given, group, { day, shape: shapes[0], extra: false })) {
        const sessions = goOn(given, { way, ideal, group, shapes }, [first]);
        if (sessions === undefined) continue;
        found.push({
          sessions: sessions.map(({ site, start, makesUp }) => ({ site, start, makesUp })),
          preparation,
        });
      }
    }
  }
  const order = (course: OracleCourse) => course.sessions[0]?.start ?? 0;
  return found.toSorted((one, other) => order(one) - order(other));
}

type Trying = {
  way: readonly Compensation[];
  ideal: readonly number[];
  group: readonly string[];
  shapes: readonly SessionShape[];
};

// The first complete course in the order of days, regular hours before others, times, and sites.
function goOn(
  given: Case,
  trying: Trying,
  sofar: readonly At[],
): (At & { makesUp: string })[] | undefined {
  const marked = keeps(given, trying, sofar);
  if (marked === undefined) return undefined;
  if (sofar.length === trying.shapes.length) return marked;
  const before = sofar[sofar.length - 1];
  const shape = trying.shapes[sofar.length];
  if (before === undefined || shape === undefined) return undefined;
  const until = before.day + Math.ceil((given.template.rules.maxGapHours || 720) / 24) + 1;
  for (let day = before.day; day <= until; day += 1) {
    for (const extra of [false, true]) {
      for (const next of timesOn(given, trying.group, { day, shape, extra })) {
        if (next.start < before.end) continue;
        const done = goOn(given, trying, [...sofar, next]);
        if (done !== undefined) return done;
      }
    }
  }
  return undefined;
}

// Every rule about a course so far, looked at as a whole.
function keeps(given: Case, { way, ideal }: Trying, course: readonly At[]) {
  const { rules } = given.template;
  const first = course[0];
  const lastIdeal = ideal[ideal.length - 1];
  if (first === undefined || lastIdeal === undefined) return undefined;
  const timeOf = (at: At) => at.start - startOf(at.day);
  const marked: (At & { makesUp: string })[] = [];
  for (const [index, at] of course.entries()) {
    const before = course[index - 1];
    const ofDay = course.slice(0, index + 1).filter(({ day }) => day === at.day).length;
    if (before !== undefined) {
      const hours = (at.start - before.end) / 60;
      const least =
        before.day === at.day ? rules.sameDayGapHours || rules.minGapHours : rules.minGapHours;
      if (hours < least || hours > (rules.maxGapHours || 720)) return undefined;
    }
    if (rules.timeOfDayWindowMinutes > 0 && ofDay === 1) {
      if (Math.abs(timeOf(at) - timeOf(first)) > rules.timeOfDayWindowMinutes) return undefined;
    }
    const isBehind = way.length > 0 && (ideal[index] ?? at.day + 1) <= at.day;
    const isOver = ofDay > rules.sessionsPerDay;
    if (isOver && !(isBehind && way.includes("SAME_DAY"))) return undefined;
    if (ofDay > rules.sessionsPerDay + 1) return undefined;
    if (at.extra && !(isBehind && way.includes("EXTRA_DAY") && index > 0)) return undefined;
    if (rules.prolongationDaysMax !== undefined && at.day > lastIdeal + rules.prolongationDaysMax) {
      return undefined;
    }
    marked.push({ ...at, makesUp: at.extra ? "EXTRA_DAY" : isOver ? "SAME_DAY" : "" });
    const usual = marked.filter(
      ({ day, makesUp }) => weekOf(day) === weekOf(at.day) && makesUp === "",
    );
    if (rules.sessionsPerWeek > 0 && usual.length > rules.sessionsPerWeek) return undefined;
  }
  return marked;
}

function shapesOf({ template, plan }: Case): SessionShape[] {
  const shapes: SessionShape[] = [];
  for (const phase of template.phases) {
    const planned = plan.phases.find((one) => one.phase === phase.id)?.sessionCount;
    const count = plan.phases.length === 0 ? phase.sessionCount : (planned ?? 0);
    for (let number = 0; number < count; number += 1) {
      const usual = phase.session ?? template;
      shapes.push(number === 0 ? (phase.firstSession ?? usual) : usual);
    }
  }
  return shapes;
}

function groupsOf({ document, template }: Case): string[][] {
  const rooms = document.resources.filter(({ kind }) => kind === "ROOM");
  if (!template.rules.sameSite) return [rooms.map(({ id }) => id)];
  const groups = new Map<string, string[]>();
  for (const { id, mirrorGroup } of rooms) {
    const key = mirrorGroup ? `=${mirrorGroup}` : id;
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups.values()];
}

function hasBeds(
  { document, taken, template }: Case,
  stay: CourseTemplate["stays"][number],
  day: number,
): boolean {
  const pool = document.pools.find(({ id }) => id === stay.pool);
  for (let at = 0; at < stay.days; at += 1) {
    const bucket = day + stay.fromDay + at;
    const wanted = template.stays.filter(
      (one) =>
        one.pool === stay.pool &&
        day + one.fromDay <= bucket &&
        bucket < day + one.fromDay + one.days,
    ).length;
    const places = (pool?.capacity ?? 0) - (pool?.emergencyReserve ?? 0);
    if ((taken.used.get(`${stay.pool} ${bucket}`) ?? 0) + wanted > places) return false;
  }
  return true;
}

function prepare(given: Case, firstDay: number): { step: string; start: number }[] | undefined {
  const placed: { step: string; start: number }[] = [];
  let until = startOf(firstDay);
  for (const step of [...(given.template.preparation ?? [])].reverse()) {
    const start = latestOf(given, step, firstDay, until);
    if (start === undefined) return undefined;
    placed.unshift({ step: step.id, start });
    until = start;
  }
  return placed;
}

function latestOf(
  given: Case,
  step: PreparationStep,
  firstDay: number,
  until: number,
): number | undefined {
  const from = Math.max(workingDaysBefore(firstDay, step.leadDaysMax), dayOf(given.now));
  const to = workingDaysBefore(firstDay, step.leadDaysMin);
  const uses = step.uses.filter((use) => given.plan.underAnaesthesia || !use.onlyUnderAnaesthesia);
  const { gridMinutes } = given.template.rules;
  let latest: number | undefined;
  for (let day = from; day <= to; day += 1) {
    for (
      let minute = 0;
      minute < dayMinutes;
      minute += uses.length === 0 ? dayMinutes : gridMinutes
    ) {
      const start = startOf(day) + minute;
      const end = start + Math.max(0, ...uses.map((use) => use.offsetMinutes + use.minutes));
      const fits = uses.every((use) =>
        given.document.resources.some(
          (one) =>
            one.kind === use.kind &&
            isFree(
              given,
              one,
              start + use.offsetMinutes,
              start + use.offsetMinutes + use.minutes,
              false,
            ),
        ),
      );
      if (end <= until && fits) latest = start;
    }
  }
  return latest;
}

// The days of the sessions with no day lost.
function idealOf(given: Case, group: readonly string[], firstDay: number, count: number): number[] {
  const { rules } = given.template;
  const open = given.document.resources
    .filter(({ id }) => group.includes(id))
    .flatMap(({ weeklyOpenings }) => weeklyOpenings.filter((one) => !one.onlyForCompensation))
    .flatMap(({ days }) => days);
  const longest = Math.max(...shapesOf(given).map((shape) => lengthOf(given, shape)));
  const apart =
    rules.sessionsPerDay > 1 ? 1 : Math.ceil((rules.minGapHours * 60 + longest) / dayMinutes);
  const days: number[] = [];
  for (let day = firstDay, since = apart; days.length < count; day += 1, since += 1) {
    const isTreatmentDay = day === firstDay || open.length === 0 || open.includes(weekdayOf(day));
    if (!isTreatmentDay || since < apart) continue;
    for (let ofDay = 0; ofDay < rules.sessionsPerDay && days.length < count; ofDay += 1) {
      const ofWeek = days.filter((other) => weekOf(other) === weekOf(day)).length;
      if (rules.sessionsPerWeek > 0 && ofWeek >= rules.sessionsPerWeek) break;
      days.push(day);
      since = 0;
    }
  }
  return days;
}

function workingDaysBefore(day: number, count: number): number {
  let at = day;
  for (let left = count; left > 0; ) {
    at -= 1;
    if (weekdayOf(at) <= 5) left -= 1;
  }
  return at;
}
