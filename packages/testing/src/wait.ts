import { setTimeout as delay } from "node:timers/promises";

/** How long and how often to look, and what is awaited, for the message when it does not come. */
export type Waiting = { what: string; limitMs?: number; everyMs?: number };

/**
 * Looks until the condition answers something true, and returns that. A condition that throws is
 * looked at again; after `limitMs` (10 s) the error names `what` and carries the last throw.
 */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  { what, limitMs = 10_000, everyMs = 20 }: Waiting,
): Promise<Exclude<Value, false | null | undefined | 0 | "">> {
  const end = performance.now() + limitMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value as Exclude<Value, false | null | undefined | 0 | "">;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      const last = cause instanceof Error ? `: ${cause.message}` : "";
      throw new Error(`waited ${limitMs} ms in vain for ${what}${last}`, { cause });
    }
    await delay(everyMs);
  }
}
