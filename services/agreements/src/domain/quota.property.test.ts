import fc from "fast-check";
import { expect, test } from "vitest";
import { choosePart, type PartCount } from "./quota.ts";
import { moveSeat, type SeatRequest, type SeatState } from "./seat.ts";

const order: readonly SeatState[] = ["RESERVED", "COMMITTED", "CONSUMED"];
const requests = fc.constantFrom<SeatRequest>("COMMIT", "CONSUME", "RELEASE");

test("a seat never moves back, and no move of it is posted twice", () => {
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 12 }), (asked) => {
      let state: SeatState = "RESERVED";
      const posted: string[] = [];
      for (const request of asked) {
        const step = moveSeat(state, request);
        const isBack = order.indexOf(step.state) < order.indexOf(state);
        expect(isBack && step.state !== "RELEASED").toBe(false);
        if (state === "RELEASED" || state === "CONSUMED")
          expect(step).toEqual({ postings: [], state });
        posted.push(...step.postings);
        state = step.state;
      }
      expect(new Set(posted).size).toBe(posted.length);
      expect(posted.includes("RELEASE") && posted.includes("CONSUME")).toBe(false);
    }),
    { seed: 20_260_105 },
  );
});

const counts = fc.array(
  fc.record({
    part: fc.constantFrom("", "UZ-QR", "UZ-TK"),
    granted: fc.constant(5),
    available: fc.nat(2),
    waiting: fc.nat(1),
  }),
  { maxLength: 3 },
);
const parts = fc.shuffledSubarray(["", "UZ-QR", "UZ-TK"]);

test("a part is only chosen from the case's own, with a free seat that nobody waits for, and the first such", () => {
  fc.assert(
    fc.property(counts, parts, (found: readonly PartCount[], own) => {
      const first = (part: string) => found.find((count) => count.part === part);
      const isFree = (part: string) => {
        const count = first(part);
        return count !== undefined && count.available > 0 && count.waiting === 0;
      };
      const chosen = choosePart(found, own);
      if (chosen === undefined) expect(own.filter(isFree)).toEqual([]);
      else expect(own.slice(0, own.indexOf(chosen) + 1).filter(isFree)).toEqual([chosen]);
    }),
    { seed: 20_260_105 },
  );
});
