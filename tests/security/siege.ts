import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { connect } from "@carehub/grpc/connect";
import type { Tls } from "@carehub/grpc/tls";
import type { Platform, ServiceName } from "@carehub/local/platform";
import { countRows, type FloodOrder, prepareFlood, requestIds } from "./flood.ts";
import { heldMb, residentMb } from "./process-memory.ts";

/** The flood rests for a fifth of the time: what slows the machine down slows both. */
const restMs = 200;
const floodMs = 800;
const percentile = 0.99;

/** Who floods: nobody whom a case knows. */
export const attackers = ["ministry/ZZ", "hub/nowhere", "operator/desk"] as const;

/** How large a flood is, and how it is held. */
export type SiegeSize = Pick<FloodOrder, "count" | "inFlight" | "callsPerSecond"> & {
  /** Calls before anything is measured; none where memory and times do not matter. */
  readonly warmUpCount: number;
};

/** Everything that a flood may not change, measured around it. */
export type Siege = {
  readonly codes: Readonly<Record<string, number>>;
  readonly wrong: readonly unknown[];
  readonly sent: number;
  readonly seconds: number;
  /** Whether the process that answers is the one that was there before. */
  readonly isAlive: boolean;
  /** Tables whose count of rows is another than before, where no call was accepted. */
  readonly changed: readonly string[];
  /** Request ids that are remembered though refused, or accepted and forgotten. */
  readonly unaccounted: readonly string[];
  readonly acceptedCount: number;
  /** Memory after a full collection: what the flood left behind, and what Node kept of the system's for later. */
  readonly heldGrownMb: number;
  readonly residentGrownMb: number;
  /** The slowest of a hundred calls of a good client, while the flood rests and while it runs. */
  readonly aloneMs: number;
  readonly besideMs: number;
};

/** Floods one service while a good client goes on calling it, most of the time beside it. */
export async function besiege(
  platform: Platform,
  {
    service,
    half,
    seed,
    size,
  }: Pick<FloodOrder, "service" | "half" | "seed"> & { size: SiegeSize },
): Promise<Siege> {
  const running = platform.services[service];
  const { pid } = running;
  const tls = (identity: string): Tls => platform.certificates.tls(identity);
  const tlsByRole = {
    ministry: tls(attackers[0]),
    hub: tls(attackers[1]),
    operator: tls(attackers[2]),
  };
  const door = { address: platform.addresses[service], serverName: "localhost" };
  const order = { ...size, service, half, door, tlsByRole };
  if (size.warmUpCount > 0) {
    const first = await prepareFlood({ ...order, count: size.warmUpCount, seed: seed + 1 });
    first.go();
    await first.done;
  }
  const idsBefore = new Set(await requestIds(platform, service, attackers));
  const rowsBefore = await countRows(platform, service);
  const before = { held: await heldMb(running), resident: residentMb(running) };
  const flood = await prepareFlood({ ...order, seed });
  let isDone = false;
  const done = flood.done.finally(() => {
    isDone = true;
  });
  const good = goodClient(platform, service);
  const times: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
  while (!isDone) {
    await good.callFor(restMs, times.alone);
    flood.go();
    await good.callFor(floodMs, times.beside);
    flood.pause();
  }
  good.close();
  const report = await done;
  const heldGrownMb = (await heldMb(running)) - before.held;
  const residentGrownMb = residentMb(running) - before.resident;
  const rowsAfter = await countRows(platform, service);
  const ids = new Set(await requestIds(platform, service, attackers));
  const accepted = new Set(report.accepted.map(({ requestId }) => requestId));
  return {
    ...report,
    seconds: report.seconds ?? 0,
    isAlive: platform.services[service].pid === pid && isRunning(pid),
    changed:
      accepted.size > 0
        ? []
        : Object.keys(rowsAfter).filter((table) => rowsAfter[table] !== rowsBefore[table]),
    unaccounted: [
      ...[...ids].filter((id) => !idsBefore.has(id) && !accepted.has(id)),
      ...[...accepted].filter((id) => !ids.has(id)),
    ],
    acceptedCount: accepted.size,
    heldGrownMb,
    residentGrownMb,
    aloneMs: slowest(times.alone),
    besideMs: slowest(times.beside),
  };
}

/** A caller that asks one thing after the other, the first of them from the database. */
function goodClient(platform: Platform, service: ServiceName) {
  const { addresses, certificates } = platform;
  const tls = certificates.tls("operator/registry");
  const client = connect(OperationsService, { address: addresses[service], tls });
  return {
    callFor: async (ms: number, times: number[]): Promise<void> => {
      for (const until = performance.now() + ms; performance.now() < until; ) {
        for (const ask of [() => client.listDeadLetters({}), () => client.whoAmI({})]) {
          const startedAt = performance.now();
          await ask();
          times.push(performance.now() - startedAt);
        }
      }
    },
    close: () => client.close(),
  };
}

function slowest(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * percentile)] ?? Number.NaN;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
