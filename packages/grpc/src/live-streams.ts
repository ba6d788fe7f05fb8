import { DomainError } from "@carehub/rules/domain-error";
import type { RunningCall } from "./call.ts";
import { retryAfterKey } from "./errors.ts";
import type { Limits } from "./limits.ts";

const busyRetryMs = 1_000;
const limitRetryMs = 5_000;

/** The streams of a server that are open now. */
export type LiveStreams = {
  readonly count: () => number;
  /**
   * Takes a stream in; the answer lets it go. Refused are STREAM_LIMIT_REACHED to a caller that has as many as it may,
   * SERVER_BUSY where all together are too many, and SERVER_STOPPING after `stop`.
   */
  readonly enter: (stream: RunningCall) => () => void;
  /** Ends all of them, and every later one at once. */
  readonly stop: () => void;
};

/** Counts streams by caller and in all: each keeps a place in memory and wakes at every event. */
export function liveStreams(
  limits: Pick<Limits, "openStreamsMax" | "openStreamsPerCallerMax">,
): LiveStreams {
  const open = new Set<RunningCall>();
  const countByCaller = new Map<string, number>();
  let stopping = false;
  return {
    count: () => open.size,
    enter: (stream) => {
      const { name } = stream.caller;
      const own = countByCaller.get(name) ?? 0;
      if (stopping) throw new DomainError("SERVER_STOPPING");
      if (own >= limits.openStreamsPerCallerMax) throw limitReached(own);
      if (open.size >= limits.openStreamsMax) throw busy();
      open.add(stream);
      countByCaller.set(name, own + 1);
      return () => {
        if (!open.delete(stream)) return;
        const left = (countByCaller.get(name) ?? 0) - 1;
        if (left > 0) countByCaller.set(name, left);
        else countByCaller.delete(name);
      };
    },
    stop: () => {
      stopping = true;
      for (const stream of open) stream.stop();
    },
  };
}

function limitReached(open: number): DomainError {
  const metadata = { open: String(open), [retryAfterKey]: String(limitRetryMs) };
  return new DomainError("STREAM_LIMIT_REACHED", metadata);
}

function busy(): DomainError {
  return new DomainError("SERVER_BUSY", { [retryAfterKey]: String(busyRetryMs) });
}
