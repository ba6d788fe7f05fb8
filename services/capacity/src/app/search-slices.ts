import { setImmediate } from "node:timers/promises";
import { DomainError } from "@carehub/rules/domain-error";
import type { CapacityReason } from "../domain/reasons.ts";

/** The longest that a search runs without a pause: nobody else is served meanwhile. */
export const sliceMsMax = 2_000;

const sliceMsFirst = 250;

/** A search that can be begun again, cheaper each time by what the times before left behind. */
export type Sliced<Found> = {
  /** Fails with SEARCH_TOO_LONG after that time. */
  readonly search: (limitMs: number) => Found;
  /** Counts what is left behind; a full slice that adds nothing to it would be in vain again. */
  readonly workedOut: () => number;
};

/**
 * Searches in slices until the time is over, and lets others have their turn between them: the first search for dates
 * that nobody asked for before works out each hub's free times, which a later one finds. Fails with SEARCH_TOO_LONG.
 */
export async function searchInSlices<Found>(
  { search, workedOut }: Sliced<Found>,
  remainingMs: number,
): Promise<Found> {
  const begunAt = performance.now();
  for (let sliceMs = sliceMsFirst; ; sliceMs = Math.min(2 * sliceMs, sliceMsMax)) {
    const leftMs = begunAt + remainingMs - performance.now();
    const before = workedOut();
    try {
      return search(Math.min(sliceMs, leftMs));
    } catch (error) {
      if (!(error instanceof DomainError) || error.reason !== tooLong) throw error;
    }
    const isInVain = sliceMs === sliceMsMax && workedOut() === before;
    if (isInVain || leftMs <= sliceMs) throw searchTooLong(performance.now() - begunAt);
    await setImmediate();
  }
}

const tooLong = "SEARCH_TOO_LONG" satisfies CapacityReason;

/** The refusal of a search that took as long as it may. */
export function searchTooLong(limitMs: number): DomainError {
  return new DomainError(tooLong, { limit_ms: String(Math.max(0, Math.floor(limitMs))) });
}
