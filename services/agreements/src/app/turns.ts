/** Runs work with at most so many at once; the others wait in the order in which they came. */
export type Turns = {
  readonly run: <Result>(work: () => Promise<Result>) => Promise<Result>;
};

/**
 * Opens the turns. Who waits for a turn holds no connection and no lock, so a burst on one quota
 * leaves connections for everything else and meets none of their time limits.
 */
export function createTurns(atOnceMax: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnceMax;
  return {
    run: async (work) => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free -= 1;
      try {
        return await work();
      } finally {
        // The turn is handed on, so that nobody slips in between.
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
