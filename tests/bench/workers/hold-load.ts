import { setTimeout as delay } from "node:timers/promises";
import { must } from "@carehub/rules/fault";
import { openUnaryConnection, type UnaryConnection } from "../http2/unary-connection.ts";
import { runSchedule, type Schedule } from "../instruments/arrivals.ts";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { makeLatency, sharedNowMs } from "../instruments/latency.ts";
import { type HoldKind, holdCall, holdHeaders } from "./hold-requests.ts";
import type { LoadReport } from "./http2-load.ts";

type Tls = { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };

/** Who calls, where, for what; a connection for each hub. */
export type HoldLoad = {
  readonly port: number;
  readonly kind: HoldKind;
  readonly hubs: readonly { readonly hub: string; readonly tls: Tls }[];
};

/** So many calls at a time, from a number on. */
export type HoldSaturation = {
  readonly from: number;
  readonly inFlight: number;
  readonly seconds: number;
};

const drainLimitMs = 30_000;
const inFlightMax = 900;

const connections = new Map<string, UnaryConnection>();
let kind: HoldKind = "session";
let next = 0;
let run = newRun();

function newRun() {
  return {
    latency: makeLatency(),
    good: 0,
    bad: 0,
    inFlight: 0,
    lanes: 0,
    waiting: [] as number[],
  };
}

async function connect(load: HoldLoad): Promise<void> {
  for (const connection of connections.values()) connection.close();
  connections.clear();
  kind = load.kind;
  const headers = holdHeaders(load.port);
  for (const { hub, tls } of load.hubs) {
    const { message } = holdCall(kind, 0);
    const call = { port: load.port, tls, headers, message, answerBytes: undefined };
    const connection = await openUnaryConnection(call, {
      answered: (sinceMs, isGood) => {
        run.latency.add(sharedNowMs() - sinceMs);
        run.inFlight -= 1;
        if (isGood) run.good += 1;
        else run.bad += 1;
      },
      finished: fill,
      failed: (error) => {
        throw error;
      },
    });
    connections.set(hub, connection);
  }
}

function fill(): void {
  while (run.inFlight < run.lanes) send(sharedNowMs());
  while (run.waiting.length > 0 && run.inFlight < inFlightMax) send(run.waiting.shift() ?? 0);
  for (const connection of connections.values()) connection.flush();
}

function send(sinceMs: number): void {
  const { hub, message } = holdCall(kind, next);
  next += 1;
  const connection = must(connections.get(hub), "every hub that calls is connected");
  if (!connection.send(sinceMs, message)) throw new Error("the server takes no more");
  run.inFlight += 1;
}

async function measure(work: () => Promise<void>): Promise<LoadReport> {
  const startMs = performance.now();
  run = newRun();
  await work();
  run.lanes = 0;
  const { good } = run; // What is still in flight when the time is over does not count.
  const seconds = (performance.now() - startMs) / 1_000;
  const end = performance.now() + drainLimitMs;
  while (run.inFlight + run.waiting.length > 0) {
    if (performance.now() > end) throw new Error(`${run.inFlight} calls had no answer`);
    await delay(5);
  }
  return { good, bad: run.bad, seconds, latency: run.latency.summary() };
}

const commands = {
  connect,
  saturate: ({ from, inFlight, seconds }: HoldSaturation) =>
    measure(async () => {
      next = from;
      run.lanes = inFlight;
      fill();
      await delay(seconds * 1_000);
    }),
  schedule: ({ from, ...schedule }: Schedule & { readonly from: number }) =>
    measure(async () => {
      next = from;
      await runSchedule(schedule, (dueMs) => {
        run.waiting.push(dueMs);
        fill();
      });
    }),
  /** The number of the next call. */
  reached: (): number => next,
} satisfies Commands;

export type HoldLoadCommands = typeof commands;

answerCommands(commands);
