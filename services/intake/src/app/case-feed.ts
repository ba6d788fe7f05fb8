import type { LoggedEvent } from "@carehub/database/event-log";
import type { Caller } from "@carehub/rules/caller";
import { assert } from "@carehub/rules/fault";
import { sideOf } from "../domain/parties.ts";
import { readFeed } from "../storage/feed-store.ts";
import type { IntakeContext } from "./intake-app.ts";
import { pageSize } from "./page-token.ts";

/** A stretch of a feed, and the cursor from which the next one goes on. */
export type Pulled = { readonly events: readonly LoggedEvent[]; readonly cursor: bigint };

const waitMsMax = 25_000;

/**
 * Reads the events of the caller's cases after a cursor, in the order of their numbers. With none there it waits for the
 * first, until the time is over or the caller gives up.
 */
export async function pullCaseEvents(
  { db, watch }: IntakeContext,
  asked: { cursor: bigint; size: number; waitMs: number; signal: AbortSignal },
  caller: Caller,
): Promise<Pulled> {
  const side = sideOf(caller);
  assert(side !== undefined, "only sides of a case have a feed");
  const end = performance.now() + Math.min(asked.waitMs, waitMsMax);
  const size = pageSize(asked.size);
  for (let cursor = asked.cursor; ; ) {
    const { events, upTo } = await readFeed(db, { side, after: cursor, size });
    const leftMs = end - performance.now();
    if (events.length > 0 || leftMs <= 0 || asked.signal.aborted) return { events, cursor: upTo };
    cursor = upTo;
    // True at once when the stretch was cut short: then the next one is read without waiting.
    await watch.waitForNumber(cursor, { timeoutMs: leftMs, signal: asked.signal });
  }
}
