import { DomainError } from "@carehub/rules/domain-error";
import { careStateOf, isAwaitingInformation } from "./care-state.ts";
import { overdue } from "./dues.ts";
import type { CaseFacts } from "./facts.ts";
import type { IntakeReason } from "./reasons.ts";

/** The commands on a referral, by the role that gives them. */
export const actionsByRole = {
  hub: ["AcceptReferral", "RejectReferral", "ReturnReferral", "RequestInformation"],
  ministry: ["ProvideInformation", "CancelReferral"],
} as const;

export type Action = (typeof actionsByRole)["hub" | "ministry"][number];

/** What stands in the way of a command, and who could take it away. */
export type Blocker = {
  readonly reason: IntakeReason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly unblockedBy?: "hub" | "ministry";
};

/** What blocks a command at that time; undefined when it is allowed. */
export function blockerOf(
  facts: CaseFacts,
  action: Action,
  now: Temporal.Instant,
): Blocker | undefined {
  const { closed, ended, stop, acceptance } = facts;
  const careState = careStateOf(facts);
  if (closed !== undefined) return { reason: "REFERRAL_CLOSED", metadata: { careState } };
  if (ended !== undefined) return { reason: "TREATMENT_ENDED", metadata: { careState } };
  if (stop !== undefined) {
    return { reason: "STOP_ALREADY_ASKED", metadata: { stopReason: stop.reason } };
  }
  const passed = overdue(facts, now);
  if (passed !== undefined) {
    const metadata = { stopReason: passed.reason, dueTime: passed.dueAt.toString() };
    return { reason: "ANSWER_OVERDUE", metadata };
  }
  const isAwaiting = isAwaitingInformation(facts);
  switch (action) {
    case "CancelReferral":
      return undefined;
    case "ProvideInformation":
      if (isAwaiting) return undefined;
      return {
        reason: "INFORMATION_NOT_REQUESTED",
        metadata: { careState },
        ...(acceptance === undefined ? { unblockedBy: "hub" as const } : {}),
      };
    case "RequestInformation":
      if (isAwaiting) {
        const metadata = { careState };
        return { reason: "INFORMATION_ALREADY_REQUESTED", metadata, unblockedBy: "ministry" };
      }
      break;
    case "AcceptReferral":
    case "RejectReferral":
    case "ReturnReferral":
      break;
    default:
      return action satisfies never;
  }
  if (acceptance === undefined) return undefined;
  return { reason: "REFERRAL_NOT_IN_TRIAGE", metadata: { careState } };
}

/** Passes only a command that nothing blocks. */
export function requireAllowed(facts: CaseFacts, action: Action, now: Temporal.Instant): void {
  const blocker = blockerOf(facts, action, now);
  if (blocker !== undefined) throw new DomainError(blocker.reason, blocker.metadata);
}
