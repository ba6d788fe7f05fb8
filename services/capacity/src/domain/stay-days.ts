import { must } from "@carehub/rules/fault";
import type { Bucket, PoolUse } from "./availability.ts";
import type { Course } from "./course.ts";
import type { HeldStay, Hold } from "./hold.ts";
import { dayOfDate } from "./hub-time.ts";
import { type StayRisk, stayRisks } from "./overflow-rule.ts";
import { givenPresentOn } from "./stay-presence.ts";

/** A stay as it took place; both days inclusive. */
export type ActualStay = {
  readonly stay: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
};

/** What a course has of a pool of beds on a day: as planned, and beyond what was free; by the pool's full name. */
export type KeptBeds = {
  readonly pool: string;
  readonly bucket: Bucket;
  readonly planned: number;
  readonly excess: number;
};

/** The stays of a course as they are expected now: as planned, or until the day that was recorded since. */
export function expectedStays({
  hold,
  extendedStays = [],
}: Pick<Course, "hold" | "extendedStays">): HeldStay[] {
  const { stays } = must(hold, "a booked course has a hold");
  return stays.map((stay) => {
    const extended = isLastPart(stays, stay)
      ? extendedStays.find((candidate) => candidate.stay === stay.stay)
      : undefined;
    const lastDate =
      extended === undefined ? stay.lastDate : later(stay.lastDate, extended.lastDate);
    return { ...stay, lastDate };
  });
}

/** How likely a course's patient is in which pool on which day, by the stays as they are expected now. */
export function expectedRisks(course: Pick<Course, "hold" | "extendedStays">): StayRisk[] {
  const { stays } = must(course.hold, "a booked course has a hold");
  return stayRisks(
    stays.map((part) => {
      const { stay, pool, firstDate, lastDate, presence } = part;
      const extended = isLastPart(stays, part)
        ? course.extendedStays?.find((candidate) => candidate.stay === stay)
        : undefined;
      const firstDay = dayOfDate(firstDate);
      const placed = { stay, pool, firstDay, days: dayOfDate(lastDate) - firstDay + 1 };
      if (presence === undefined) return placed;
      if (extended === undefined) return { ...placed, presence };
      const known = dayOfDate(extended.lastDate) - firstDay;
      return { ...placed, presence: givenPresentOn(presence, known) };
    }),
  );
}

// Beds that were given back and taken again make a stay of two parts; only the later can last longer.
function isLastPart(stays: readonly HeldStay[], { stay, firstDate }: HeldStay): boolean {
  const last = stays.findLast((candidate) => candidate.stay === stay);
  return last === undefined || last.firstDate.equals(firstDate);
}

/** The stays that a stop leaves of a treated course: the expected days from its admission until today. */
export function staysUntil(course: Course, today: Temporal.PlainDate): ActualStay[] {
  const admissionDate = must(course.admissionDate, "a course in treatment has an admission");
  return expectedStays(course)
    .map(({ stay, firstDate, lastDate }) => ({
      stay,
      firstDate: later(firstDate, admissionDate),
      lastDate: earlier(lastDate, today),
    }))
    .filter(({ firstDate, lastDate }) => Temporal.PlainDate.compare(firstDate, lastDate) <= 0);
}

/**
 * What becomes of a course's beds when these stays are all that it used: each used bed is first one that it has as
 * planned, the rest are beyond. Each entry says by how much the two differ from what it had.
 */
export function settleStays(
  { stays }: Pick<Hold, "stays">,
  kept: readonly KeptBeds[],
  actual: readonly ActualStay[],
): KeptBeds[] {
  const poolOf = new Map(stays.map(({ stay, pool }) => [stay, pool]));
  const used = countDays(
    actual.map((stay) => ({ ...stay, pool: must(poolOf.get(stay.stay), "the stay is planned") })),
  );
  const before = new Map(kept.map((beds) => [keyOf(beds), beds]));
  const all = new Map(
    [...before, ...used].map(([key, { pool, bucket }]) => [key, { pool, bucket }]),
  );
  return [...all]
    .map(([key, place]) => {
      const { planned = 0, excess = 0 } = before.get(key) ?? {};
      const amount = used.get(key)?.amount ?? 0;
      const asPlanned = Math.min(planned, amount);
      return { ...place, planned: asPlanned - planned, excess: amount - asPlanned - excess };
    })
    .filter(({ planned, excess }) => planned !== 0 || excess !== 0);
}

type PooledStay = ActualStay & { readonly pool: string };

function countDays(stays: readonly PooledStay[]): Map<string, PoolUse> {
  const counts = new Map<string, PoolUse>();
  for (const { pool, firstDate, lastDate } of stays) {
    const lastDay: Bucket = dayOfDate(lastDate);
    for (let bucket = dayOfDate(firstDate); bucket <= lastDay; bucket += 1) {
      const key = keyOf({ pool, bucket });
      counts.set(key, { pool, bucket, amount: (counts.get(key)?.amount ?? 0) + 1 });
    }
  }
  return counts;
}

function keyOf({ pool, bucket }: Pick<KeptBeds, "pool" | "bucket">): string {
  return `${pool} ${bucket}`;
}

function earlier(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? one : other;
}

function later(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? other : one;
}
