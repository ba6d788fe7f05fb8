import { expect, test } from "vitest";
import { accepted, caseIn, treated } from "./action-cases.builder.ts";
import type { Answer } from "./answers.ts";
import { careStateOf } from "./care-state.ts";
import { afterAnswers, answers, day, now, told } from "./case.builder.ts";
import { duesOf, stopDues } from "./dues.ts";
import { currentRound } from "./facts.ts";
import { takeAnswer } from "./progress.ts";

const dueOf = (facts: Parameters<typeof stopDues>[0], kind: string) =>
  stopDues(facts)
    .find((due) => due.kind === kind)
    ?.dueAt.toString();

test("awaits a moved booking on its new days, and its payer as long as before", () => {
  const booked = afterAnswers(caseIn.BOOKED, answers.moved(day("02-04"), day("02-20")));
  expect(currentRound(booked.facts)).toMatchObject({
    hold: { firstDate: day("02-04"), lastDate: day("02-20") },
    booked: { firstDate: day("02-04"), lastDate: day("02-20") },
  });
  // Thirty days behind the last one.
  expect(dueOf(booked.facts, "no-show")).toBe("2026-03-22T19:00:00Z");
  const held = afterAnswers(caseIn.HELD, answers.moved());
  expect(dueOf(held.facts, "guarantee")).toBe(dueOf(caseIn.HELD.facts, "guarantee"));
  expect(careStateOf(held.facts)).toBe("HELD");
});

test("asks nothing anew for a move: the round, its price and its guarantee stay", () => {
  const decision = takeAnswer(caseIn.HELD.facts, { answer: answers.moved(), told, now });
  expect(decision.events).toEqual([{ kind: "AnswerTaken", told }]);
  const guaranteed = afterAnswers(caseIn.HELD, answers.moved(), answers.guaranteed());
  expect(guaranteed.facts.sent).toHaveProperty("BookingRequested@1");
});

test("is interrupted until it goes on, and stopped, ended or dead all the same", () => {
  const interrupted = afterAnswers(accepted, ...treated, answers.interrupted());
  expect(careStateOf(interrupted.facts)).toBe("INTERRUPTED");
  const again = takeAnswer(interrupted.facts, { answer: answers.interrupted(), told, now });
  expect(again).toEqual({ state: interrupted.facts, events: [] });
  const resumed = afterAnswers(interrupted, answers.moved(), answers.resumed());
  expect(careStateOf(resumed.facts)).toBe("IN_TREATMENT");
  expect(currentRound(resumed.facts).booked?.lastDate).toEqual(day("02-12"));
  const stopped = afterAnswers(interrupted, answers.ended({ outcome: "STOPPED" }));
  expect(careStateOf(stopped.facts)).toBe("STOPPED");
  const died = afterAnswers(interrupted, answers.ended({ outcome: "DIED" }));
  expect(careStateOf(died.facts)).toBe("DECEASED");
});

test("awaits the discharge of a stay that lasts longer later, and of a shorter one no sooner", () => {
  const extended = (lastDate: Temporal.PlainDate): Answer => ({ kind: "StayExtended", lastDate });
  const lastOf = (answer: Answer) =>
    currentRound(afterAnswers(caseIn.IN_TREATMENT, answer).facts).booked?.lastDate;
  expect(lastOf(extended(day("02-14")))).toEqual(day("02-14"));
  expect(lastOf(extended(day("02-03")))).toEqual(day("02-10"));
  const { facts } = afterAnswers(caseIn.IN_TREATMENT, extended(day("02-14")));
  expect(duesOf(facts, now).map(({ dueAt }) => dueAt.toString())).toContain("2026-03-16T19:00:00Z");
});

test.each(["SessionMissed", "SessionCorrected", "SessionPostponed", "CourseDisplaced"] as const)(
  "tells of a %s and asks nothing",
  (kind) => {
    const { state, events } = takeAnswer(caseIn.IN_TREATMENT.facts, {
      answer: { kind },
      told,
      now,
    });
    expect(events).toEqual([{ kind: "AnswerTaken", told }]);
    expect(state).toEqual(caseIn.IN_TREATMENT.facts);
  },
);
