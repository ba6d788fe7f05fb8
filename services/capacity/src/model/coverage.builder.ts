import type { Coverage } from "./run-scenario.builder.ts";

/*
 * What runs must have met, a thousand times a run: fewer means that commands are refused before they do anything, and
 * that nothing is proved.
 */
const least: Readonly<Record<string, number>> = {
  ...{ "hold done": 500, "hold refused": 70, "request done": 350 },
  ...{ "book done": 200, "admit done": 180, "record done": 230, "treat-until done": 500 },
  ...{ "move done": 15, "move refused": 40, "postpone done": 20, "interrupt done": 35 },
  ...{ "resume done": 2, "miss done": 10, "correct done": 10, "discharge done": 10 },
  ...{ "publish done": 45, "import done": 50, "outage done": 110, "approve done": 250 },
  ...{ "sweep done": 200, "wait done": 15, "stop done": 10, "extend-stay done": 5 },
  ...{ "fault cut": 150, "fault lost": 110, "fault again": 130, "at-once done": 400 },
};

/** What was met too seldom in so many runs, with how often. */
export function leastOf(coverage: Coverage, numRuns: number): string[] {
  return Object.entries(least).flatMap(([what, perThousand]) => {
    const met = coverage.get(what) ?? 0;
    return met * 1000 >= perThousand * numRuns ? [] : [`${what}: ${met} of ${numRuns} runs`];
  });
}
