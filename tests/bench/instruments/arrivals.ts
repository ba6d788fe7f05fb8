import { setTimeout as delay } from "node:timers/promises";
import { sharedNowMs } from "./latency.ts";

/** A fixed schedule: so many arrivals a second, evenly spaced, for so long. */
export type Schedule = { readonly perSecond: number; readonly seconds: number };

const tickMs = 1;

/**
 * Calls `arrive` for each arrival with the time at which it was due, whether earlier ones are done or
 * not. What comes late because this process or the system under test was slow keeps its due time, so
 * the wait counts: nothing is omitted. Answers when the last has arrived; does not await their work.
 */
export async function runSchedule(
  { perSecond, seconds }: Schedule,
  arrive: (dueMs: number) => void,
): Promise<void> {
  const startMs = sharedNowMs();
  const count = Math.round(perSecond * seconds);
  for (let next = 0; next < count; ) {
    const nowMs = sharedNowMs();
    for (; next < count; next += 1) {
      const dueMs = startMs + (next * 1_000) / perSecond;
      if (dueMs > nowMs) break;
      arrive(dueMs);
    }
    await delay(tickMs);
  }
}
