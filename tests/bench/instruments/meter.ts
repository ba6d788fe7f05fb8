import { type MachineTimes, readMachineTimes } from "./machine-load.ts";
import {
  type ProcessTimes,
  readProcessTimes,
  readQueuedSeconds,
  secondsOf,
} from "./process-times.ts";

/** The processes whose CPU is told apart: by part, such as `node` or `postgres`, their pids. */
export type Parts = Readonly<Record<string, readonly number[]>>;

/** What one run cost and what else was going on; shares are of all cores, 0 to 1. */
export type Cost = {
  readonly seconds: number;
  /** CPU seconds by part. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  /** The share of time for which the main thread waited for a core that had to wait longest. */
  readonly queuedShare: number;
  /** Time that the host of a virtual machine gave to others. */
  readonly stealShare: number;
  /** Time in which a core had nothing to do because something waited for a disk. */
  readonly diskWaitShare: number;
  /** CPU that processes outside of this benchmark used. */
  readonly foreignShare: number;
};

type Snapshot = {
  readonly atMs: number;
  readonly machine: MachineTimes;
  readonly processes: ProcessTimes;
  readonly queuedSeconds: readonly number[];
};

/** Starts to measure; the answered function ends it. */
export function startMeter(parts: Parts): () => Cost {
  const pids = Object.values(parts).flat();
  const before = takeSnapshot(pids);
  return () => {
    const after = takeSnapshot(pids);
    const used = (roots: readonly number[]) =>
      secondsOf(after.processes, roots) - secondsOf(before.processes, roots);
    const total = after.machine.total - before.machine.total;
    const foreign = after.machine.busy - before.machine.busy - used([process.pid]);
    const cpuSeconds = Object.fromEntries(
      Object.entries(parts).map(([part, roots]) => [part, used(roots)]),
    );
    const seconds = (after.atMs - before.atMs) / 1_000;
    const queued = after.queuedSeconds.map((each, at) => each - (before.queuedSeconds[at] ?? 0));
    return {
      seconds,
      queuedShare: share(Math.max(0, ...queued), seconds),
      cpuSeconds,
      stealShare: share(after.machine.steal - before.machine.steal, total),
      diskWaitShare: share(after.machine.diskWait - before.machine.diskWait, total),
      foreignShare: share(foreign, total),
    };
  };
}

function takeSnapshot(pids: readonly number[]): Snapshot {
  return {
    atMs: performance.now(),
    machine: readMachineTimes(),
    processes: readProcessTimes(),
    queuedSeconds: pids.map(readQueuedSeconds),
  };
}

function share(part: number, total: number): number {
  return total <= 0 ? 0 : Math.max(0, part / total);
}
