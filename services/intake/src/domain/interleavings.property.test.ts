import { expect, test } from "vitest";
import { careStateOf } from "./care-state.ts";
import { explore, textOf } from "./case-explorer.builder.ts";
import { closedStates } from "./nothing-held.builder.ts";

test("comes to the same facts whatever order the answers of a treated case take", () => {
  const ends = new Set<string>();
  const { worlds } = explore({}, { repeat: 2 }, ({ facts, services }) => {
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

test("lets a guarantee win that billing took in time, wherever its news is when the time passes", () => {
  const ends = new Set<string>();
  const { stops } = explore({}, { overdue: 1, repeat: 1 }, ({ facts, services }) => {
    if (facts.closed === undefined || facts.sent["EstimateWithdrawRequested@1"] === undefined)
      return;
    ends.add(`${services.guarantee.state}: ${careStateOf(facts)}`);
  });
  expect([...ends].sort()).toEqual(["CHARGED: DISCHARGED", "NONE: EXPIRED"]);
  const overdue = stops.filter(({ reason }) => reason === "ANSWER_OVERDUE");
  expect(overdue.length).toBeGreaterThan(10);
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

test("releases the guarantee when the second hold under it is taken, and asks the payer anew in the third round", () => {
  expect(closedStates({}, { take: 2, guarantee: 1, overdue: 1 })).toContain("EXPIRED");
  const anew = closedStates({}, { take: 3, guarantee: 2 });
  expect(anew).toEqual(["DISCHARGED"]);
});

test("binds no money while a case waits, and asks for a new guarantee once its course is held", () => {
  const scenario = { course: ["hold", "waitlist"] } as const;
  const left = { take: 1, guarantee: 2, stop: ["CANCELLED"], overdue: 1 } as const;
  const states = closedStates(scenario, left);
  expect(states).toEqual(["CANCELLED", "DISCHARGED", "EXPIRED", "NO_SHOW", "REFUSED", "STOPPED"]);
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

test("settles every end of a course that is moved, interrupted and resumed, whenever the case hears of it", () => {
  const end = ["COMPLETED", "STOPPED", "DIED"] as const;
  const states = closedStates({}, { move: 1, interrupt: 1, end, stop: ["DECEASED"] });
  expect(states).toEqual(["DECEASED", "DISCHARGED", "STOPPED"]);
});
