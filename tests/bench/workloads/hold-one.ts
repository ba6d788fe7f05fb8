import { alternate, type Contender, type Series, toSeries } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker } from "../instruments/worker.ts";
import type { RecordedHold } from "../workers/capacity-store.ts";
import type { EchoCommands } from "../workers/grpc-echo-server.ts";
import { holdCall, holdHeaders, holdPath } from "../workers/hold-requests.ts";
import type { LoadCommands } from "../workers/http2-load.ts";
import { bookAll } from "./capacity-database.ts";
import { firstMinute, sessions } from "./capacity-hubs.ts";
import { type CapacityStage, runOnBare } from "./capacity-stage.ts";
import { sessionScript } from "./db-hold.ts";
import { connectLoad, saturateHolds, scheduleHolds } from "./hold-load.ts";
import { recordHold, scriptOf } from "./hold-scripts.ts";
import { cellVariables } from "./session-cells.ts";
import type { Finding } from "./workload.ts";

const inFlight = 16;
const perSecond = 300;

/** B3: HoldCourse of one session over mutual TLS, from the call to the commit, against its SQL alone. */
export async function holdOne(stage: CapacityStage): Promise<Finding> {
  const { setting } = stage;
  const recorded = await recordHold(stage, { ...sessionScript, day: sessions.days + 1 });
  const script = scriptOf(recorded, recorded.statements, {
    ...sessionScript,
    clients: inFlight,
    variables: cellVariables(firstMinute),
  });
  const bare: Contender = {
    name: "same SQL (pgbench)",
    run: () => runOnBare(stage, { script, from: stage.nextFrom(), clients: inFlight, rowsEach: 1 }),
  };
  const load = await connectLoad(stage, "session");
  const ours: Contender = {
    name: "carehub service",
    run: async () => {
      await bookAll(stage.ownUrl);
      return saturateHolds(stage, load, { from: stage.nextFrom(), inFlight });
    },
  };
  const comparison = await alternate([bare], ours, (name, run) =>
    setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} holds/s`),
  );
  await bookAll(stage.ownUrl);
  const from = stage.nextFrom();
  const latency = await scheduleHolds(stage, load, { from, perSecond });
  await load.stop();
  return {
    id: "B3",
    name: "hold-one",
    unit: "holds/s",
    targets: { floor: 0.3, target: 0.4, stretch: 0.5 },
    comparison,
    references: [await echo(stage, recorded)],
    openLoop: [{ name: "carehub service", perSecond, latency }],
    guide: `at ${perSecond}/s p50 at most 6 ms, p99 at most 30 ms`,
    notes: [
      `The service as it runs, with numbering, relay and a broker: ${inFlight} calls in flight over a connection for each of ${sessions.hubs} hubs, each for one session in one of ${sessions.hubs * sessions.rooms} rooms on one of ${sessions.days} days, half of which is taken.`,
      `pgbench sends all that one call sends, ${recorded.statements.length} statements: the request looked up, the hub's version, what is taken of the room, and the transaction. On a database of its own, which no relay reads.`,
      "The echo is raw grpc-js with the same request and an answer of the same length.",
    ],
  };
}

// The library alone, with messages of these lengths.
async function echo(stage: CapacityStage, recorded: RecordedHold): Promise<Series> {
  const { setting, certificates } = stage;
  const { instance, warmupSeconds, seconds } = setting;
  const start = { instance, telemetry: false };
  const server = startWorker<EchoCommands>({ ...start, file: "grpc-echo-server.ts" });
  const load = startWorker<LoadCommands>({ ...start, file: "http2-load.ts" });
  const { answer } = recorded;
  const tls = certificates.tls("service/capacity");
  const port = await server.tell("start", { tls, path: holdPath, answer });
  const { hub, message } = holdCall("session", 0);
  const call = { port, tls: certificates.tls(`hub/${hub}`), headers: holdHeaders(port), message };
  await load.tell("connect", { ...call, answerBytes: answer.length });
  await load.tell("saturate", { streams: inFlight, seconds: warmupSeconds });
  const stop = startMeter({ node: [server.pid] });
  const report = await load.tell("saturate", { streams: inFlight, seconds });
  const cost = stop();
  await Promise.all([load.stop(), server.stop()]);
  return toSeries("raw grpc-js echo", [
    { operations: report.good, cost: { ...cost, seconds: report.seconds } },
  ]);
}
