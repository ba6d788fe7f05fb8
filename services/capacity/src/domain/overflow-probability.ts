/*
 * How many of a unit's patients are there on a day, when each is there or not by a probability of its own: the
 * Poisson-binomial distribution, computed patient by patient.
 *
 * Exact but for rounding. Only sums and products of what is not negative are formed, so nothing cancels: for n patients
 * the relative error of a probability is below 3(n + 1) · 2⁻⁵³, under 10⁻¹² for 1,000 of them.
 * Not modelled: that stays depend on each other, as in an epidemic, or that a full unit discharges earlier.
 */

/** Certainty in millionths. */
export const certainPpm = 1_000_000;

/** How full a unit is on a day: the probability that its beds do not suffice, and that they just do, all taken. */
export type Fullness = { readonly over: number; readonly full: number };

/**
 * The probability that more of these patients are there than there are beds, each of them there with its own
 * probability in millionths, independently of the others.
 */
export function overflowProbability(presences: readonly number[], beds: number): number {
  return fullnessOf(presences, beds).over;
}

/** Both probabilities for these patients; with fewer than no beds the unit overflows whoever is there. */
export function fullnessOf(presences: readonly number[], beds: number): Fullness {
  if (beds < 0) return { over: 1, full: 0 };
  // The probability that exactly so many of the patients so far are there; what is beyond the beds goes to `over`.
  const exactly = [1, ...Array.from({ length: beds }, () => 0)];
  let over = 0;
  for (const presence of presences) {
    const there = presence / certainPpm;
    const away = (certainPpm - presence) / certainPpm;
    over += (exactly[beds] ?? 0) * there;
    for (let count = beds; count >= 0; count -= 1) {
      exactly[count] = (exactly[count] ?? 0) * away + (exactly[count - 1] ?? 0) * there;
    }
  }
  return { over, full: exactly[beds] ?? 0 };
}

/** The probability of overflow with one patient more. */
export function overflowWith({ over, full }: Fullness, presence: number): number {
  return over + full * (presence / certainPpm);
}

// A thousand times the error of the probability, and a millionth of what a bound can tell apart.
const tolerancePpm = 1e-6;

/** Whether a probability exceeds a bound in millionths, by more than rounding can explain. */
export function exceeds(probability: number, boundPpm: number): boolean {
  return probability * certainPpm > boundPpm + tolerancePpm;
}

/** A probability in whole millionths, rounded up: what is told is never less than what is. */
export function toPpm(probability: number): number {
  return Math.min(certainPpm, Math.max(0, Math.ceil(probability * certainPpm - tolerancePpm)));
}
