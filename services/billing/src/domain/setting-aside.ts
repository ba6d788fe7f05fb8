import type { Account, AccountDecision, Estimate } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { guaranteeName } from "./names.ts";

/** Reasons of a stop after which the case goes on: it waits for a place, or seeks one in a new round. */
const passingReasons: ReadonlySet<string> = new Set(["WAITLISTED", "ROUNDS_USED_UP"]);

/** Whether a stop for this reason leaves the case open. */
export function isPassing(reason: string): boolean {
  return passingReasons.has(reason);
}

/**
 * Gives back estimate and guarantee of a case that goes on, so that a case that waits binds no money.
 * Always answers with GuaranteeReleased, after EstimateWithdrawn where an estimate was open. The
 * round, and every later one, may be estimated and guaranteed anew; what was recorded beside the plan
 * stays, to be invoiced with the course.
 */
export function setAside(
  account: Account,
  { round, reason }: { readonly round: number; readonly reason: string },
): AccountDecision {
  const { estimate, guarantee, stoppedRound, id } = account;
  const isOpen = estimate?.standing === "OPEN";
  const ends = isOpen || estimate?.standing === "GUARANTEED";
  const ended: { estimate?: Estimate } = ends
    ? { estimate: { ...estimate, standing: "WITHDRAWN", endReason: reason } }
    : {};
  const released =
    guarantee?.standing === "STANDING"
      ? { guarantee: { ...guarantee, standing: "RELEASED" as const } }
      : {};
  const name = guarantee === undefined ? "" : guaranteeName(id, guarantee.reference);
  const events: AccountEvent[] = [
    ...(isOpen ? [{ kind: "EstimateWithdrawn", round, reason } as const] : []),
    { kind: "GuaranteeReleased", round, guarantee: name, reason },
  ];
  // An older round is over all the same.
  const before = Math.max(stoppedRound, round - 1);
  return { state: { ...account, ...ended, ...released, stoppedRound: before }, events };
}

/** Whether the last estimate was given back by a stop after which the case goes on. */
export function isSetAside({ estimate }: Account): boolean {
  return estimate?.standing === "WITHDRAWN" && isPassing(estimate.endReason ?? "");
}
