import fc from "fast-check";
import { expect, test } from "vitest";
import type { Answer } from "./answers.ts";
import { answers, aReferral, now, plan, told } from "./case.builder.ts";
import type { StopReason } from "./case-terms.ts";
import type { CaseEvent } from "./events.ts";
import { type CaseFacts, roundsMax } from "./facts.ts";
import { askStop, progress, takeAnswer } from "./progress.ts";
import { requestKey } from "./requests.ts";

type Step = { readonly answer: Answer } | "accept" | { readonly stop: StopReason };

const round = fc.integer({ min: 1, max: roundsMax });
const anyAnswer = fc.oneof(
  fc.constantFrom(answers.granted(), answers.pended(), answers.ended(), answers.invoiced()),
  fc.constantFrom(answers.ended({ outcome: "STOPPED", deliveredItems: [] })),
  fc.constantFrom(
    answers.seat("SeatCommitted"),
    answers.seat("SeatConsumed"),
    answers.seat("SeatReleased"),
  ),
  round.map(answers.refused),
  round.map((at) => answers.confirmed(at)),
  round.map((at) => answers.held(at)),
  fc.tuple(round, fc.boolean()).map(([at, waitlisted]) => answers.unavailable(at, waitlisted)),
  fc.tuple(round, fc.constantFrom("TAKEN", "NOT_HELD")).map(([at, why]) => answers.lapsed(at, why)),
  round.map(answers.booked),
  fc
    .tuple(round, fc.constantFrom("NO_SHOW", "OTHER"))
    .map(([at, why]) => answers.released(at, why)),
  round.map(answers.started),
  fc.tuple(round, fc.bigInt(1n, 300n)).map(([at, total]) => answers.estimated(at, total)),
  round.map(answers.declined),
  round.map(answers.withdrawn),
  round.map((at) => answers.guaranteed(at)),
  round.map((at) => answers.guaranteeReleased(at)),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: anyAnswer.map((answer) => ({ answer })) },
  { weight: 2, arbitrary: fc.constant("accept" as const) },
  { weight: 1, arbitrary: fc.constantFrom("CANCELLED", "REJECTED").map((stop) => ({ stop })) },
) as fc.Arbitrary<Step>;
const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 40 });

function apply(facts: CaseFacts, step: Step) {
  if (step === "accept") return progress({ ...facts, acceptance: { plan } }, [], now);
  if ("stop" in step) return askStop(facts, { reason: step.stop, now });
  return takeAnswer(facts, { answer: step.answer, told, now });
}

const undoKinds = ["AnswerTaken", "CourseStopRequested", "SeatRequested", "AccountStopRequested"];

test("asks nothing twice, closes once and only undoes after it, whatever comes in whatever order", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let facts = aReferral().facts;
      const all: CaseEvent[] = [];
      for (const step of steps) {
        const before = facts;
        const { state, events } = apply(before, step);
        if (before.closed !== undefined) {
          expect(state.closed).toEqual(before.closed);
          for (const { kind } of events) expect(undoKinds).toContain(kind);
        }
        expect(state.round - before.round).toBeOneOf([0, 1]);
        expect(state.round).toBeLessThanOrEqual(roundsMax);
        expect(Object.keys(state.sent)).toEqual(expect.arrayContaining(Object.keys(before.sent)));
        all.push(...events);
        facts = state;
      }
      const keys = all.flatMap((event) => ("round" in event ? [requestKey(event)] : []));
      expect(new Set(keys).size).toBe(keys.length);
      expect(all.filter(({ kind }) => kind === "CaseClosed").length).toBeLessThanOrEqual(1);
      expect(all.filter(({ kind }) => kind === "CaseStopAsked").length).toBeLessThanOrEqual(1);
    }),
    { seed: 20260105, numRuns: 3_000 },
  );
});

test("takes the same answer twice as once, after anything", () => {
  fc.assert(
    fc.property(anySteps, anyAnswer, (steps, answer) => {
      const facts = steps.reduce((known, step) => apply(known, step).state, aReferral().facts);
      const once = takeAnswer(facts, { answer, told, now }).state;
      expect(takeAnswer(once, { answer, told, now })).toEqual({ state: once, events: [] });
    }),
    { seed: 20260106, numRuns: 3_000 },
  );
});

test("never uses an answer of an older round, and gives back the course that it took", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let facts = aReferral().facts;
      for (const step of steps) {
        const { state, events } = apply(facts, step);
        if (step !== "accept" && "answer" in step && step.answer.kind === "CourseHeld") {
          const { round: at } = step.answer;
          const isNews = facts.rounds[at]?.hold === undefined && facts.ended === undefined;
          if (isNews && at < facts.round) {
            const stops = events.filter(({ kind }) => kind === "CourseStopRequested");
            const isAsked = Object.hasOwn(facts.sent, `CourseStopRequested@${at}`);
            expect(isAsked || stops.length > 0 || facts.rounds[at]?.released !== undefined).toBe(
              true,
            );
          }
        }
        for (const event of events) {
          if (event.kind === "BookingRequested") expect(event.round).toBe(state.round);
        }
        facts = state;
      }
    }),
    { seed: 20260107, numRuns: 3_000 },
  );
});
