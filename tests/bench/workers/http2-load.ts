import { setTimeout as delay } from "node:timers/promises";
import {
  openUnaryConnection,
  type UnaryCall,
  type UnaryConnection,
} from "../http2/unary-connection.ts";
import { runSchedule, type Schedule } from "../instruments/arrivals.ts";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { type LatencySummary, makeLatency, sharedNowMs } from "../instruments/latency.ts";

/** The calls of one run: those answered well and otherwise, and how long they took. */
export type LoadReport = {
  readonly good: number;
  readonly bad: number;
  readonly seconds: number;
  readonly latency: LatencySummary;
};

/** Closed loop: each of so many streams sends its next call when the last was answered. */
export type Saturation = { readonly streams: number; readonly seconds: number };

const drainLimitMs = 10_000;
const streamsAtOnceMax = 250;

let connection: UnaryConnection | undefined;
let run = newRun();

function newRun() {
  return { latency: makeLatency(), good: 0, bad: 0, streams: 0, waiting: [] as number[] };
}

function fill(): void {
  if (connection === undefined) return;
  while (connection.inFlight() < run.streams && connection.send(sharedNowMs()));
  while (connection.inFlight() < streamsAtOnceMax) {
    const dueMs = run.waiting.shift();
    if (dueMs === undefined) break;
    if (connection.send(dueMs)) continue;
    run.waiting.unshift(dueMs);
    break;
  }
  connection.flush();
}

async function connectTo(call: UnaryCall): Promise<void> {
  connection?.close();
  connection = await openUnaryConnection(call, {
    answered: (sinceMs, isGood) => {
      run.latency.add(sharedNowMs() - sinceMs);
      if (isGood) run.good += 1;
      else run.bad += 1;
    },
    finished: fill,
    failed: (error) => {
      throw error;
    },
  });
}

async function measure(work: () => Promise<void>): Promise<LoadReport> {
  const startMs = performance.now();
  run = newRun();
  await work();
  run.streams = 0;
  const { good } = run; // What is still in flight when the time is over does not count.
  const seconds = (performance.now() - startMs) / 1_000;
  const end = performance.now() + drainLimitMs;
  while ((connection?.inFlight() ?? 0) + run.waiting.length > 0) {
    if (performance.now() > end) throw new Error(`${connection?.inFlight()} calls had no answer`);
    await delay(5);
  }
  return { good, bad: run.bad, seconds, latency: run.latency.summary() };
}

const commands = {
  connect: connectTo,
  saturate: ({ streams, seconds }: Saturation) =>
    measure(async () => {
      run.streams = streams;
      fill();
      await delay(seconds * 1_000);
    }),
  schedule: (schedule: Schedule) =>
    measure(async () => {
      await runSchedule(schedule, (dueMs) => {
        run.waiting.push(dueMs);
        fill();
      });
    }),
} satisfies Commands;

export type LoadCommands = typeof commands;

answerCommands(commands);
