import { expect, test } from "vitest";
import type { Answer } from "./answers.ts";
import { answers, aReferral, now, plan, told } from "./case.builder.ts";
import { textOf } from "./case-explorer.builder.ts";
import type { CaseFacts } from "./facts.ts";
import { progress, takeAnswer } from "./progress.ts";

type Step = Answer | "accept";

/** Every fact of a case that goes its whole way; each may come at any place, even before its request. */
const steps: readonly Step[] = [
  "accept",
  answers.granted(),
  answers.held(),
  answers.confirmed(),
  answers.estimated(),
  answers.guaranteed(),
  answers.booked(),
  answers.seat("SeatCommitted"),
  answers.started(),
  answers.ended(),
  answers.seat("SeatConsumed"),
  answers.invoiced(),
];

function apply(facts: CaseFacts, step: Step) {
  if (step !== "accept") return takeAnswer(facts, { answer: step, told, now });
  return progress({ ...facts, acceptance: { plan } }, [{ kind: "ReferralAccepted", plan }], now);
}

/** What is known, in a text that does not tell in which order it came or what was sent on the way. */
function known(facts: CaseFacts): string {
  const { sent: _, ...rest } = facts;
  const rounds = Object.entries(rest.rounds).map(([round, said]) => [round, sorted(said)]);
  return textOf(sorted({ ...rest, rounds, entitlement: sorted(rest.entitlement) }));
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

test("knows the same after any of the 479,001,600 orders of the facts of a whole case", () => {
  // Where every subset of the facts comes to one state whichever fact came last, every order comes to one end.
  const bySubset = new Map<number, CaseFacts>([[0, aReferral().facts]]);
  for (let subset = 1; subset < 2 ** steps.length; subset += 1) {
    const ends = steps.flatMap((step, index) => {
      const before = bySubset.get(subset ^ (1 << index));
      return (subset & (1 << index)) === 0 || before === undefined ? [] : [apply(before, step)];
    });
    const [first] = ends;
    expect(new Set(ends.map(({ state }) => known(state))).size).toBe(1);
    if (first !== undefined) bySubset.set(subset, first.state);
  }
  const end = bySubset.get(2 ** steps.length - 1);
  expect(end?.closed).toEqual({ careState: "DISCHARGED", reason: "COMPLETED" });
});

test("says and changes nothing when any answer comes again at any later place", () => {
  let facts = aReferral().facts;
  for (const [index, step] of steps.entries()) {
    facts = apply(facts, step).state;
    for (const earlier of steps.slice(0, index + 1)) {
      if (earlier === "accept") continue;
      const again = takeAnswer(facts, { answer: earlier, told, now });
      expect(again).toEqual({ state: facts, events: [] });
    }
  }
});

test("asks each thing once on the way, in the order in which it became known", () => {
  let facts = aReferral().facts;
  const asked = [...Object.keys(facts.sent)];
  for (const step of steps) {
    const { state, events } = apply(facts, step);
    for (const event of events)
      if ("round" in event || event.kind === "CaseClosed") asked.push(event.kind);
    facts = state;
  }
  expect(asked).toEqual([
    "EntitlementRequested@1",
    "CourseRequested",
    "EntitlementConfirmRequested",
    "EstimateRequested",
    "BookingRequested",
    "SeatRequested",
    "SeatRequested",
    "ChargesRequested",
    "CaseClosed",
  ]);
});
