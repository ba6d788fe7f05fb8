import { existsSync, readFileSync } from "node:fs";

/**
 * CPU seconds of the whole machine since it started: in all, at work, idle while something waited
 * for a disk, and taken by its host.
 */
export type MachineTimes = {
  readonly total: number;
  readonly busy: number;
  readonly diskWait: number;
  readonly steal: number;
};

const ticksPerSecond = 100;
const nothing: MachineTimes = { total: 0, busy: 0, diskWait: 0, steal: 0 };

/** Reads /proc/stat; all zero on systems without it. */
export function readMachineTimes(): MachineTimes {
  if (!existsSync("/proc/stat")) return nothing;
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = ticks;
  const busy = user + nice + system + irq + soft;
  const total = busy + idle + wait + steal;
  return {
    total: total / ticksPerSecond,
    busy: busy / ticksPerSecond,
    diskWait: wait / ticksPerSecond,
    steal: steal / ticksPerSecond,
  };
}
