import { existsSync, readdirSync, readFileSync } from "node:fs";

/** CPU seconds of every process of this machine at one moment, from /proc; empty on other systems. */
export type ProcessTimes = ReadonlyMap<number, ProcessTime>;

type ProcessTime = {
  readonly parent: number;
  readonly program: string;
  /** Its own time and that of its children that have ended. */
  readonly seconds: number;
};

// USER_HZ, which Linux has fixed for programs at 100 whatever the kernel's own clock is.
const ticksPerSecond = 100;

/** Reads the table; a process that ends meanwhile is left out. */
export function readProcessTimes(): ProcessTimes {
  const times = new Map<number, ProcessTime>();
  if (process.platform !== "linux") return times;
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat !== undefined) times.set(pid, stat);
  }
  return times;
}

/** The CPU seconds of these processes and all that descend from them, the ended ones included. */
export function secondsOf(times: ProcessTimes, roots: readonly number[]): number {
  const family = new Set(roots);
  const pids = [...times.keys()];
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const pid of pids) if (family.has(times.get(pid)?.parent ?? 0)) family.add(pid);
  }
  return [...family].reduce((sum, pid) => sum + (times.get(pid)?.seconds ?? 0), 0);
}

/**
 * Seconds for which a process's main thread could have run and had to wait for a core, since it
 * started; 0 where the system does not tell.
 */
export function readQueuedSeconds(pid: number): number {
  const file = `/proc/${pid}/schedstat`;
  const [, waitedNs = 0] = existsSync(file) ? readFileSync(file, "utf8").split(" ") : [];
  return Number(waitedNs) / 1e9;
}

/** The children of this very process that run the program of this name. */
export function findChildren(program: string): number[] {
  return [...readProcessTimes()]
    .filter(([, time]) => time.parent === process.pid && time.program === program)
    .map(([pid]) => pid);
}

function readStat(pid: number): ProcessTime | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // It ended between the listing and the reading.
  }
  // The program's name stands in parentheses and may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return {
    parent: Number(fields[1]),
    program: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")),
    seconds: ticks / ticksPerSecond,
  };
}
