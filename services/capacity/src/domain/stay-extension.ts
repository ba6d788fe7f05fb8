import { DomainError } from "@carehub/rules/domain-error";
import type { Course, CourseDecision } from "./course.ts";
import type { HeldStay } from "./hold.ts";
import { type Day, dayOfDate } from "./hub-time.ts";
import type { CapacityReason } from "./reasons.ts";
import type { KeptBeds } from "./stay-days.ts";
import { holdOf, requireInTreatment } from "./treatment.ts";

/** A stay that lasts longer than planned, until that day as it is expected now. */
export type ExtendedStay = {
  readonly stay: string;
  readonly lastDate: Temporal.PlainDate;
  readonly reason: string;
};

/** What a pool of beds has on a day, and how many of them are taken. */
export type BedDay = { readonly bucket: Day; readonly capacity: number; readonly used: number };

/** The days by which a stay became longer, and those by which it became shorter; by the full name of its pool. */
export type ExtensionDays = {
  readonly pool: string;
  readonly added: readonly Day[];
  readonly removed: readonly Day[];
};

const stayDaysMax = 365;

/**
 * Records until when a stay lasts that goes beyond its plan; the planned last day takes that back. The same again changes
 * nothing. Fails with COURSE_NOT_IN_TREATMENT, STAY_UNKNOWN, STAY_WITHIN_PLAN and DATE_RANGE_INVALID.
 */
export function extendStay(course: Course, asked: ExtendedStay): CourseDecision {
  requireInTreatment(course);
  const { stay, lastDate, reason } = asked;
  const planned = holdOf(course).stays.findLast((held) => held.stay === stay);
  if (planned === undefined) throw refusal("STAY_UNKNOWN", { stay });
  const { extendedStays = [] } = course;
  const before = extendedStays.find((extended) => extended.stay === stay);
  const beyond = Temporal.PlainDate.compare(lastDate, planned.lastDate);
  if (beyond < 0 || (beyond === 0 && before === undefined)) {
    throw refusal("STAY_WITHIN_PLAN", { stay, last_date: planned.lastDate.toString() });
  }
  const { days } = planned.firstDate.until(lastDate, { largestUnit: "days" });
  if (days >= stayDaysMax) {
    throw refusal("DATE_RANGE_INVALID", { days_max: String(stayDaysMax) });
  }
  if (before?.lastDate.equals(lastDate) && before.reason === reason) {
    return { state: course, events: [] };
  }
  const others = extendedStays.filter((extended) => extended.stay !== stay);
  const extension: ExtendedStay = { stay, lastDate, reason };
  return {
    state: { ...course, extendedStays: beyond === 0 ? others : [...others, extension] },
    events: [{ type: "StayExtended", ...extension }],
  };
}

/** How the days of a stay differ between what was expected of it before and what is now. */
export function extensionDays(before: HeldStay, after: HeldStay): ExtensionDays {
  const was = dayOfDate(before.lastDate);
  const is = dayOfDate(after.lastDate);
  return { pool: after.pool, added: daysBetween(was, is), removed: daysBetween(is, was) };
}

/**
 * What an extension changes of a course's beds: a day more is as planned where a bed is free, and beyond where none is; of
 * a day less, what was beyond goes first.
 */
export function allotBeds(
  { pool, added, removed }: ExtensionDays,
  kept: readonly KeptBeds[],
  beds: readonly BedDay[],
): KeptBeds[] {
  return [
    ...added.map((bucket) => {
      const day = beds.find((candidate) => candidate.bucket === bucket);
      const isFree = day !== undefined && day.used < day.capacity;
      return { pool, bucket, planned: isFree ? 1 : 0, excess: isFree ? 0 : 1 };
    }),
    ...removed.map((bucket) => {
      const own = kept.find((beds) => beds.pool === pool && beds.bucket === bucket);
      const isBeyond = (own?.excess ?? 0) > 0;
      return { pool, bucket, planned: isBeyond ? 0 : -1, excess: isBeyond ? -1 : 0 };
    }),
  ];
}

function daysBetween(after: Day, until: Day): Day[] {
  return Array.from({ length: Math.max(0, until - after) }, (_, index) => after + index + 1);
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
