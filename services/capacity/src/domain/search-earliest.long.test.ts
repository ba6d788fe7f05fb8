import fc from "fast-check";
import { expect, test } from "vitest";
import { searchCases } from "./search-cases.builder.ts";
import { checkSearchCase } from "./search-check.builder.ts";

test("finds the earliest courses that trying every combination and the planner find, in 10,000 cases", () => {
  const tally = { courses: 0, madeUp: 0, none: 0 };
  fc.assert(
    fc.property(searchCases, (given) => checkSearchCase(given, tally)),
    { seed: 20_261_122, numRuns: 10_000 },
  );
  expect(tally.courses).toBeGreaterThan(10_000);
}, 900_000);
