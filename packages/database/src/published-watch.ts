import { readLastNumber } from "./event-log.ts";
import type { Logger } from "./logger.ts";
import { listen } from "./notify.ts";
import type { Database } from "./pool.ts";

/** Knows the last number given, for all long polls and readers of a process, by one connection. */
export type PublishedWatch = {
  readonly lastNumber: () => bigint;
  /**
   * Waits until a number above `after` was given: true; or until the time is over or the signal
   * aborts: false. True at once when there is one already.
   */
  readonly waitForNumber: (
    after: bigint,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<boolean>;
  /** Ends all waiting with false. */
  readonly close: () => Promise<void>;
};

const pollMsDefault = 1_000;

/** Starts to watch; a notification that was lost costs at most `pollMs` (1 s by default). */
export async function watchPublished(
  db: Database,
  options: { readonly logger?: Logger; readonly pollMs?: number } = {},
): Promise<PublishedWatch> {
  const { logger, pollMs = pollMsDefault } = options;
  let last = await readLastNumber(db);
  const waiting = new Set<(number: bigint) => void>();
  const advance = (number: bigint) => {
    if (number <= last) return;
    last = number;
    for (const tell of [...waiting]) tell(last);
  };
  const look = () =>
    readLastNumber(db).then(advance, (error) =>
      logger?.warn({ err: error }, "polling numbers failed"),
    );
  const subscription = await listen(db, "log_published", {
    onWake: (payload) => (payload === "" ? void look() : advance(BigInt(payload))),
    ...(logger === undefined ? {} : { logger }),
  });
  const poll = setInterval(look, pollMs);
  let closed = false;
  return {
    lastNumber: () => last,
    waitForNumber: (after, { timeoutMs, signal }) => {
      if (last > after) return Promise.resolve(true);
      if (closed || signal?.aborted === true) return Promise.resolve(false);
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", end);
          waiting.delete(tell);
          resolve(last > after);
        };
        const tell = () => {
          if (last > after || closed) end();
        };
        const timer = setTimeout(end, timeoutMs);
        signal?.addEventListener("abort", end);
        waiting.add(tell);
      });
    },
    close: async () => {
      closed = true;
      clearInterval(poll);
      for (const tell of [...waiting]) tell(last);
      await subscription.close();
    },
  };
}
