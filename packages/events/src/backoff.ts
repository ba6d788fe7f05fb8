import { setTimeout as wait } from "node:timers/promises";

/** How long to wait before each next try: doubled from `firstMs`, never more than `maxMs`. */
export type Backoff = { readonly firstMs: number; readonly maxMs: number };

/** Half of the delay is random, so that those who failed together do not return together. */
export function delayMs({ firstMs, maxMs }: Backoff, attempt: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (Math.random() * full) / 2;
}

/** Waits for the delay of this attempt (1 is the first); returns at once when the signal is given. */
export async function waitBackoff(
  backoff: Backoff,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  await pause(delayMs(backoff, attempt), signal);
}

/** Waits; returns at once when the signal is given. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
