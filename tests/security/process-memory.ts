import { readFileSync } from "node:fs";
import type { ServiceProcess } from "@carehub/local/processes";
import { until } from "@carehub/testing/wait";

const waitMsMax = 20_000;
const bytesPerMb = 1_048_576;

/** What a service must be started with, so that its memory can be measured: any free port for its inspector. */
export const measurable = { NODE_OPTIONS: "--inspect-port=0" };

/**
 * The memory that a service cannot give back, in megabytes: what is left of its heap and its buffers after a full
 * collection. The resident size says less: Node keeps pages for later use, and more of them the busier it was.
 */
export async function heldMb(service: ServiceProcess): Promise<number> {
  const ask = await inspect(service);
  await ask("HeapProfiler.enable");
  await ask("HeapProfiler.collectGarbage");
  const usage = (await ask("Runtime.getHeapUsage")) as Record<string, number>;
  ask.close();
  return ((usage.usedSize ?? 0) + (usage.backingStorageSize ?? 0)) / bytesPerMb;
}

/** The resident size of a process, in megabytes. */
export function residentMb({ pid }: ServiceProcess): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(line) / 1_024;
}

/** Opens the service's inspector, by the signal that Node listens to, and answers how to ask it. */
async function inspect({ pid, logFile }: ServiceProcess) {
  const find = (): string | undefined =>
    /Debugger listening on (ws:\/\/\S+)/.exec(readFileSync(logFile, "utf8"))?.[1];
  if (find() === undefined) process.kill(pid, "SIGUSR1");
  const limit = { limitMs: waitMsMax, what: "the inspector of a service" };
  await until(() => find() !== undefined, limit);
  const socket = new WebSocket(find() ?? "");
  const waiting = new Map<number, (answer: { result: unknown }) => void>();
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data));
    waiting.get(answer.id)?.(answer);
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  const ask = async (method: string): Promise<unknown> => {
    const id = waiting.size + 1;
    const answered = Promise.withResolvers<{ result: unknown }>();
    waiting.set(id, answered.resolve);
    socket.send(JSON.stringify({ id, method }));
    return (await answered.promise).result;
  };
  return Object.assign(ask, { close: () => socket.close() });
}
