import type { Decision } from "@carehub/rules/decision";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { requireAllowed } from "./actions.ts";
import type { CoursePlan } from "./case-terms.ts";
import type { CaseEvent } from "./events.ts";
import type { CaseFacts } from "./facts.ts";
import { requireDates } from "./plan-dates.ts";
import { askStop, progress } from "./progress.ts";
import { dateAt, informationDeadline, triageDeadline } from "./triage.ts";

/** A document by reference; its title is sealed before it comes here. */
export type Document = {
  readonly id: string;
  readonly code: string;
  readonly sha256: string;
  readonly mediaType: string;
  readonly sealedTitle: string;
};

/** A sealed text that one side wrote to the other. */
export type Note = {
  readonly id: string;
  readonly kind: "INFORMATION_REQUEST" | "INFORMATION" | "ADVICE" | "REJECTION";
  readonly author: string;
  readonly writtenAt: Temporal.Instant;
  readonly sealedText: string;
};

/** A referral: what both sides may see of it, and the facts of its case. */
export type Referral = {
  readonly id: Uuid;
  readonly placerNumber: string;
  readonly consent: { readonly reference: string; readonly date: Temporal.PlainDate };
  readonly documents: readonly Document[];
  readonly notes: readonly Note[];
  readonly createdAt: Temporal.Instant;
  readonly facts: CaseFacts;
};

/** What a rule decided about a referral. */
export type ReferralDecision = Decision<Referral, CaseEvent>;

/** Accepts a referral with a treatment proposal. Only while it is in triage and the time to decide has not passed. */
export function acceptReferral(
  referral: Referral,
  { plan, now }: { plan: CoursePlan; now: Temporal.Instant },
): ReferralDecision {
  const { facts } = referral;
  requireAllowed(facts, "AcceptReferral", now);
  const { hub, sendingParty } = facts.submission;
  if (!plan.template.startsWith(`${hub}/templates/`)) {
    throw new DomainError("PLAN_OUTSIDE_HUB", { hub, template: plan.template });
  }
  requireDates(plan, dateAt(sendingParty, now));
  const accepted = { ...facts, acceptance: { plan } };
  return carryOn(referral, progress(accepted, [{ kind: "ReferralAccepted", plan }], now));
}

/** Says no to a referral, or sends it back with advice; what is reserved for it is given back. */
export function declineReferral(
  referral: Referral,
  { as, reason, note, now }: Decline,
): ReferralDecision {
  requireAllowed(referral.facts, as === "REJECTED" ? "RejectReferral" : "ReturnReferral", now);
  const kind = as === "REJECTED" ? "ReferralRejected" : "ReferralReturned";
  const told: CaseEvent[] = [{ kind, reason }];
  const declined = askStop(referral.facts, { reason: as, told, now });
  return carryOn(withNote(referral, note), declined);
}

/** How a hub declines. */
export type Decline = {
  readonly as: "REJECTED" | "RETURNED";
  readonly reason: string;
  readonly note?: Note | undefined;
  readonly now: Temporal.Instant;
};

/** Names another hub that fits better; the ministry may refer there anew, naming this referral. */
export function redirectReferral(
  referral: Referral,
  { hub, reason, note, now }: Omit<Decline, "as"> & { readonly hub: string },
): ReferralDecision {
  requireAllowed(referral.facts, "RedirectReferral", now);
  if (hub === referral.facts.submission.hub) throw new DomainError("REDIRECTED_TO_ITSELF", { hub });
  const told: CaseEvent[] = [{ kind: "ReferralRedirected", hub, reason }];
  const facts = { ...referral.facts, redirectedToHub: hub };
  return carryOn(withNote(referral, note), askStop(facts, { reason: "REDIRECTED", told, now }));
}

/** Asks the ministry for more; the time to triage stands still until it answers. */
export function requestInformation(
  referral: Referral,
  {
    documentCodes,
    note,
    now,
  }: { documentCodes: readonly string[]; note?: Note | undefined; now: Temporal.Instant },
): ReferralDecision {
  const { facts } = referral;
  requireAllowed(facts, "RequestInformation", now);
  const answerBy = informationDeadline(facts.submission.sendingParty, now);
  const asked = { ...facts, information: { documentCodes, answerBy, isProvided: false } };
  const told: CaseEvent = { kind: "InformationRequested", documentCodes, answerBy };
  return carryOn(withNote(referral, note), progress(asked, [told], now));
}

/** Gives what the hub asked for; the time to triage starts anew. */
export function provideInformation(
  referral: Referral,
  {
    documents,
    note,
    now,
  }: { documents: readonly Document[]; note?: Note | undefined; now: Temporal.Instant },
): ReferralDecision {
  const { facts } = referral;
  requireAllowed(facts, "ProvideInformation", now);
  if (documents.length === 0 && note === undefined) throw new DomainError("INFORMATION_EMPTY");
  const documentCodes = documents.map(({ code }) => code);
  const given: CaseFacts = {
    ...facts,
    triageBy: triageDeadline(facts.submission.priority, now),
    ...(facts.information && { information: { ...facts.information, isProvided: true } }),
  };
  const more = { ...referral, documents: [...referral.documents, ...documents] };
  const told: CaseEvent = { kind: "InformationProvided", documentCodes };
  return carryOn(withNote(more, note), progress(given, [told], now));
}

/** Asks to stop the case. Treatment that has begun is ended and charged; what has not is given back. */
export function cancelReferral(
  referral: Referral,
  {
    reason,
    now,
  }: { reason: "CANCELLED" | "DECEASED" | "CONSENT_WITHDRAWN"; now: Temporal.Instant },
): ReferralDecision {
  requireAllowed(referral.facts, "CancelReferral", now);
  return carryOn(referral, askStop(referral.facts, { reason, now }));
}

/** The same referral with what was decided about its case. */
export function carryOn(
  referral: Referral,
  { state, events }: Decision<CaseFacts, CaseEvent>,
): ReferralDecision {
  return { state: { ...referral, facts: state }, events };
}

function withNote(referral: Referral, note: Note | undefined): Referral {
  return note === undefined ? referral : { ...referral, notes: [...referral.notes, note] };
}
