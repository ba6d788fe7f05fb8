import { afterAll, beforeAll, expect, test } from "vitest";
import { writeReport } from "../invariants/report.ts";
import { type KillRun, killEverything, victims } from "./kill-run.ts";
import { type FaultStage, setFaultStage, tellOutcome } from "./stage.ts";

let stage: FaultStage;
let run: KillRun;

beforeAll(async () => {
  stage = await setFaultStage("everything-long");
  run = await killEverything(stage, stage.examples.stories);
}, 600_000);

afterAll(() => stage?.close());

test("each service, Kafka and PostgreSQL were killed in the middle, once", () => {
  expect(run.killed.toSorted()).toEqual(victims.toSorted());
});

test("every case ends as its file says", () => {
  expect(run.outcomes.filter(({ isAsExpected }) => !isAsExpected).map(tellOutcome)).toEqual([]);
});

test("the checker finds nothing broken, and was blind nowhere", () => {
  const retries = [...stage.retries].map(([heard, times]) => `${times} times ${heard}`);
  process.stdout.write(`${[...run.times, ...retries].join("\n")}\n${writeReport(run.report)}`);
  expect(run.report.findings.flatMap(({ violations }) => violations)).toEqual([]);
  expect(run.report.blind.map(({ rule }) => rule)).toEqual([]);
  expect(run.report.withoutHistory).toBe(false);
});
