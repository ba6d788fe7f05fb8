import { alternate, type Contender, type Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker, type Worker } from "../instruments/worker.ts";
import type { RushCommands, RushReport } from "../workers/hot-load.ts";
import { runSql } from "./capacity-database.ts";
import { hot } from "./capacity-hubs.ts";
import { type CapacityStage, runOnBare } from "./capacity-stage.ts";
import { losing, recordHold, scriptOf, transactionOf } from "./hold-scripts.ts";
import type { Finding, OpenLoop } from "./workload.ts";

const callers = 10_000;
const clients = 16;
// Numbers that no other run has.
const firstNumber = 20_000_000_000;

/** What everybody wants, how many can have it, and what the others are told. */
type Rush = {
  readonly id: string;
  readonly kind: "room-hour" | "bed-day";
  readonly what: string;
  readonly winners: number;
  readonly refusal: string;
};

/** B4 (a): ten thousand callers for one room's hour. */
export function holdHotRoom(stage: CapacityStage): Promise<Finding> {
  return holdHot(stage, {
    id: "B4a",
    kind: "room-hour",
    what: "one room's hour",
    winners: 1,
    refusal: `TIME_TAKEN hubs/${hot.hub}/resources/${hot.room}`,
  });
}

/** B4 (b): ten thousand callers for the hundred beds of one day. */
export function holdHotBeds(stage: CapacityStage): Promise<Finding> {
  return holdHot(stage, {
    id: "B4b",
    kind: "bed-day",
    what: `the ${hot.beds} beds of one day`,
    winners: hot.beds,
    refusal: `POOL_FULL hubs/${hot.hub}/pools/${hot.ward}`,
  });
}

async function holdHot(stage: CapacityStage, rush: Rush): Promise<Finding> {
  const { setting } = stage;
  const asked = { hub: hot.hub, template: rush.kind, day: 0 };
  const recorded = await recordHold(stage, asked);
  // For pgbench the pool is full, as it is for all but the first hundred.
  const pool = `hubs/${hot.hub}/pools/${hot.ward}`;
  await runSql(stage.bareUrl, [`update pool_bucket set planned = capacity where pool = '${pool}'`]);
  const script = scriptOf(recorded, losing(transactionOf(recorded)), {
    ...asked,
    clients,
    variables: ["\\set start 29470260"],
  });
  const bare: Contender = {
    name: "same SQL on the one row (pgbench)",
    run: () => runOnBare(stage, { script, from: firstNumber, clients }),
  };
  const { instance } = setting;
  const load = startWorker<RushCommands>({ instance, file: "hot-load.ts", telemetry: false });
  const reports: RushReport[] = [];
  const ours: Contender = {
    name: "carehub service",
    run: async () => {
      const { run, report } = await rushOnce(stage, load, { rush, day: reports.length });
      reports.push(report);
      return run;
    },
  };
  const comparison = await alternate([bare], ours, (name, run) =>
    setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} answers/s`),
  );
  await load.stop();
  return {
    id: rush.id,
    name: "hold-hot",
    unit: "answers/s",
    targets: { floor: 0.3, target: 0.45 },
    comparison,
    references: [],
    openLoop: reports.map((report, at) => toOpenLoop(report, at)),
    guide: `all ${callers.toLocaleString("en-US")} answered within 6 s; they were within ${reports
      .map(({ seconds }) => `${seconds.toFixed(1)} s`)
      .join(" and ")}`,
    notes: [
      `${callers.toLocaleString("en-US")} callers want ${rush.what} at one moment; exactly ${rush.winners} got it in each run, all others were told ${rush.refusal} with its time, and there was no other answer.`,
      "1,000 calls are in flight over four connections, as many as a server of ours lets in; the others wait before it, and their time counts.",
      `pgbench runs the hold's transaction on the taken row up to the statement that finds it taken, and rolls back, ${clients} at a time: what a database needs to say no.`,
    ],
  };
}

async function rushOnce(
  { service, certificates, infrastructure }: CapacityStage,
  load: Worker<RushCommands>,
  { rush, day }: { readonly rush: Rush; readonly day: number },
): Promise<{ readonly run: Run; readonly report: RushReport }> {
  const { postgres, kafka } = infrastructure.pids;
  const tls = certificates.tls(`hub/${hot.hub}`);
  const stop = startMeter({ node: [service.pid], postgres, kafka });
  const { kind } = rush;
  const report = await load.tell("rush", { port: service.grpcPort, tls, kind, day, callers });
  const cost = stop();
  assertFair(rush, report);
  return { report, run: { operations: callers, cost: { ...cost, seconds: report.seconds } } };
}

function assertFair({ winners, refusal }: Rush, { held, refused, wrong }: RushReport): void {
  const told = Object.keys(refused);
  const clean = Object.keys(wrong).length === 0 && told.length === 1 && told[0] === refusal;
  if (clean && held === winners && refused[refusal] === callers - winners) return;
  throw new Error(`it was not fair: ${JSON.stringify({ held, refused, wrong })}`);
}

function toOpenLoop({ latency, seconds }: RushReport, at: number): OpenLoop {
  return { name: `rush ${at + 1}, all at once`, perSecond: callers / seconds, latency };
}
