import type { Coverage } from "./run-scenario.builder.ts";

/*
 * What a thousand runs must have met, about half of what they do meet: fewer means that commands are refused
 * before they do anything, and that nothing is proved. Of few runs what is rare is not asked.
 */
const least: Readonly<Record<string, number>> = {
  ...{ "hold done": 500, "hold refused": 150, "request done": 350 },
  ...{ "book done": 200, "admit done": 180, "record done": 230, "treat-until done": 500 },
  ...{ "move done": 25, "move refused": 30, "postpone done": 30, "interrupt done": 15 },
  ...{ "resume done": 0.5, "miss done": 4, "correct done": 6, "discharge done": 30 },
  ...{ "publish done": 45, "import done": 60, "outage done": 90, "approve done": 250 },
  ...{ "override done": 150, "consent done": 140, "override used": 90 },
  ...{ "sweep done": 200, "wait done": 10, "stop done": 20, "extend-stay done": 5 },
  ...{ "fault cut": 150, "fault lost": 150, "fault again": 150, "at-once done": 500 },
};

/** What was met too seldom in so many runs, with how often. */
export function leastOf(coverage: Coverage, numRuns: number): string[] {
  return Object.entries(least).flatMap(([what, perThousand]) => {
    const met = coverage.get(what) ?? 0;
    const needed = Math.floor((perThousand * numRuns) / 1000);
    return met >= needed ? [] : [`${what}: ${met} of ${numRuns} runs`];
  });
}
