import { serviceNames } from "@carehub/local/platform";
import type { Outcome } from "@carehub/partners/outcome";
import type { Story } from "@carehub/partners/story";
import { must } from "@carehub/rules/fault";
import type { Report } from "../invariants/check-platform.ts";
import type { FaultStage } from "./stage.ts";

/*
 * Who is killed at which event that a ministry hears, counted over all cases: conditions, not times, so that every run
 * kills in the middle of the same work. What is killed is started again at once; the cases go on meanwhile.
 */
const schedule: readonly { readonly on: string; readonly nth: number; readonly kill: string }[] = [
  { on: "entitlementGranted", nth: 2, kill: "agreements" },
  { on: "courseHeld", nth: 2, kill: "capacity" },
  { on: "paymentGuaranteed", nth: 1, kill: "billing" },
  { on: "paymentGuaranteed", nth: 2, kill: "intake" },
  { on: "sessionDelivered", nth: 3, kill: "kafka" },
  { on: "courseEnded", nth: 2, kill: "postgres" },
];

/** Everything that the schedule kills. */
export const victims = [...serviceNames, "kafka", "postgres"] as const;

/** What came of a run in which everything was killed. */
export type KillRun = {
  readonly outcomes: readonly Outcome[];
  readonly report: Report;
  readonly killed: readonly string[];
  /** How long each was away, and how long after that nothing was heard. */
  readonly times: readonly string[];
};

/** Plays the stories, kills each victim once in their middle, and looks at what is left. */
export async function killEverything(
  stage: FaultStage,
  stories: readonly Story[],
): Promise<KillRun> {
  const counts = new Map<string, number>();
  const failed = new AbortController();
  const killed: string[] = [];
  const clock = openClock();
  let restarts: Promise<void> = Promise.resolve();
  const outcomes = await stage.play(stories, {
    signal: failed.signal,
    onEvent: (_, { event }) => {
      clock.heard();
      const on = event?.event.case ?? "";
      const nth = (counts.get(on) ?? 0) + 1;
      counts.set(on, nth);
      for (const { kill } of schedule.filter((each) => each.on === on && each.nth === nth)) {
        restarts = restarts.then(async () => {
          await clock.time(kill, () => killAndStart(stage, kill));
          killed.push(kill);
        });
        restarts.catch((error: unknown) => failed.abort(error));
      }
    },
  });
  await restarts;
  return { outcomes, killed, times: clock.times, report: await stage.check() };
}

async function killAndStart(stage: FaultStage, name: string): Promise<void> {
  const { platform, backends, operator } = stage;
  const service = serviceNames.find((each) => each === name);
  if (service !== undefined) {
    await platform.services[service].kill();
    // Whether one of the cases asks just now is chance; somebody does, and is answered when it is back.
    const operations = must(operator.operations.get(service), "an operator may ask each service");
    await Promise.all([operations.getQuiescence({}), platform.restart(service)]);
    return;
  }
  const backend = name === "kafka" ? backends.kafka : backends.postgres;
  if (backend === undefined) throw new Error(`${name} is not a process of this platform`);
  await backend.kill();
  await backend.start();
}

function openClock() {
  const times: string[] = [];
  let silentSinceMs: number | undefined;
  const since = (ms: number): string => `${((performance.now() - ms) / 1000).toFixed(1)} s`;
  return {
    times,
    async time(name: string, work: () => Promise<void>): Promise<void> {
      const startMs = performance.now();
      await work();
      times.push(`${name} was back after ${since(startMs)}`);
      silentSinceMs = performance.now();
    },
    heard(): void {
      if (silentSinceMs === undefined) return;
      times.push(`  and ${since(silentSinceMs)} later the next event was heard`);
      silentSinceMs = undefined;
    },
  };
}
