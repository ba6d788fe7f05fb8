import type { Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker, type Worker } from "../instruments/worker.ts";
import type { HoldLoadCommands } from "../workers/hold-load.ts";
import { type HoldKind, hubsOf } from "../workers/hold-requests.ts";
import type { LoadReport } from "../workers/http2-load.ts";
import type { CapacityStage } from "./capacity-stage.ts";

/** The process that calls the service, connected as every hub that asks for this. */
export async function connectLoad(
  { setting, service, certificates }: CapacityStage,
  kind: HoldKind,
): Promise<Worker<HoldLoadCommands>> {
  const { instance } = setting;
  const load = startWorker<HoldLoadCommands>({ instance, file: "hold-load.ts", telemetry: false });
  const hubs = hubsOf(kind).map((hub) => ({ hub, tls: certificates.tls(`hub/${hub}`) }));
  await load.tell("connect", { port: service.grpcPort, kind, hubs });
  return load;
}

/** As many holds as the service gives, closed loop, from a number on. */
export async function saturateHolds(
  { setting, service, infrastructure }: CapacityStage,
  load: Worker<HoldLoadCommands>,
  { from, inFlight }: { readonly from: number; readonly inFlight: number },
): Promise<Run> {
  const { warmupSeconds, seconds } = setting;
  assertGood(await load.tell("saturate", { from, inFlight, seconds: warmupSeconds }));
  const next = await load.tell("reached", undefined as never);
  const { postgres, kafka } = infrastructure.pids;
  const stop = startMeter({ node: [service.pid], postgres, kafka });
  const report = await load.tell("saturate", { from: next, inFlight, seconds });
  const cost = stop();
  assertGood(report);
  return { operations: report.good, cost: { ...cost, seconds: report.seconds } };
}

/** Latencies at a fixed rate, from the time at which a call was due. */
export async function scheduleHolds(
  { setting }: CapacityStage,
  load: Worker<HoldLoadCommands>,
  { from, perSecond }: { readonly from: number; readonly perSecond: number },
) {
  const { warmupSeconds, seconds } = setting;
  assertGood(await load.tell("schedule", { from, perSecond, seconds: warmupSeconds }));
  const next = await load.tell("reached", undefined as never);
  const report = await load.tell("schedule", { from: next, perSecond, seconds });
  assertGood(report);
  return report.latency;
}

function assertGood({ good, bad }: LoadReport): void {
  if (bad > 0) throw new Error(`${bad} holds were not given, ${good} were`);
}
