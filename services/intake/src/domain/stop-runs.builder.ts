import { careStateOf } from "./care-state.ts";
import { explore, type Left } from "./case-explorer.builder.ts";
import type { StopReason } from "./case-terms.ts";
import type { Scenario } from "./case-world.builder.ts";
import { expectInTime, expectSound } from "./nothing-held.builder.ts";

/** What services and people may do in one exploration, and a name for it. */
export type StopRun = readonly [string, Scenario, Partial<Left>];

export const ministryStops = ["CANCELLED", "DECEASED", "CONSENT_WITHDRAWN"] as const;
export const triageStops = ["REJECTED", "RETURNED", "REDIRECTED"] as const;

const ministry = { stop: ministryStops };
const cancelled = { stop: ["CANCELLED"] } as const;
const allEnds = ["STOPPED", "DIED", "UNTREATED", "NO_SHOW"] as const;

/** Together these come to every stop in every state. */
export const stopRuns: readonly StopRun[] = [
  ["the ministry", {}, { ...ministry, inform: 1, end: ["COMPLETED", "UNTREATED"] }],
  ["the ministry, and again when the hub declines", {}, { ...cancelled, stops: 2, declineStop: 1 }],
  ["the hub in triage", {}, { stop: triageStops, inform: 1 }],
  [
    "anybody in an order of seats",
    { entitlement: "pend" },
    { stop: [...ministryStops, ...triageStops] },
  ],
  ["times in an order of seats", { entitlement: "pend" }, { overdue: 1 }],
  ["the ministry on the waiting list", { course: "waitlist" }, { ...ministry, declineStop: 1 }],
  ["times on the waiting list", { course: "waitlist" }, { overdue: 1 }],
  ["times", { isTalkative: true }, { overdue: 1, inform: 1 }],
  ["agreements", { entitlement: "refuse" }, { ...cancelled, inform: 1 }],
  ["agreements, for the dates", { confirmation: "refuse" }, { ...cancelled, defer: 1 }],
  ["the payer", {}, { ...cancelled, decline: 1, overdue: 1 }],
  ["billing without a price", { unpriced: [1] }, { ...cancelled, defer: 1 }],
  ["capacity without a place", { course: "unavailable" }, { ...cancelled, defer: 1 }],
  ["the ministry at an interrupted treatment", {}, { ...ministry, interrupt: 1, declineStop: 1 }],
  ["times, where the course is moved", {}, { ...cancelled, move: 1, overdue: 1, guarantee: 1 }],
  ["the hub at treatment", {}, { ...cancelled, end: allEnds }],
  ["a cancellation and a deferral", {}, { ...cancelled, defer: 1 }],
  ["the ministry and a deferral before a guarantee", {}, { ...ministry, defer: 1, guarantee: 0 }],
  ["the payer and a deferral", {}, { ...cancelled, defer: 1, decline: 1, guarantee: 0 }],
  [
    "times where a lost round waits",
    { course: ["hold", "waitlist"] },
    { take: 1, guarantee: 2, overdue: 1 },
  ],
  ["the payer of a lost round", {}, { take: 1, guarantee: 1, decline: 1, overdue: 1 }],
  ["times and a deferral", {}, { defer: 1, overdue: 1, guarantee: 0 }],
  ["times, where the second price outgrows", { totals: [100n, 500n] }, { take: 1, overdue: 2 }],
];

/** The same stops where they meet repeats, lost rounds, deferrals and guarantees: what takes minutes. */
export const longStopRuns: readonly StopRun[] = [
  ["the ministry, while an answer comes twice", {}, { ...ministry, repeat: 1 }],
  ["times, while an answer comes twice", { isTalkative: true }, { overdue: 1, repeat: 1 }],
  ["the ministry, a deferral and a declined stop", {}, { ...ministry, defer: 1, declineStop: 1 }],
  ["a death and a deferral", { isTalkative: true }, { stop: ["DECEASED"], defer: 1 }],
  ["times, a deferral and a guarantee", { isTalkative: true }, { defer: 1, overdue: 1 }],
  ["two passed times, a deferral and a guarantee", {}, { defer: 1, overdue: 2 }],
  ["a deferral in an order of seats", { entitlement: "pend" }, { defer: 1, overdue: 1 }],
  ["a deferral on the waiting list", { course: "waitlist" }, { ...cancelled, defer: 1 }],
  [
    "a guarantee that is outgrown",
    { totals: [100n, 500n] },
    { defer: 1, guarantee: 2, overdue: 1 },
  ],
  ["lost rounds", {}, { ...cancelled, take: 2, guarantee: 2, declineStop: 1 }],
  [
    "a lost round that waits",
    { course: ["hold", "waitlist"] },
    { ...cancelled, take: 1, guarantee: 2, overdue: 1 },
  ],
  ["times, a lost round and a deferral", {}, { take: 1, defer: 1, overdue: 1, guarantee: 0 }],
  ["a lost round, a guarantee and a deferral", {}, { take: 1, defer: 1 }],
];

/** How often each stop came in a world of each state, and in how many orders everything could follow. */
export type Tally = { readonly states: Set<string>; worlds: number; triples: bigint };

/** Explores a run and adds to the tally; every world at rest is sound and no guarantee came too late, or it fails. */
export function tallyStops([, scenario, left]: StopRun, tally: Tally): void {
  const { stops } = explore(scenario, left, expectSound);
  for (const stopped of stops) {
    const { before, reason, orders } = stopped;
    expectInTime(stopped);
    tally.states.add(stateAndStop(careStateOf(before.facts), reason));
    tally.worlds += 1;
    tally.triples += orders;
  }
}

/** A pair as the tally has it. */
export function stateAndStop(state: string, reason: StopReason): string {
  return `${state} × ${reason}`;
}
