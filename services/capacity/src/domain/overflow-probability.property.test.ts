import fc from "fast-check";
import { expect, test } from "vitest";
import { certainPpm, overflowProbability } from "./overflow-probability.ts";

const seed = 20_260_105;
const presence = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: certainPpm }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, certainPpm - 1, certainPpm) },
);
const patients = (maxLength: number) => fc.array(presence, { maxLength });
const someBeds = fc.integer({ min: -1, max: 13 });

// Every set of patients that may be there, one by one.
function byEnumeration(presences: readonly number[], beds: number): number {
  let over = 0;
  for (let set = 0; set < 2 ** presences.length; set += 1) {
    let probability = 1;
    let there = 0;
    for (const [index, presence] of presences.entries()) {
      const isThere = ((set >> index) & 1) === 1;
      probability *= (isThere ? presence : certainPpm - presence) / certainPpm;
      there += isThere ? 1 : 0;
    }
    if (there > beds) over += probability;
  }
  return over;
}

test("is what the enumeration of all who may be there says, for up to twelve patients", () => {
  fc.assert(
    fc.property(patients(12), someBeds, (presences, beds) => {
      const exact = byEnumeration(presences, beds);
      expect(Math.abs(overflowProbability(presences, beds) - exact)).toBeLessThan(1e-12);
    }),
    { seed, numRuns: 300 },
  );
});

test("never rises with a bed more, never falls with a patient more or one who is likelier there", () => {
  const rounding = 1e-12;
  fc.assert(
    fc.property(patients(40), someBeds, presence, fc.nat(), (presences, beds, other, at) => {
      const before = overflowProbability(presences, beds);
      expect(overflowProbability(presences, beds + 1)).toBeLessThanOrEqual(before + rounding);
      expect(overflowProbability([...presences, other], beds)).toBeGreaterThanOrEqual(
        before - rounding,
      );
      const index = presences.length === 0 ? 0 : at % presences.length;
      const likelier = presences.map((own, place) =>
        place === index ? Math.max(own, other) : own,
      );
      expect(overflowProbability(likelier, beds)).toBeGreaterThanOrEqual(before - rounding);
    }),
    { seed, numRuns: 300 },
  );
});

test("does not depend on the order of the patients, and lies between never and always", () => {
  fc.assert(
    fc.property(patients(40), someBeds, (presences, beds) => {
      const probability = overflowProbability(presences, beds);
      expect(probability).toBeGreaterThanOrEqual(0);
      expect(probability).toBeLessThanOrEqual(1 + 1e-12);
      const turned = overflowProbability(presences.toReversed(), beds);
      expect(Math.abs(turned - probability)).toBeLessThan(1e-12);
    }),
    { seed, numRuns: 300 },
  );
});
