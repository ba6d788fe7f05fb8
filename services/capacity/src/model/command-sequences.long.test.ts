/*
 * The same as the property run, many times more. What is not done within its minutes fails. On a quiet machine of two
 * cores 10,000 take some fifteen minutes; CAREHUB_MODEL_RUNS and CAREHUB_MODEL_MINUTES are for more or fewer, and
 * CAREHUB_MODEL_SEED for others.
 */
import { afterAll, expect, test } from "vitest";
import { leastOf } from "./coverage.builder.ts";
import { openOwnCapacities } from "./own-database.builder.ts";
import { checkScenarios } from "./run-scenario.builder.ts";

const numRuns = Number(process.env.CAREHUB_MODEL_RUNS ?? 10_000);
const seed = Number(process.env.CAREHUB_MODEL_SEED ?? 20_261_123);
const limitMs = Number(process.env.CAREHUB_MODEL_MINUTES ?? 40) * 60_000;

const { capacities, close } = await openOwnCapacities(2);
afterAll(close);

test(
  "no sequence of commands gives a time twice, a course in part, or a certificate that is rejected",
  async () => {
    const coverage = await checkScenarios(capacities, { seed, numRuns, limitMs });
    expect(leastOf(coverage, numRuns)).toEqual([]);
  },
  limitMs + 60_000,
);
