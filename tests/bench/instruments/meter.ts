import { type MachineTimes, readMachineTimes } from "./machine-load.ts";
import { type ProcessTimes, readProcessTimes, secondsOf } from "./process-times.ts";

/** The processes whose CPU is told apart: by part, such as `node` or `postgres`, their pids. */
export type Parts = Readonly<Record<string, readonly number[]>>;

/** What one run cost and what else was going on; shares are of all cores, 0 to 1. */
export type Cost = {
  readonly seconds: number;
  /** CPU seconds by part. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  /** Time that the host of a virtual machine gave to others. */
  readonly stealShare: number;
  /** CPU that processes outside of this benchmark used. */
  readonly foreignShare: number;
};

type Snapshot = {
  readonly atMs: number;
  readonly machine: MachineTimes;
  readonly processes: ProcessTimes;
};

/** Starts to measure; the answered function ends it. */
export function startMeter(parts: Parts): () => Cost {
  const before = takeSnapshot();
  return () => {
    const after = takeSnapshot();
    const used = (roots: readonly number[]) =>
      secondsOf(after.processes, roots) - secondsOf(before.processes, roots);
    const total = after.machine.total - before.machine.total;
    const foreign = after.machine.busy - before.machine.busy - used([process.pid]);
    const cpuSeconds = Object.fromEntries(
      Object.entries(parts).map(([part, roots]) => [part, used(roots)]),
    );
    return {
      seconds: (after.atMs - before.atMs) / 1_000,
      cpuSeconds,
      stealShare: share(after.machine.steal - before.machine.steal, total),
      foreignShare: share(foreign, total),
    };
  };
}

function takeSnapshot(): Snapshot {
  return {
    atMs: performance.now(),
    machine: readMachineTimes(),
    processes: readProcessTimes(),
  };
}

function share(part: number, total: number): number {
  return total <= 0 ? 0 : Math.max(0, part / total);
}
