import { actionsByRole, type Blocker, blockerOf, type Side } from "./actions.ts";
import type { Answer } from "./answers.ts";
import { afterAnswers, answers, aReferral, now, plan, referralId, tenge } from "./case.builder.ts";
import type { CareState, SettlementState } from "./case-terms.ts";
import { deferReferral } from "./deferral.ts";
import type { CaseFacts } from "./facts.ts";
import { askStop } from "./progress.ts";
import {
  acceptReferral,
  cancelReferral,
  declineReferral,
  type Referral,
  redirectReferral,
  requestInformation,
} from "./referral.ts";
import { serviceActions } from "./service-actions.ts";

export const accepted = acceptReferral(aReferral(), { plan, now }).state;
export const asked = requestInformation(aReferral(), {
  documentCodes: ["ECHO_REPORT"],
  now,
}).state;
const held = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
const guaranteed = [...held, answers.guaranteed()];
const booked = [...guaranteed, answers.booked(), answers.seat("SeatCommitted")];
export const treated = [...booked, answers.started()];
const seatBack = answers.seat("SeatReleased");

function stopped(referral: Referral, reason: Parameters<typeof askStop>[1]["reason"]): Referral {
  return { ...referral, facts: askStop(referral.facts, { reason, now }).state };
}

function ended(...last: Answer[]): Referral {
  return afterAnswers(
    accepted,
    ...[...treated, ...last, answers.seat("SeatConsumed"), answers.invoiced()],
  );
}

const decline = { reason: "OTHER", now } as const;
const redirected = { hub: "hubs/astana-proton", reason: "OTHER_SPECIALTY", now } as const;

/** One case in each state of care. */
export const caseIn: Readonly<Record<CareState, Referral>> = {
  SUBMITTED: aReferral(),
  INFORMATION_REQUESTED: asked,
  PENDED: afterAnswers(aReferral(), answers.pended()),
  ACCEPTED: afterAnswers(accepted, answers.granted()),
  WAITLISTED: afterAnswers(accepted, answers.granted(), answers.unavailable(1, true)),
  HELD: afterAnswers(accepted, ...held),
  GUARANTEED: afterAnswers(accepted, ...guaranteed),
  BOOKED: afterAnswers(accepted, ...booked),
  IN_TREATMENT: afterAnswers(accepted, ...treated),
  INTERRUPTED: afterAnswers(accepted, ...treated, answers.interrupted()),
  DEFERRED: deferReferral(afterAnswers(accepted, ...guaranteed), {
    reason: "NOT_FIT_TO_TRAVEL",
    now,
  }).state,
  STOP_REQUESTED: cancelReferral(afterAnswers(accepted, ...booked), { reason: "CANCELLED", now })
    .state,
  RETURNED: afterAnswers(
    declineReferral(aReferral(), { as: "RETURNED", ...decline }).state,
    seatBack,
  ),
  REJECTED: afterAnswers(
    declineReferral(aReferral(), { as: "REJECTED", ...decline }).state,
    seatBack,
  ),
  REFUSED: afterAnswers(aReferral(), answers.refused()),
  REDIRECTED: afterAnswers(redirectReferral(aReferral(), redirected).state, seatBack),
  CANCELLED: afterAnswers(
    cancelReferral(aReferral(), { reason: "CANCELLED", now }).state,
    seatBack,
  ),
  EXPIRED: afterAnswers(stopped(aReferral(), "TRIAGE_OVERDUE"), seatBack),
  NO_SHOW: afterAnswers(
    accepted,
    ...[...booked, answers.released(1, "NO_SHOW"), seatBack, answers.guaranteeReleased()],
  ),
  DECEASED: ended(answers.ended({ outcome: "DIED" })),
  STOPPED: ended(answers.ended({ outcome: "STOPPED" })),
  DISCHARGED: ended(answers.ended()),
};

const invoice = { invoice: "i/1" };
const contested: Answer = { kind: "InvoiceContested", ...invoice, amount: tenge(40n) };
const agreed: Answer = { kind: "InvoiceAccepted", ...invoice, amount: tenge(100n) };

/** One case in each state of the money. */
export const moneyIn: Readonly<Record<SettlementState, Referral>> = {
  NONE: caseIn.ACCEPTED,
  ESTIMATED: caseIn.HELD,
  GUARANTEED: caseIn.GUARANTEED,
  INVOICED: caseIn.DISCHARGED,
  PART_CONTESTED: afterAnswers(caseIn.DISCHARGED, contested),
  ACCEPTED: afterAnswers(caseIn.DISCHARGED, agreed),
  SETTLED: afterAnswers(caseIn.DISCHARGED, agreed, { kind: "InvoiceSettled", ...invoice }),
};

/** The same case where the patient pays. */
export function paidPrivately({ facts, ...referral }: Referral): Referral {
  const { granted } = facts.entitlement;
  const payers = [{ party: "parties/private", shareBasisPoints: 10_000 }];
  const entitlement = { ...facts.entitlement, ...(granted && { granted: { ...granted, payers } }) };
  return { ...referral, facts: { ...facts, entitlement } };
}

/** Everything that a side may do on a case, and what blocks it, in the order in which it is listed. */
export function actionsOf(facts: CaseFacts, side: Side, at: Temporal.Instant = now) {
  const own = actionsByRole[side].map((action) => {
    const blocker: Blocker<string> | undefined = blockerOf(facts, action, at);
    return { action: action as string, blocker };
  });
  const others = serviceActions(facts, { id: referralId, side, now: at });
  return [...own, ...others.map(({ action, blocker }) => ({ action, blocker }))];
}

/** The same as text: `allowed: …` and `REASON <who could unblock>: …`, in the order of their first commands. */
export function shownActions(facts: CaseFacts, side: Side, at?: Temporal.Instant): string[] {
  const groups = new Map<string, string[]>();
  for (const { action, blocker } of actionsOf(facts, side, at)) {
    const unblockedBy = blocker?.unblockedBy === undefined ? "" : ` <${blocker.unblockedBy}>`;
    const key = blocker === undefined ? "allowed" : `${blocker.reason}${unblockedBy}`;
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  return [...groups].map(([key, actions]) => `${key}: ${actions.join(" ")}`);
}
