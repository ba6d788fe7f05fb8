import { EventEmitter } from "node:events";
import { expect, test, vi } from "vitest";
import { RunningCall } from "./call.ts";

test("is late once its signal says so, were the clock behind the timer", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "Date"], now: 1_000 });
  const source = Object.assign(new EventEmitter(), { cancelled: false });
  const caller = { role: "operator", id: "desk", name: "operator/desk" } as const;
  const facts = { caller, spiffeId: "", method: "a/B", traceId: "" };
  const bounds = { deadlineMs: 1_100, lateCause: "DEADLINE_EXCEEDED" } as const;
  const call = new RunningCall(facts, bounds, source);
  const { signal } = call;
  expect(call.endedBy()).toBeUndefined();
  vi.advanceTimersByTime(100);
  vi.setSystemTime(1_099);
  expect(signal.aborted).toBe(true);
  expect(call.endedBy()).toBe("DEADLINE_EXCEEDED");
  vi.useRealTimers();
});
