import { setTimeout as delay } from "node:timers/promises";
import { CallError } from "./call-error.ts";

const waitMsMin = 100;
const waitMsMax = 5_000;
/** What ends a stream and not what it tells: the connection, the server, the stream's life or the caller's deadline. */
const passing = new Set<string>(["UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED"]);

/** How to follow a stream whose messages each carry the place after them. */
export type Following = {
  /** Where to begin; empty at the beginning. */
  readonly cursor: string;
  readonly signal: AbortSignal;
  /** How long nothing may come before a failure is told; without it for ever. */
  readonly patienceMs?: number;
};

/**
 * Reads a stream and opens it again after the last message that the loop took, whenever it ends although it could go
 * on; waits longer each time. So every message comes once and in order. A refusal is thrown; the signal ends the loop.
 */
export async function* resuming<Message extends { readonly cursor: string }>(
  open: (cursor: string, options: { readonly signal: AbortSignal }) => AsyncIterable<Message>,
  { cursor, signal, patienceMs = Number.POSITIVE_INFINITY }: Following,
): AsyncGenerator<Message> {
  let after = cursor;
  let waitMs = waitMsMin;
  let heardAt = performance.now();
  while (!signal.aborted) {
    try {
      for await (const message of open(after, { signal })) {
        after = message.cursor;
        waitMs = waitMsMin;
        heardAt = performance.now();
        yield message;
      }
    } catch (error) {
      if (signal.aborted) return;
      const isPatient = performance.now() - heardAt < patienceMs;
      if (!(error instanceof CallError && isPassing(error) && isPatient)) throw error;
      waitMs = Math.max(waitMs, Math.min(error.retryAfterMs ?? 0, waitMsMax));
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMsMax, 2 * waitMs);
  }
}

/** A stream that is cut has no reason, and INTERNAL is what gRPC calls some of the ways to cut it. */
function isPassing({ code, reason }: CallError): boolean {
  return passing.has(code) || (code === "INTERNAL" && reason === "");
}
