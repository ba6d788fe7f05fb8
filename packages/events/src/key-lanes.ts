/** Work in lanes: strict order inside a key, up to a limit of keys at once. */
export type KeyLanes = {
  /** Adds work behind all earlier work of the key. The work must not fail. */
  add(key: string, work: () => Promise<void>): void;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

/** Makes lanes of which at most `lanesMax` run at once; keys wait in the order of their first work. */
export function createKeyLanes(lanesMax: number): KeyLanes {
  const lanes = new Map<string, (() => Promise<void>)[]>();
  const waiting: string[] = [];
  let running = 0;
  let idleResolvers: (() => void)[] = [];

  const runLane = async (key: string) => {
    // One piece of work at a time, then to the end of the queue: a busy key must not starve the others.
    const work = lanes.get(key)?.shift();
    await work?.();
    running -= 1;
    if (lanes.get(key)?.length === 0) lanes.delete(key);
    else waiting.push(key);
    startLanes();
  };
  const startLanes = () => {
    while (running < lanesMax) {
      const key = waiting.shift();
      if (key === undefined) break;
      running += 1;
      void runLane(key);
    }
    if (running === 0 && lanes.size === 0) {
      for (const resolve of idleResolvers) resolve();
      idleResolvers = [];
    }
  };
  return {
    add(key, work) {
      const lane = lanes.get(key);
      if (lane !== undefined) {
        lane.push(work);
        return;
      }
      lanes.set(key, [work]);
      waiting.push(key);
      startLanes();
    },
    idle: () =>
      lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => idleResolvers.push(resolve)),
  };
}
