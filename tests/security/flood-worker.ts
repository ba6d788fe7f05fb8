import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { requestReader } from "@carehub/grpc/validation";
import { DomainError } from "@carehub/rules/domain-error";
import type { FloodOrder, FloodReport } from "./flood.ts";
import { aMutant } from "./mutants.ts";
import { type Seeded, seeded } from "./seeded.ts";
import { loadSurface, type Surface } from "./surface.ts";
import { aValidRequest } from "./valid-request.ts";
import { headersOf, openWire, type Wire } from "./wire.ts";
import { aFault, framed, ordinary } from "./wire-faults.ts";

const basesPerMethod = 3;
const receiveBytesMax = 1_048_576;
const wrongMax = 20;

type Base = { readonly entry: Surface; readonly valid: Message; readonly wire: Wire };
type Attempt = {
  readonly kind: string;
  readonly path: string;
  readonly right: readonly string[];
  readonly end: string;
  readonly requestId?: string;
  readonly isRead: boolean;
};

const readers = new Map<DescMessage, ReturnType<typeof requestReader>>();

if (!isMainThread) await serve(workerData as FloodOrder);

/** Waits for "go" and "pause", and tells its report when all calls were made. */
async function serve(order: FloodOrder): Promise<void> {
  let going = Promise.withResolvers<void>();
  parentPort?.on("message", (word: "go" | "pause") => {
    if (word === "go") going.resolve();
    else going = Promise.withResolvers();
  });
  const bases = await basesOf(order);
  const random = seeded(order.seed);
  const report: FloodReport = { codes: {}, wrong: [], accepted: [], sent: 0 };
  parentPort?.postMessage("ready");
  let left = order.count;
  const startedAt = performance.now();
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await going.promise;
      note(report, await attempt(order, bases, random));
      if (order.callsPerSecond !== undefined) {
        const perCallMs = (1_000 * order.inFlight) / order.callsPerSecond;
        await delay(perCallMs * (0.5 + Math.random()));
      }
    }
  };
  await Promise.all(Array.from({ length: order.inFlight }, one));
  for (const { wire } of bases) wire.close();
  report.seconds = (performance.now() - startedAt) / 1_000;
  parentPort?.postMessage(report);
  parentPort?.close();
}

async function basesOf({ service, door, tlsByRole, seed }: FloodOrder): Promise<Base[]> {
  const surface = (await loadSurface()).filter((entry) => entry.service === service);
  const wires = new Map<string, Wire>();
  for (const [role, tls] of Object.entries(tlsByRole)) wires.set(role, openWire(door, tls));
  return surface.flatMap((entry) => {
    const role = Object.keys(tlsByRole).find((each) => entry.roles.has(each));
    const wire = wires.get(role ?? "");
    if (wire === undefined) throw new Error(`nobody may call ${entry.title}`);
    return Array.from({ length: basesPerMethod }, (_, index) => ({
      entry,
      wire,
      valid: aValidRequest(entry.method.input, { seed: seed + index }),
    }));
  });
}

function attempt(order: FloodOrder, bases: readonly Base[], random: Seeded): Promise<Attempt> {
  const base = random.pick(bases);
  const isWire = order.half === "wire" || (order.half === "both" && random.below(2) === 0);
  return isWire ? sendFault(base, random) : sendMutant(base, random);
}

async function sendFault({ entry, valid, wire }: Base, random: Seeded): Promise<Attempt> {
  const target = {
    path: entry.path,
    valid: toBinary(entry.method.input, valid),
    isValid: (bytes: Uint8Array) => isValid(entry, bytes),
  };
  const { kind, call, right } = aFault(target, random);
  const allowed = entry.isRead ? right : right.filter((code) => code !== "OK");
  return {
    kind,
    path: entry.path,
    right: allowed,
    end: await wire.send({ ...call, streams: isStream(entry) }),
    isRead: entry.isRead,
  };
}

async function sendMutant({ entry, valid, wire }: Base, random: Seeded): Promise<Attempt> {
  const requestId: string = randomUUID();
  if ("requestId" in valid) Object.assign(valid, { requestId });
  const { kind, bytes } = aMutant(entry.method.input, valid, random);
  const isClock = entry.method.name === "MoveClock";
  const right = bytes.length > receiveBytesMax ? ["RESOURCE_EXHAUSTED"] : rightFor(entry, bytes);
  // A clock that goes forward never comes back: what is right is not sent.
  if (isClock && right.includes("OK")) {
    return { kind, path: entry.path, right, end: "OK", isRead: true };
  }
  const sent = { headers: headersOf(entry.path), body: [framed(bytes)], ends: true };
  const end = await wire.send({ ...sent, streams: isStream(entry) });
  return { kind, path: entry.path, right, end, requestId, isRead: entry.isRead };
}

function isStream({ method }: Surface): boolean {
  return method.methodKind === "server_streaming";
}

/** By the rules of the proto alone: what breaks one is INVALID_ARGUMENT, the rest is for the domain to say. */
function rightFor(entry: Surface, bytes: Uint8Array): readonly string[] {
  return isValid(entry, bytes) ? ["OK", ...ordinary] : ["INVALID_ARGUMENT"];
}

function isValid({ method }: Surface, bytes: Uint8Array): boolean {
  try {
    readerOf(method.input)(bytes);
    return true;
  } catch (refusal) {
    if (refusal instanceof DomainError) return false;
    throw refusal;
  }
}

function readerOf(schema: DescMessage): ReturnType<typeof requestReader> {
  const reader = readers.get(schema) ?? requestReader(schema);
  readers.set(schema, reader);
  return reader;
}

function note(report: FloodReport, { kind, path, right, end, requestId, isRead }: Attempt): void {
  report.sent += 1;
  report.codes[end] = (report.codes[end] ?? 0) + 1;
  if (!right.includes(end) && report.wrong.length < wrongMax) {
    report.wrong.push({ kind, path, end, right: right.join("|") });
  }
  if (end === "OK" && !isRead && requestId !== undefined) report.accepted.push({ path, requestId });
}
