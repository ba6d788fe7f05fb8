import type { TimedHub } from "@carehub/capacity/domain/demand";
import { type Day, weekdayOf } from "@carehub/capacity/domain/hub-time";
import { idealDays, prolongationOf } from "@carehub/capacity/domain/prolongation";
import type { Placement } from "@carehub/capacity/domain/session-placement";
import { siteSpanOf, type Treatment } from "./treatment.ts";

/** What one course's sessions came to, those still to come as they are planned. */
export type CourseMeasures = {
  readonly treatment: Treatment;
  readonly waitDays: number;
  readonly prolongationDays: number;
  readonly isProlonged: boolean;
  readonly gapsTooLong: number;
  readonly offTime: number;
  readonly extraDays: number;
  readonly secondsOfDay: number;
};

const minutesOfHour = 60;

/** Measures every course that has begun; what is still to come counts as it is planned. */
export function measureCourses(treatments: readonly Treatment[]): CourseMeasures[] {
  return treatments.flatMap((treatment) => {
    const { sessions, given, demand, patient } = treatment;
    const [first] = sessions;
    if (given === 0 || first === undefined || demand === undefined) return [];
    const group = demand.siteGroups.find((sites) => sites.includes(first.site)) ?? [first.site];
    // Counted by the sessions that it has, so that a course from which some were dropped does not look short.
    const ideal = idealDays(demand, group, first.day);
    const prolongationDays = prolongationOf(ideal, sessions.at(-1)?.day ?? first.day);
    const limit = rulesOf(treatment).prolongationDaysMax;
    return [
      {
        ...{ treatment, prolongationDays, waitDays: first.day - patient.readyDay },
        isProlonged: limit !== undefined && prolongationDays > limit,
        gapsTooLong: countGaps(sessions, rulesOf(treatment).maxGapHours * minutesOfHour),
        offTime: countOffTime(treatment, sessions),
        extraDays: sessions.filter(({ compensation }) => compensation === "EXTRA_DAY").length,
        secondsOfDay: sessions.filter(({ compensation }) => compensation === "SAME_DAY").length,
      },
    ];
  });
}

// As the template has them, whatever people accepted since.
function rulesOf({ demand }: Treatment) {
  if (demand === undefined) throw new Error("a measured course was planned");
  return demand.template.rules;
}

function countGaps(sessions: readonly Placement[], most: number): number {
  return sessions.filter((session, at) => {
    const before = sessions[at - 1];
    return before !== undefined && most > 0 && session.start - before.end > most;
  }).length;
}

// Only the first of a day has to be near the course's time of day.
function countOffTime(treatment: Treatment, sessions: readonly Placement[]): number {
  const { demand } = treatment;
  const [first] = sessions;
  if (demand === undefined || first === undefined) return 0;
  const window = rulesOf(treatment).timeOfDayWindowMinutes;
  const ofDay = ({ start, day }: Placement) => start - demand.time.startOf(day);
  return sessions.filter((session, at) => {
    const isFirst = session.day !== sessions[at - 1]?.day;
    return window > 0 && isFirst && Math.abs(ofDay(session) - ofDay(first)) > window;
  }).length;
}

/** What rooms and beam gave in some days. */
export type UseMeasures = {
  readonly openHours: number;
  readonly usedHours: number;
  readonly beamHours: number;
};

/** Measures each of the spans of days; openings are those of every week and of single dates, without checks. */
export function measureUse(
  { document, time }: TimedHub,
  treatments: readonly Treatment[],
  spans: readonly { readonly first: Day; readonly last: Day }[],
): UseMeasures[] {
  const rooms = document.resources.filter(({ kind }) => kind === "ROOM").map(({ id }) => id);
  const used = new Map<Day, { room: number; beam: number }>();
  for (const { sessions, given } of treatments) {
    for (const session of sessions.slice(0, given)) {
      const { start, end } = siteSpanOf(session);
      const before = used.get(session.day) ?? { room: 0, beam: 0 };
      const beam = session.beam.reduce((sum, { amount }) => sum + amount, 0);
      used.set(session.day, { room: before.room + end - start, beam: before.beam + beam });
    }
  }
  return spans.map(({ first, last }) => {
    const days = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    const open = days.flatMap((day) => rooms.flatMap((room) => [...time.openings(room, day)]));
    const sum = (minutes: readonly number[]) => minutes.reduce((all, one) => all + one, 0);
    return {
      openHours: sum(open.map(({ start, end }) => end - start)) / minutesOfHour,
      usedHours: sum(days.map((day) => used.get(day)?.room ?? 0)) / minutesOfHour,
      beamHours: sum(days.map((day) => used.get(day)?.beam ?? 0)) / minutesOfHour,
    };
  });
}

/** The weeks of a run from Monday to Sunday, the first and the last perhaps shorter. */
export function weeksOf(days: readonly Day[]): { readonly first: Day; readonly last: Day }[] {
  const weeks: { first: Day; last: Day }[] = [];
  for (const day of days) {
    const week = weeks.at(-1);
    if (week === undefined || weekdayOf(day) === 1) weeks.push({ first: day, last: day });
    else week.last = day;
  }
  return weeks;
}

/** The value under which that share of them lies; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
