import type { Uuid } from "@carehub/rules/ids";
import { expect, test } from "vitest";
import { aPlan } from "../domain/hub.builder.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import type { HoldRequest } from "./place-course.ts";
import { createSharedRefusals } from "./shared-refusals.ts";

const answerTime = { workingDays: 5, calendars: ["KZ"], graceHours: 24, clause: "" };
const taken: Unavailable = { reason: "NO_FREE_TIME", blockers: [], openings: [] };
const full: Unavailable = { reason: "NO_BED", blockers: [], openings: [] };

function aRequest(id: string, parts: Partial<HoldRequest> = {}): HoldRequest {
  return {
    id: id as Uuid,
    hub: "hubs/test-hub",
    sendingParty: undefined,
    round: 0,
    plan: aPlan("visit"),
    answerTime,
    priority: "ROUTINE",
    ...parts,
  };
}

test("tells those who had asked before the rows were read, and nobody who asked later", () => {
  const refusals = createSharedRefusals();
  const reader = refusals.enter(aRequest("1"));
  const before = refusals.enter(aRequest("2"));
  reader.reads();
  const after = refusals.enter(aRequest("3"));
  expect(before.find()).toBeUndefined();
  reader.refused(taken);
  expect(before.find()).toBe(taken);
  expect(after.find()).toBeUndefined();
});

test("counts from the last reading, after a race was lost", () => {
  const refusals = createSharedRefusals();
  const reader = refusals.enter(aRequest("1"));
  reader.reads();
  const between = refusals.enter(aRequest("2"));
  reader.reads();
  reader.refused(taken);
  expect(between.find()).toBe(taken);
});

test("keeps the refusal that was decided on what was read last", () => {
  const refusals = createSharedRefusals();
  const [slow, fast] = [refusals.enter(aRequest("1")), refusals.enter(aRequest("2"))];
  slow.reads();
  const between = refusals.enter(aRequest("3"));
  fast.reads();
  fast.refused(full);
  slow.refused(taken);
  expect(between.find()).toBe(full);
});

test("shares nothing between those who ask for different things", () => {
  const refusals = createSharedRefusals();
  const reader = refusals.enter(aRequest("1"));
  const others = [
    aRequest("2", { hub: "hubs/other" }),
    aRequest("3", { sendingParty: "parties/UZ" as never }),
    aRequest("4", { plan: aPlan("visit", { underAnaesthesia: true }) }),
    aRequest("5", { plan: aPlan("visit", { dueDate: Temporal.PlainDate.from("2026-02-03") }) }),
    aRequest("6", { priority: "EMERGENCY" }),
  ].map(refusals.enter);
  reader.reads();
  reader.refused(taken);
  expect(others.map((asked) => asked.find())).toEqual(others.map(() => undefined));
});

test("forgets when the last who asked the same has its answer", () => {
  const refusals = createSharedRefusals();
  const reader = refusals.enter(aRequest("1"));
  const other = refusals.enter(aRequest("2"));
  reader.reads();
  reader.refused(taken);
  reader.leave();
  expect(other.find()).toBe(taken);
  other.leave();
  const [late, reads] = [refusals.enter(aRequest("3")), refusals.enter(aRequest("4"))];
  reads.reads();
  expect(late.find()).toBeUndefined();
});
