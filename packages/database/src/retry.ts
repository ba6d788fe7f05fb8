import { setTimeout as delay } from "node:timers/promises";
import { OperationalError } from "./operational-error.ts";

const triesMax = 4;
const deadlineMs = 5_000;
const delayMsMin = 5;
const delayMsMax = 40;

// Deadlock, serialization failure, lock time-out: PostgreSQL rolled everything back, and asks to be
// asked again.
const retriedStates = new Set(["40P01", "40001", "55P03"]);

/**
 * Runs work again, whole, at most three times more, when PostgreSQL ended it for the sake of
 * another's; with jitter, and not past 5 s. Work that failed otherwise is not repeated: it may have
 * happened.
 */
export async function retried<Result>(work: () => Promise<Result>): Promise<Result> {
  const end = performance.now() + deadlineMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const state = error instanceof OperationalError ? error.sqlState : undefined;
      if (state === undefined || !retriedStates.has(state) || attempt === triesMax) throw error;
      if (performance.now() + delayMsMax * attempt > end) throw error;
      await pauseBeforeRetry(attempt);
    }
  }
}

/**
 * Waits a little, longer after each attempt and never twice the same, so that rivals do not meet
 * again.
 */
export async function pauseBeforeRetry(attempt: number): Promise<void> {
  await delay((delayMsMin + Math.random() * (delayMsMax - delayMsMin)) * attempt);
}
