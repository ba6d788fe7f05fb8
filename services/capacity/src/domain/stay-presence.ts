import type { CoursePlan } from "./demand.ts";
import type { StayDistribution, TemplateStay } from "./hub.ts";
import { certainPpm } from "./overflow-probability.ts";

/** What of a patient says how long a stay lasts. */
export type Patient = Pick<CoursePlan, "statCategory" | "ageMonths">;

/**
 * The probabilities, in millionths, that this patient is still there on the first, second, … day of the stay: the first
 * distribution of the template that fits. Undefined where none does; the planned days are then certain.
 */
export function presenceOf(
  { distributions = [] }: Pick<TemplateStay, "distributions">,
  patient: Patient,
): readonly number[] | undefined {
  return distributions.find((distribution) => fits(distribution, patient))?.presentPpm;
}

// What is not said of the patient fits only where nothing is asked of it.
function fits(distribution: StayDistribution, { statCategory, ageMonths }: Patient): boolean {
  const { statCategories, ageMonthsMin, ageMonthsMax } = distribution;
  const ofCategory =
    statCategories.length === 0 ||
    (statCategory !== undefined && statCategories.includes(statCategory));
  const anyAge = ageMonthsMin === 0 && ageMonthsMax === 0;
  const ofAge =
    ageMonths !== undefined &&
    ageMonths >= ageMonthsMin &&
    (ageMonthsMax === 0 || ageMonths <= ageMonthsMax);
  return ofCategory && (anyAge || ofAge);
}

/** A stay as it is counted by day. */
export type CountedStay = { readonly days: number; readonly presence?: readonly number[] };

/**
 * The probability, in millionths, that the patient is there on a day of the stay, the first being 0. A planned day past
 * the end of the distribution is certain: who planned it knew more.
 */
export function presenceOn({ days, presence = [] }: CountedStay, day: number): number {
  const there = presence[day] ?? 0;
  if (there > 0) return there;
  return day < days ? certainPpm : 0;
}

/** The days that a stay may last, planned or not. */
export function daysOf({ days, presence = [] }: CountedStay): number {
  return Math.max(days, presence.findLastIndex((there) => there > 0) + 1);
}

/**
 * The same probabilities once the patient is known to be there on that day, the first being 0: certain until then, and
 * more likely after it. On a day that the distribution gave no chance it knows nothing of those that follow.
 */
export function givenPresentOn(presence: readonly number[], day: number): number[] {
  const then = presence[day] ?? 0;
  return Array.from({ length: Math.max(presence.length, day + 1) }, (_, index) => {
    if (index <= day) return certainPpm;
    return then === 0
      ? 0
      : Math.min(certainPpm, Math.round(((presence[index] ?? 0) * certainPpm) / then));
  });
}
