/** Runs work with at most so many at once; the others wait in the order in which they came. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** How many changes run at once: of the pool's 16 connections the others are for reads and the relay. */
export const changesAtOnceMax = 12;

/**
 * Opens the turns. A burst waits here and not for a connection, whose wait is short because it is meant for a database
 * that is away; how many may wait is bounded by what the server lets in.
 */
export function createTurns(atOnceMax: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, so that nobody slips in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
