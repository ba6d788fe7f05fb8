/*
 * The rules that bind a session to the one before it in its course.
 */
import { must } from "@carehub/rules/fault";
import type { Demand } from "./demand.ts";
import type { Compensation } from "./hub.ts";
import type { Day, Minute } from "./hub-time.ts";
import type { Placement } from "./session-placement.ts";
import type { Shape } from "./session-shape.ts";
import { weekOfDay } from "./urgent-reserve.ts";

/** Which session of its day and of its week a session is; what makes up for a lost day does not count in the week. */
export type Counts = { readonly ofDay: number; readonly ofWeek: number };

/** A session at its place in a course. */
export type Step = Counts & {
  readonly placement: Placement;
  /** Counts the sessions of the course from 0. */
  readonly index: number;
  readonly compensation?: Compensation;
};

/** Where a next session may start. */
export type NextRange = {
  /** On the same day. */
  readonly sameDay: Minute;
  /** On a later day. */
  readonly earliest: Minute;
  readonly latest: Minute;
};

/** A day for a next session: whether the course is behind its pattern there, and whether it is an extra day. */
export type NextDay = {
  readonly day: Day;
  readonly isBehind: boolean;
  readonly withExtra: boolean;
};

const minutesOfHour = 60;
const gapHoursMax = 720;

/** What the session of that index uses. */
export function shapeAt({ shapes }: Demand, index: number): Shape {
  return must(shapes[index], "every session has a shape");
}

/** The least and the greatest start after a session's end. */
export function rangeAfter({ rules }: Demand, end: Minute): NextRange {
  const { minGapHours, sameDayGapHours = 0 } = rules;
  const maxGap = rules.maxGapHours === 0 ? gapHoursMax : rules.maxGapHours;
  return {
    sameDay: end + (sameDayGapHours === 0 ? minGapHours : sameDayGapHours) * minutesOfHour,
    earliest: end + minGapHours * minutesOfHour,
    latest: end + maxGap * minutesOfHour,
  };
}

/** Whether the time of day is near enough to that of the first session. */
export function isNearTimeOfDay(demand: Demand, minuteOfDay: number, firstOfDay: number): boolean {
  const window = demand.rules.timeOfDayWindowMinutes;
  return window === 0 || Math.abs(minuteOfDay - firstOfDay) <= window;
}

/** Which session of its day and week one on that day would be after this one; undefined where that is one too many. */
export function countsAfter(
  { rules, compensations, reserve }: Demand,
  step: Counts & { readonly placement: Pick<Placement, "day"> },
  { day, isBehind, withExtra }: NextDay,
): (Counts & Pick<Step, "compensation">) | undefined {
  const ofDay = day === step.placement.day ? step.ofDay + 1 : 1;
  const isSecond = ofDay > rules.sessionsPerDay;
  if (isSecond && !(isBehind && compensations.includes("SAME_DAY"))) return undefined;
  if (ofDay > rules.sessionsPerDay + 1) return undefined;
  const compensation = withExtra ? "EXTRA_DAY" : isSecond ? "SAME_DAY" : undefined;
  const makesUp = compensation === undefined ? {} : ({ compensation } as const);
  // Counted only where it matters, so that fewer points differ.
  const isLimited = rules.sessionsPerWeek > 0;
  if (!isLimited && reserve === undefined) return { ofDay, ofWeek: 1, ...makesUp };
  const before = weekOfDay(day) === weekOfDay(step.placement.day) ? step.ofWeek : 0;
  const ofWeek = before + (compensation === undefined ? 1 : 0);
  if (isLimited && ofWeek > rules.sessionsPerWeek) return undefined;
  return { ofDay, ofWeek, ...makesUp };
}
