import fc from "fast-check";
import { expect, test } from "vitest";
import { sessions } from "./capacity-hubs.ts";
import { cellOf, cells } from "./session-cells.ts";

const number = fc.integer({ min: 0, max: cells - 1 });

test("another number is another half hour, in a room and on a day that there is", () => {
  fc.assert(
    fc.property(number, number, (one, other) => {
      const [here, there] = [cellOf(one), cellOf(other)];
      expect(here.room).toBeLessThan(sessions.hubs * sessions.rooms);
      expect(here.day).toBeLessThan(sessions.days);
      expect(here.slot).toBeLessThan(sessions.freeSlots);
      if (one === other) expect(here).toEqual(there);
      else expect(here).not.toEqual(there);
    }),
    { seed: 20_261_122, numRuns: 1_000 },
  );
});
