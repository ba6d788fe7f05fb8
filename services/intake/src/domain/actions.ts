import { DomainError } from "@carehub/rules/domain-error";
import { careStateOf, isAwaitingInformation } from "./care-state.ts";
import { overdue } from "./dues.ts";
import type { CaseFacts } from "./facts.ts";
import type { IntakeReason } from "./reasons.ts";

/** The commands on a referral, by the role that gives them. */
export const actionsByRole = {
  hub: [
    "AcceptReferral",
    "RejectReferral",
    "ReturnReferral",
    "RedirectReferral",
    "RequestInformation",
    "DeferReferral",
    "ResumeReferral",
  ],
  ministry: ["ProvideInformation", "DeferReferral", "ResumeReferral", "CancelReferral"],
} as const;

/** The two sides of a case. */
export type Side = keyof typeof actionsByRole;

export type Action = (typeof actionsByRole)[Side][number];

/** Who could take away what blocks a command: a side, carehub itself, or time alone. */
export type Unblocker = Side | "service";

/** What stands in the way of a command, and who could take it away; undefined where nobody can. */
export type Blocker<Reason = IntakeReason> = {
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly unblockedBy?: Unblocker | undefined;
};

/** What blocks a command at that time; undefined when it is allowed. */
export function blockerOf(
  facts: CaseFacts,
  action: Action,
  now: Temporal.Instant,
): Blocker | undefined {
  return blockerOfAll(facts, action, now) ?? blockerOfOne(facts, action);
}

/** What blocks every command alike, but for a stop of a case whose overdue answer is being asked for. */
function blockerOfAll(
  facts: CaseFacts,
  action: Action,
  now: Temporal.Instant,
): Blocker | undefined {
  const { closed, ended, stop } = facts;
  const careState = careStateOf(facts);
  if (closed !== undefined) return { reason: "REFERRAL_CLOSED", metadata: { careState } };
  if (ended !== undefined) return { reason: "TREATMENT_ENDED", metadata: { careState } };
  if (stop !== undefined) {
    const metadata = { stopReason: stop.reason };
    // A hub that declines to stop a treatment lets the case go on.
    const unblockedBy = stop.isPending === true ? "hub" : undefined;
    return { reason: "STOP_ALREADY_ASKED", metadata, unblockedBy };
  }
  const passed = overdue(facts, now);
  if (passed === undefined) return undefined;
  // A death is told at once, however long billing is away.
  if (passed.estimateRound !== undefined && action === "CancelReferral") return undefined;
  const metadata = { stopReason: passed.reason, dueTime: passed.dueAt.toString() };
  // Billing may have an answer that was given in time: then the case goes on.
  const unblockedBy = passed.estimateRound === undefined ? undefined : "service";
  return { reason: "ANSWER_OVERDUE", metadata, unblockedBy };
}

function blockerOfOne(facts: CaseFacts, action: Action): Blocker | undefined {
  const metadata = { careState: careStateOf(facts) };
  const isInTriage = facts.acceptance === undefined;
  const isAwaiting = isAwaitingInformation(facts);
  switch (action) {
    case "CancelReferral":
      return undefined;
    case "DeferReferral":
      return deferralBlocker(facts);
    case "ResumeReferral":
      return facts.deferred === undefined ? { reason: "NOT_DEFERRED", metadata } : undefined;
    case "ProvideInformation": {
      const unblockedBy = isInTriage ? "hub" : undefined;
      if (isAwaiting) return undefined;
      return { reason: "INFORMATION_NOT_REQUESTED", metadata, unblockedBy };
    }
    case "RequestInformation": {
      const unblockedBy = "ministry";
      if (isAwaiting) return { reason: "INFORMATION_ALREADY_REQUESTED", metadata, unblockedBy };
      return isInTriage ? undefined : { reason: "REFERRAL_NOT_IN_TRIAGE", metadata };
    }
    case "AcceptReferral":
    case "RejectReferral":
    case "ReturnReferral":
    case "RedirectReferral":
      return isInTriage ? undefined : { reason: "REFERRAL_NOT_IN_TRIAGE", metadata };
    default:
      return action satisfies never;
  }
}

function deferralBlocker(facts: CaseFacts): Blocker | undefined {
  const { acceptance, startedOn, deferred } = facts;
  const careState = careStateOf(facts);
  if (deferred !== undefined) {
    const metadata = { careState, resumeByTime: deferred.resumeBy.toString() };
    return { reason: "ALREADY_DEFERRED", metadata };
  }
  const metadata = { careState };
  const unblockedBy = "hub";
  if (acceptance === undefined) return { reason: "DEFERRAL_NOT_POSSIBLE", metadata, unblockedBy };
  return startedOn === undefined ? undefined : { reason: "DEFERRAL_NOT_POSSIBLE", metadata };
}

/** Passes only a command that nothing blocks. */
export function requireAllowed(facts: CaseFacts, action: Action, now: Temporal.Instant): void {
  const blocker = blockerOf(facts, action, now);
  if (blocker !== undefined) throw new DomainError(blocker.reason, blocker.metadata);
}
