import { test } from "vitest";
import { longStopRuns, type Tally, tallyStops } from "./stop-runs.builder.ts";

const timeoutMs = 600_000;
const tally: Tally = { states: new Set(), worlds: 0, triples: 0n };

test.each(longStopRuns)(
  "leaves nothing over when %s may stop a case, in every state and order",
  { timeout: timeoutMs },
  (...run) => {
    tallyStops(run, tally);
  },
);
