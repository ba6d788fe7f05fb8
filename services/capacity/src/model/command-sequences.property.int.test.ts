import { afterAll, expect, test } from "vitest";
import { openTestCapacity } from "../capacity.builder.ts";
import { leastOf } from "./coverage.builder.ts";
import { checkScenarios } from "./run-scenario.builder.ts";

const capacity = await openTestCapacity();
afterAll(capacity.close);

const numRuns = 100;

test("whatever is asked in whatever order, no time is given twice and no course in part", async () => {
  const coverage = await checkScenarios([capacity], {
    ...{ seed: 20_261_122, numRuns, limitMs: 100_000 },
  });
  expect(leastOf(coverage, numRuns)).toEqual([]);
}, 120_000);
