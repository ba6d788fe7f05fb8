import { expect, test } from "vitest";
import { partitionOf } from "./partition.ts";

// From Kafka's own UtilsTest: murmur2 of each text.
const hashes: Record<string, number> = {
  "21": -973932308,
  foobar: -790332482,
  "a-little-bit-long-string": -985981536,
  "a-little-bit-longer-string": -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

test("gives a key the partition that Kafka's Java clients give it", () => {
  for (const [key, hash] of Object.entries(hashes)) {
    expect(partitionOf(key, 8)).toBe((hash & 0x7fffffff) % 8);
    expect(partitionOf(key, 1_000_003)).toBe((hash & 0x7fffffff) % 1_000_003);
  }
});

test("spreads random keys evenly", () => {
  const counts = Array.from({ length: 8 }, () => 0);
  for (let at = 0; at < 8_000; at += 1) {
    const partition = partitionOf(crypto.randomUUID(), 8);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  for (const count of counts) expect(count).toBeGreaterThan(800);
});
