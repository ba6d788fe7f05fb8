import fc from "fast-check";
import { expect, test } from "vitest";
import { createLowWater } from "./low-water.ts";

test("never passes a position that is open, and reaches the last when none is", () => {
  const positions = fc.uniqueArray(fc.bigInt({ min: 1n, max: 5_000n }), { maxLength: 200 });
  fc.assert(
    fc.property(positions, fc.infiniteStream(fc.nat()), (unsorted, choices) => {
      const sorted = unsorted.toSorted((a, b) => (a < b ? -1 : 1));
      const lowWater = createLowWater(0n);
      for (const position of sorted) lowWater.open(position);
      const open = [...sorted];
      while (open.length > 0) {
        const [closed] = open.splice((choices.next().value ?? 0) % open.length, 1);
        if (closed !== undefined) lowWater.close(closed);
        expect(lowWater.openCount()).toBe(open.length);
        // Everything below the first open one is done, and that is exactly how far it goes.
        const below = sorted.filter((position) => open[0] === undefined || position < open[0]);
        expect(lowWater.mark()).toBe(below.at(-1) ?? 0n);
      }
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("goes on over many more positions than it keeps", () => {
  const lowWater = createLowWater(0n);
  for (let position = 1n; position <= 10_000n; position += 1n) {
    lowWater.open(position);
    if (position > 50n) lowWater.close(position - 50n);
  }
  expect(lowWater.mark()).toBe(9_950n);
  expect(lowWater.openCount()).toBe(50);
});

test("refuses a position that is not after the last", () => {
  const lowWater = createLowWater(5n);
  expect(() => lowWater.open(5n)).toThrow("position 5 came after 5");
});
