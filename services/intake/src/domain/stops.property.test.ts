import { expect, test } from "vitest";
import type { CareState, StopReason } from "./case-terms.ts";
import {
  ministryStops,
  stateAndStop,
  stopRuns,
  type Tally,
  tallyStops,
  triageStops,
} from "./stop-runs.builder.ts";

const none: readonly StopReason[] = [];

/** Every stop that a case in each state can come to. One that is being stopped, or is over, comes to none. */
const stopsIn: Readonly<Record<CareState, readonly StopReason[]>> = {
  SUBMITTED: [...ministryStops, ...triageStops, "TRIAGE_OVERDUE", "ENTITLEMENT_REFUSED"],
  INFORMATION_REQUESTED: [
    ...[...ministryStops, ...triageStops],
    ...(["INFORMATION_OVERDUE", "ENTITLEMENT_REFUSED"] as const),
  ],
  PENDED: [...ministryStops, ...triageStops, "TRIAGE_OVERDUE"],
  // The last two of a hold that another took before the payer had answered.
  ACCEPTED: [
    ...[...ministryStops, "ENTITLEMENT_REFUSED", "COURSE_UNAVAILABLE"],
    ...(["ANSWER_OVERDUE", "ESTIMATE_DECLINED"] as const),
  ] as StopReason[],
  WAITLISTED: [...ministryStops, "COURSE_UNAVAILABLE"],
  HELD: [...ministryStops, "ENTITLEMENT_REFUSED", "ESTIMATE_DECLINED", "ANSWER_OVERDUE"],
  GUARANTEED: ministryStops,
  BOOKED: [...ministryStops, "NO_SHOW"],
  IN_TREATMENT: ministryStops,
  INTERRUPTED: ministryStops,
  DEFERRED: [...ministryStops, "ENTITLEMENT_REFUSED", "ESTIMATE_DECLINED", "DEFERRAL_OVERDUE"],
  STOP_REQUESTED: none,
  RETURNED: none,
  REJECTED: none,
  REFUSED: none,
  REDIRECTED: none,
  CANCELLED: none,
  EXPIRED: none,
  NO_SHOW: none,
  DECEASED: none,
  STOPPED: none,
  DISCHARGED: none,
};

const tally: Tally = { states: new Set(), worlds: 0, triples: 0n };
const triplesMin = 10n ** 12n;

test.each(stopRuns)(
  "leaves nothing over when %s may stop a case, in every state and order",
  (...run) => {
    tallyStops(run, tally);
  },
);

test("has come to every stop in every state", () => {
  const expected = Object.entries(stopsIn).flatMap(([state, reasons]) =>
    reasons.map((reason) => stateAndStop(state, reason)),
  );
  expect([...tally.states].sort()).toEqual(expected.sort());
  expect(tally.triples).toBeGreaterThan(triplesMin);
});
