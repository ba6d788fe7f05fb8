import { setTimeout as delay } from "node:timers/promises";
import type { Run } from "../instruments/alternate.ts";
import type { Schedule } from "../instruments/arrivals.ts";
import type { LatencySummary } from "../instruments/latency.ts";
import { type Parts, startMeter } from "../instruments/meter.ts";
import type { Worker } from "../instruments/worker.ts";
import type { SinkCommands } from "../workers/event-sink.ts";
import type { SourceCommands } from "../workers/event-source.ts";
import type { Setting } from "./workload.ts";

/** Two processes with a topic between them; ours and the bare library's have the same commands. */
export type Pipe = {
  readonly source: Worker<Pick<SourceCommands, "allow" | "schedule">>;
  readonly sink: Worker<Pick<SinkCommands, "count" | "forget" | "latency">>;
  readonly parts: Parts;
  /** How many events may be on their way: what comes out at the end is then what is sustained. */
  readonly windowMax: number;
};

const turnMs = 5;
const drainLimitMs = 60_000;

/** As many events as go through, closed loop, measured where they come out. */
export async function saturatePipe(pipe: Pipe, setting: Setting): Promise<Run> {
  await keepFull(pipe, setting.warmupSeconds);
  const before = await pipe.sink.tell("count", undefined as never);
  const stop = startMeter(pipe.parts);
  const after = await keepFull(pipe, setting.seconds);
  const cost = stop();
  await drain(pipe);
  return { operations: after - before, cost };
}

/** Latencies from the time at which an event was due to be committed until it is taken in. */
export async function schedulePipe(
  pipe: Pipe,
  { perSecond, setting }: { perSecond: Schedule["perSecond"]; setting: Setting },
): Promise<LatencySummary> {
  await pipe.source.tell("schedule", { perSecond, seconds: setting.warmupSeconds });
  await drain(pipe);
  await pipe.sink.tell("forget", undefined as never);
  await pipe.source.tell("schedule", { perSecond, seconds: setting.seconds });
  await drain(pipe);
  return pipe.sink.tell("latency", undefined as never);
}

async function keepFull({ source, sink, windowMax }: Pipe, seconds: number): Promise<number> {
  for (const end = performance.now() + seconds * 1_000; ; await delay(turnMs)) {
    const taken = await sink.tell("count", undefined as never);
    if (performance.now() >= end) return taken;
    await source.tell("allow", taken + windowMax);
  }
}

/** Waits until everything that was begun has come out. */
async function drain({ source, sink }: Pipe): Promise<void> {
  const begun = await source.tell("allow", 0);
  for (const end = performance.now() + drainLimitMs; ; await delay(turnMs)) {
    const taken = await sink.tell("count", undefined as never);
    if (taken >= begun) return;
    if (performance.now() > end) throw new Error(`only ${taken} of ${begun} events came out`);
  }
}
