import { expect, test } from "vitest";
import type { PartitionLag } from "./kafka-port.ts";
import { followProgress, isStandingStill } from "./lag.ts";

const behind: PartitionLag = { group: "g", topic: "t", partition: 1, next: 10n, lag: 5n };
const anyIdle = () => true;

test("calls an idle partition with waiting messages stuck after 20 seconds at one offset", () => {
  const first = followProgress(new Map(), [behind], 0);
  expect(isStandingStill(followProgress(first, [behind], 19_000), anyIdle)).toBe(false);
  expect(isStandingStill(followProgress(first, [behind], 20_000), anyIdle)).toBe(true);
});

test("is patient while the offset moves, nothing waits, or messages are in work here", () => {
  const first = followProgress(new Map(), [behind], 0);
  const moved = followProgress(first, [{ ...behind, next: 11n }], 30_000);
  expect(isStandingStill(moved, anyIdle)).toBe(false);
  const empty = followProgress(first, [{ ...behind, lag: 0n }], 30_000);
  expect(isStandingStill(empty, anyIdle)).toBe(false);
  const still = followProgress(first, [behind], 30_000);
  expect(isStandingStill(still, () => false)).toBe(false);
});
