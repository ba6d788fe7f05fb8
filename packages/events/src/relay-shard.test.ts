import { expect, test } from "vitest";
import { countBatch } from "./relay-shard.ts";

const ofBytes = (bytes: number) => ({ payload: Buffer.alloc(bytes) });

test("limits a batch by count and by bytes, and never makes it empty", () => {
  expect(countBatch([])).toBe(0);
  expect(countBatch(Array.from({ length: 2_000 }, () => ofBytes(10)))).toBe(500);
  expect(countBatch([ofBytes(900_000), ofBytes(100_000), ofBytes(100_000)])).toBe(2);
  expect(countBatch([ofBytes(4_000_000), ofBytes(1)])).toBe(1);
});
