import { expect, test } from "vitest";
import { awaitedAnswers } from "./awaited.ts";
import { careStateOf } from "./care-state.ts";
import { explore, type Left, textOf, type World } from "./case-explorer.builder.ts";
import type { Scenario } from "./case-world.builder.ts";
import { stopDues } from "./dues.ts";

/** Explores a scenario, checks every world at rest, and answers the states in which the case was closed. */
function closedStates(scenario: Scenario, left: Partial<Left>): string[] {
  const states = new Set<string>();
  explore(scenario, left, (world) => {
    if (world.facts.closed === undefined) return expectWaiting(world);
    expectNothingHeld(world);
    states.add(careStateOf(world.facts));
  });
  return [...states].sort();
}

function expectNothingHeld({ services, facts }: World): void {
  const { seat, course, guarantee, estimate, closed } = services;
  const isHeld =
    !["NONE", "CONSUMED", "RELEASED"].includes(seat) ||
    ["HELD", "WAITING", "BOOKED", "STARTED"].includes(course.state) ||
    guarantee === "GIVEN" ||
    (guarantee !== "CHARGED" && estimate.state === "ISSUED");
  const isToldOnce = closed.length === 3 && new Set(closed).size === 3;
  if (isHeld || !isToldOnce) expect.fail(textOf({ services, sent: Object.keys(facts.sent) }));
}

/** A case at rest that is not closed waits for people, never for a message. */
function expectWaiting({ facts, services }: World): void {
  const isOnItsWay = ["IN_TREATMENT", "PENDED"].includes(careStateOf(facts));
  const hasDue = isOnItsWay || stopDues(facts).length > 0;
  if (!hasDue || awaitedAnswers(facts).length > 0) expect.fail(textOf({ facts, services }));
}

test("comes to the same facts whatever order the answers of a treated case take", () => {
  const ends = new Set<string>();
  const worlds = explore({}, { repeat: 2 }, ({ facts, services }) => {
    if (facts.closed === undefined) return;
    const sent = Object.keys(facts.sent).sort();
    ends.add(textOf({ ...facts, sent, services: { ...services, closed: [] } }));
  });
  expect(worlds).toBeGreaterThan(100);
  expect(ends.size).toBe(1);
  expect([...ends][0]).toContain("DISCHARGED");
});

test("leaves nothing held when a cancellation meets any moment of a treated case", () => {
  const states = closedStates({}, { stop: ["CANCELLED"], repeat: 1 });
  expect(states).toEqual(["CANCELLED", "DISCHARGED", "STOPPED"]);
});

test("leaves nothing held when the hub declines at any moment", () => {
  const states = closedStates({}, { stop: ["REJECTED", "RETURNED"], accept: 0 });
  expect(states).toEqual(["REJECTED", "RETURNED"]);
});

test("leaves nothing held when a time passes at any moment", () => {
  const states = closedStates({ isTalkative: true }, { overdue: 1, repeat: 1 });
  expect(states).toEqual(["DISCHARGED", "EXPIRED", "NO_SHOW", "STOPPED"]);
});

test("leaves nothing held when agreements refuses, and tells nobody else to stop", () => {
  expect(closedStates({ entitlement: "refuse" }, { stop: ["CANCELLED"] })).toEqual([
    "CANCELLED",
    "REFUSED",
  ]);
});

test("gives the course, the seat and the estimate back when the dates are refused", () => {
  const states = closedStates({ confirmation: "refuse" }, { stop: ["CANCELLED"], overdue: 1 });
  expect(states).toEqual(["CANCELLED", "EXPIRED", "REFUSED"]);
});

test("waits in the order of a quota and can be stopped there", () => {
  const states = closedStates({ entitlement: "pend" }, { stop: ["CANCELLED"] });
  expect(states).toEqual(["CANCELLED", "DISCHARGED", "STOPPED"]);
});

test("waits on capacity's list and can be stopped there", () => {
  const states = closedStates({ course: "waitlist" }, { stop: ["CANCELLED"], overdue: 1 });
  expect(states).toEqual(["CANCELLED", "DISCHARGED", "EXPIRED", "NO_SHOW", "REFUSED", "STOPPED"]);
});

test("is refused when no course can be had", () => {
  expect(closedStates({ course: "unavailable" }, { stop: ["CANCELLED"] })).toEqual([
    "CANCELLED",
    "REFUSED",
  ]);
});

test("is refused when the payer declines, at the same time as anything else", () => {
  const states = closedStates({}, { decline: 1, stop: ["CANCELLED"] });
  expect(states).toEqual(["CANCELLED", "DISCHARGED", "REFUSED", "STOPPED"]);
});

test("is refused when billing cannot price the course, in the first round or in a later one", () => {
  const first = closedStates({ unpriced: [1] }, { stop: ["CANCELLED"], overdue: 1, repeat: 1 });
  expect(first).toEqual(["CANCELLED", "EXPIRED", "REFUSED"]);
  const second = closedStates({ unpriced: [2] }, { take: 1, stop: ["CANCELLED"] });
  expect(second).toEqual(["CANCELLED", "DISCHARGED", "REFUSED", "STOPPED"]);
});

test("goes through its rounds under one guarantee when holds are taken, and ends after three", () => {
  const states = closedStates({}, { take: 3 });
  expect(states).toEqual(["DISCHARGED", "REFUSED"]);
});

test("leaves nothing held when rounds, a cancellation and a passed time meet", () => {
  for (const isTalkative of [false, true]) {
    const states = closedStates({ isTalkative }, { take: 1, stop: ["CANCELLED"], overdue: 1 });
    expect(states).toEqual(["CANCELLED", "DISCHARGED", "EXPIRED", "NO_SHOW", "STOPPED"]);
  }
});

test("asks the payer again when a later round costs more than was guaranteed", () => {
  const scenario = { totals: [100n, 500n, 500n] };
  const states = closedStates(scenario, { take: 1, guarantee: 1, overdue: 1 });
  expect(states).toEqual(["DISCHARGED", "EXPIRED", "NO_SHOW", "STOPPED"]);
});

test("settles every end of a booked course", () => {
  const end = ["COMPLETED", "STOPPED", "DIED", "NO_SHOW"] as const;
  const states = closedStates({}, { end, stop: ["DECEASED"] });
  expect(states).toEqual(["DECEASED", "DISCHARGED", "NO_SHOW", "STOPPED"]);
});
