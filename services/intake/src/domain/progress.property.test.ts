import fc from "fast-check";
import { expect, test } from "vitest";
import { blockerOf } from "./actions.ts";
import type { Answer } from "./answers.ts";
import { answers, aReferral, day, now, plan, told } from "./case.builder.ts";
import type { StopReason } from "./case-terms.ts";
import { deferReferral, resumeReferral } from "./deferral.ts";
import { stopDues } from "./dues.ts";
import type { CaseEvent } from "./events.ts";
import { type CaseFacts, lostRoundsMax } from "./facts.ts";
import { askStop, passTime, progress, takeAnswer } from "./progress.ts";
import { requestKey } from "./requests.ts";

type Step =
  | { readonly answer: Answer }
  | "accept"
  | "defer"
  | "resume"
  | "pass"
  | { readonly stop: StopReason };

const round = fc.integer({ min: 1, max: lostRoundsMax });
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
  round.map(answers.stopPending),
  round.map(answers.stopDeclined),
  fc.tuple(round, fc.bigInt(1n, 300n)).map(([at, total]) => answers.estimated(at, total)),
  round.map(answers.declined),
  fc
    .tuple(round, fc.constantFrom("CANCELLED", "ANSWER_OVERDUE"))
    .map(([at, why]) => answers.withdrawn(at, why)),
  round.map((at) => answers.guaranteed(at)),
  round.map((at) => answers.guaranteeReleased(at)),
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: anyAnswer.map((answer) => ({ answer })) },
  { weight: 3, arbitrary: fc.constantFrom("accept", "accept", "defer", "resume") },
  { weight: 1, arbitrary: fc.constant("pass") },
  { weight: 1, arbitrary: fc.constantFrom("CANCELLED", "REJECTED").map((stop) => ({ stop })) },
) as fc.Arbitrary<Step>;
const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 40 });

function apply(facts: CaseFacts, step: Step) {
  if (step === "accept") return progress({ ...facts, acceptance: { plan } }, [], now);
  if (step === "pass") return passFirst(facts);
  if (step === "defer" || step === "resume") return deferOrResume(facts, step);
  if ("stop" in step) return askStop(facts, { reason: step.stop, now });
  return takeAnswer(facts, { answer: step.answer, told, now });
}

const template = aReferral();

function deferOrResume(facts: CaseFacts, step: "defer" | "resume") {
  const action = step === "defer" ? "DeferReferral" : "ResumeReferral";
  if (blockerOf(facts, action, now) !== undefined) return { state: facts, events: [] };
  const referral = { ...template, facts };
  const dates = { readyDate: day("02-01"), dueDate: undefined, now };
  const { state, events } =
    step === "defer"
      ? deferReferral(referral, { reason: "CLINICAL", now })
      : resumeReferral(referral, dates);
  return { state: state.facts, events };
}

function passFirst(facts: CaseFacts) {
  const [due] = stopDues(facts);
  return due === undefined ? { state: facts, events: [] } : passTime(facts, due, now);
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
        expect(Object.keys(state.sent)).toEqual(expect.arrayContaining(Object.keys(before.sent)));
        all.push(...events);
        facts = state;
      }
      const keys = all.flatMap((event) => ("round" in event ? [requestKey(event)] : []));
      expect(new Set(keys).size).toBe(keys.length);
      expect(all.filter(({ kind }) => kind === "CaseClosed").length).toBeLessThanOrEqual(1);
      const count = (kind: CaseEvent["kind"]) => all.filter((event) => event.kind === kind).length;
      expect(facts.round).toBeLessThanOrEqual(lostRoundsMax + count("ReferralResumed"));
      expect(count("CaseStopAsked")).toBeLessThanOrEqual(1 + (facts.declinedStops ?? 0));
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
        if (typeof step !== "string" && "answer" in step && step.answer.kind === "CourseHeld") {
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
