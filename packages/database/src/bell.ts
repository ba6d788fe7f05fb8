/** A wake-up that is not lost when it comes while nobody waits. */
export type Bell = {
  readonly ring: () => void;
  /** Waits until the bell rings, or rang since the last wait ended, or `limitMs` have passed. */
  readonly wait: (limitMs: number) => Promise<void>;
};

/** Makes a bell for one who waits and any who ring. */
export function makeBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (limitMs) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, limitMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      rung = false;
    },
  };
}
