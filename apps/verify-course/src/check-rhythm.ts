import {
  CompensationRule,
  type SessionRules,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Session } from "./certificate.ts";
import { maxGapHoursOf } from "./check-document.ts";
import { whereOf } from "./check-sessions.ts";
import { dateAt, minuteAt, minuteOfDay, mondayOf } from "./clock.ts";
import { type Course, sessionsToCome } from "./course.ts";
import { isOpen, resourceOf } from "./hub.ts";
import { unless, type Violation } from "./violation.ts";

const minutesOfHour = 60;

/** How the sessions follow each other: grid, gaps, numbers per day and week, time of day, lost days made up for. */
export function checkRhythm(course: Course): Violation[] {
  const { certificate, hub, rules } = course;
  const { sessions } = certificate;
  const dateOf = ({ start }: Session) => dateAt(start, hub.zone).toString();
  const days = [...Map.groupBy(sessions, dateOf)];
  const toCome = sessionsToCome(certificate);
  return [
    ...toCome.flatMap((session) => checkStart(course, session)),
    ...checkGaps(course),
    ...days.flatMap(([date, ofDay]) => checkDay(rules, date, ofDay)),
    ...checkWeeks(course),
    ...checkTimeOfDay(course, days),
    ...toCome.flatMap((session) => checkCompensation(course, session)),
  ];
}

function checkStart({ certificate, hub, rules }: Course, session: Session): Violation[] {
  const { start, end } = session;
  const window = certificate.under_anaesthesia ? rules.anaesthesiaWindow : undefined;
  const date = dateAt(start, hub.zone);
  const at = (time: string) => minuteAt(date, time, hub.zone);
  return [
    ...unless(
      minuteOfDay(start, hub.zone) % rules.gridMinutes === 0,
      "GRID",
      whereOf(session),
      `starts off the grid of ${rules.gridMinutes} minutes`,
    ),
    ...unless(
      window === undefined || (at(window.start) <= start && end <= at(window.end)),
      "ANAESTHESIA_WINDOW",
      whereOf(session),
      `lies outside ${window?.start} to ${window?.end}`,
    ),
  ];
}

function checkGaps({ certificate, hub, rules }: Course): Violation[] {
  const { sessions, gap_minutes: stated, begun } = certificate;
  const [next] = sessionsToCome(certificate);
  const gaps = sessions.slice(1).map((session, index) => {
    const before = sessions[index] ?? session;
    const end = session === next ? (begun?.last ?? before.end) : before.end;
    const dayBefore = dateAt(end === before.end ? before.start : end - 1, hub.zone);
    const isSameDay = dayBefore.equals(dateAt(session.start, hub.zone));
    return {
      session,
      minutes: session.start - end,
      isSameDay,
      planned: session.start - before.end,
    };
  });
  const toCome = gaps.slice(Math.max(0, (begun?.sessions ?? 0) - 1));
  return [
    ...toCome.flatMap(({ session, minutes, isSameDay }) => {
      // An interruption may last as long as it has to.
      const mayWait = begun !== undefined && session === next;
      const longest = mayWait ? Number.POSITIVE_INFINITY : maxGapHoursOf(rules) * minutesOfHour;
      const hours = isSameDay && rules.sameDayGapHours > 0 ? rules.sameDayGapHours : undefined;
      const least = (hours ?? rules.minGapHours) * minutesOfHour;
      const found = `begins ${minutes} minutes after the one before`;
      return [
        ...unless(minutes >= least, "GAP_TOO_SHORT", whereOf(session), `${found}, not ${least}`),
        ...unless(minutes <= longest, "GAP_TOO_LONG", whereOf(session), `${found}, not ${longest}`),
      ];
    }),
    ...unless(
      stated.length === gaps.length && gaps.every(({ planned }, at) => stated[at] === planned),
      "GAP_MINUTES",
      "gap_minutes",
      "are not the gaps between the sessions",
    ),
  ];
}

// One more where it makes up for a lost day; one in an opening for lost days may be that one too.
function checkDay(rules: SessionRules, date: string, ofDay: readonly Session[]): Violation[] {
  const beyond = ofDay.slice(rules.sessionsPerDay);
  const isMore = beyond[0]?.compensation === "SAME_DAY" || isMoreOfExtraDay(rules, beyond[0]);
  const most = rules.sessionsPerDay + (isMore ? 1 : 0);
  return [
    ...unless(ofDay.length <= most, "SESSIONS_PER_DAY", date, `${ofDay.length}, not ${most}`),
    ...ofDay.flatMap((session) =>
      unless(
        session.compensation !== "SAME_DAY" || beyond.includes(session),
        "COMPENSATION",
        whereOf(session),
        "is said to be one more of its day, and is not",
      ),
    ),
  ];
}

function isMoreOfExtraDay({ compensations }: SessionRules, session: Session | undefined): boolean {
  const isExtra = session?.compensation === "EXTRA_DAY";
  return isExtra && compensations.includes(CompensationRule.SAME_DAY);
}

// What makes up for a lost day does not count in its week.
function checkWeeks({ certificate, hub, rules }: Course): Violation[] {
  const most = rules.sessionsPerWeek;
  if (most === 0) return [];
  const weekOf = ({ start }: Session) => mondayOf(dateAt(start, hub.zone)).toString();
  const counted = certificate.sessions.filter(({ compensation }) => compensation === "");
  return [...Map.groupBy(counted, weekOf)].flatMap(([monday, { length }]) =>
    unless(length <= most, "SESSIONS_PER_WEEK", `week of ${monday}`, `${length}, not ${most}`),
  );
}

function checkTimeOfDay(
  { certificate, hub, rules }: Course,
  days: readonly [string, Session[]][],
): Violation[] {
  const window = rules.timeOfDayWindowMinutes;
  if (window === 0) return [];
  const toCome = new Set(sessionsToCome(certificate));
  const firsts = days.flatMap(([, ofDay]) => ofDay.slice(0, 1));
  const first = certificate.begun?.first ?? firsts[0]?.start ?? 0;
  const reference = minuteOfDay(first, hub.zone);
  const counted = firsts.filter((session) => toCome.has(session));
  return counted.flatMap((session) => {
    const away = Math.abs(minuteOfDay(session.start, hub.zone) - reference);
    const found = `is ${away} minutes from the first one's time of day, ${window} are allowed`;
    return unless(away <= window, "TIME_OF_DAY", whereOf(session), found);
  });
}

// What makes up for a lost day must be allowed to, and one in an opening that is kept for that must need it.
function checkCompensation({ certificate, hub }: Course, session: Session): Violation[] {
  const { compensation, uses } = session;
  if (compensation === "") return [];
  const { compensations } = certificate.rules;
  const needs = uses.some(({ resource: name, start, end }) => {
    const resource = resourceOf(hub, name);
    return resource && !isOpen(hub, resource, { start, end, forCompensation: false });
  });
  return [
    ...unless(
      compensations.includes(compensation),
      "COMPENSATION",
      whereOf(session),
      `${compensation} is not allowed by the template`,
    ),
    ...unless(
      compensation !== "EXTRA_DAY" || needs,
      "COMPENSATION",
      whereOf(session),
      "is said to be in an opening for lost days, and is in the usual ones",
    ),
  ];
}
