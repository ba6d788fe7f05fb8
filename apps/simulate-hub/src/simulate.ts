import { drawPatients } from "./arrivals.ts";
import { type Results, sumUp } from "./figures.ts";
import { createFirstCome } from "./first-come.ts";
import { daysOf, drawOutages } from "./outages.ts";
import { createPlanned } from "./planned.ts";
import { createProver } from "./proof.ts";
import type { Scenario } from "./scenario.ts";
import { readScenarioHub } from "./scenario-hub.ts";
import { type Happening, runYear, type YearOutcome } from "./year.ts";

/** What is simulated. */
export type Asked = {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly patients: number;
  /** Every so many plans one is checked by the verifier. */
  readonly checkEvery: number;
};

/** What both planners came to in the same year. */
export type Report = {
  readonly seed: number;
  readonly patients: number;
  readonly firstDate: string;
  readonly lastDate: string;
  readonly ours: Results;
  readonly baseline: Results;
  /** What the verifier did not accept, in words. */
  readonly rejected: readonly string[];
};

/** Runs the same year with the service's planner and with the baseline; `tell` hears how far it is. */
export function simulate(asked: Asked, tell: (line: string) => void): Report {
  const { scenario, seed, patients } = asked;
  const hub = readScenarioHub();
  const happening: Happening = {
    ...{ hub, seed, days: daysOf(scenario), missedShare: scenario.missedShare },
    patients: drawPatients(scenario, hub, { seed, patients }),
    outages: drawOutages(scenario, hub, seed),
  };
  const prover = createProver(hub, asked.checkEvery);
  const ours = told(happening, tell, (onDay) => {
    const { windowDays } = scenario;
    const create = (ledger: Parameters<Parameters<typeof runYear>[1]>[0]) =>
      createPlanned({ hub, ledger, windowDays, onPlan: prover.check });
    return runYear(happening, create, onDay);
  });
  const baseline = told(happening, tell, (onDay) => {
    return runYear(happening, (ledger) => createFirstCome({ hub, ledger }), onDay);
  });
  const { firstDate, lastDate } = scenario;
  const { rejected } = prover.proof();
  return {
    ...{ seed, patients, firstDate, lastDate, rejected },
    ours: sumUp(happening, ours, prover.proof()),
    baseline: sumUp(happening, baseline, { checked: 0, rejected: [] }),
  };
}

const daysBetweenLines = 56;

function told(
  { days }: Happening,
  tell: (line: string) => void,
  run: (onDay: NonNullable<Parameters<typeof runYear>[2]>) => YearOutcome,
): YearOutcome {
  let done = 0;
  const outcome = run((_, treatments) => {
    done += 1;
    if (done % daysBetweenLines !== 0) return;
    const of = (state: string) => treatments.filter((one) => one.state === state).length;
    const counts = `${of("BEGUN")} in treatment, ${of("FINISHED")} finished`;
    tell(`day ${done} of ${days.length}: ${treatments.length} arrived, ${counts}`);
  });
  tell(`${outcome.planner}: done`);
  return outcome;
}
