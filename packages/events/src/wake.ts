/** Wakes one sleeper; a wake-up that comes while it is awake is kept for the next sleep. */
export type Wake = {
  raise(): void;
  /** Sleeps until it is woken, the time is over or the signal is given. */
  sleep(limitMs: number, signal: AbortSignal): Promise<void>;
};

/** Makes a wake-up for one sleeper. */
export function createWake(): Wake {
  let raised = false;
  let wakeSleeper: (() => void) | undefined;
  return {
    raise() {
      raised = true;
      wakeSleeper?.();
    },
    sleep(limitMs, signal) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          wakeSleeper = undefined;
          raised = false;
          resolve();
        };
        const timer = setTimeout(end, limitMs);
        signal.addEventListener("abort", end, { once: true });
        wakeSleeper = end;
        if (raised || signal.aborted) end();
      });
    },
  };
}
