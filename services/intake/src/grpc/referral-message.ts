import type { MessageInitShape } from "@bufbuild/protobuf";
import { Priority } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import {
  CareState,
  type ReferralSchema,
  SettlementState,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { etagOf } from "../app/change-referral.ts";
import { awaitedAnswers } from "../domain/awaited.ts";
import { careStateOf, isAwaitingInformation, settlementStateOf } from "../domain/care-state.ts";
import { stopDues } from "../domain/dues.ts";
import { type CaseFacts, currentRound, guaranteeInForce, liveHold } from "../domain/facts.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { toWireDeferral, toWireMoney, toWirePerson, toWirePlan } from "../wire/case-terms.ts";
import { toWireDate, toWireDeadline } from "../wire/times.ts";

/** A referral for the wire. Holds no identity, and no title or text that is sealed. */
export function toReferralMessage(stored: StoredReferral): MessageInitShape<typeof ReferralSchema> {
  const { referral, revision, updatedAt, closedAt } = stored;
  const { facts, consent, documents } = referral;
  const { sendingParty, hub, programme, diagnosisCode, priority, person } = facts.submission;
  const careState = careStateOf(facts);
  const [due] = stopDues(facts)
    .map(({ dueAt }) => dueAt)
    .sort(Temporal.Instant.compare);
  return {
    name: `referrals/${referral.id}`,
    placerNumber: referral.placerNumber,
    ...{ sendingParty, hub, programme, diagnosisCode, priority: Priority[priority] },
    person: toWirePerson(person),
    careState: CareState[careState],
    settlementState: SettlementState[settlementStateOf(facts)],
    stateReason: facts.closed?.reason ?? facts.stop?.reason ?? "",
    documents: documents.map(({ code, sha256, mediaType }, index) => ({
      ...{ number: index + 1, code, sha256, mediaType },
    })),
    consent: { reference: consent.reference, date: toWireDate(consent.date) },
    ...triage(facts),
    ...(facts.acceptance && { plan: toWirePlan(facts.acceptance.plan) }),
    progress: toProgress(facts),
    redirectedFrom: facts.redirectedFrom ?? "",
    redirectedToHub: facts.redirectedToHub ?? "",
    ...(careState === "DEFERRED" && facts.deferred && { deferred: toWireDeferral(facts.deferred) }),
    ...(due && { dueTime: toTimestamp(due) }),
    createTime: toTimestamp(referral.createdAt),
    updateTime: toTimestamp(updatedAt),
    ...(closedAt && { closeTime: toTimestamp(closedAt) }),
    etag: etagOf(revision),
  };
}

function triage(facts: CaseFacts) {
  const { information } = facts;
  if (information !== undefined && isAwaitingInformation(facts)) {
    const { documentCodes, answerBy } = information;
    const asked = { documentCodes: [...documentCodes], answerBy: toWireDeadline(answerBy) };
    return { informationRequested: asked };
  }
  const isUndecided = stopDues(facts).some(({ kind }) => kind === "triage");
  return isUndecided ? { triageBy: toWireDeadline(facts.triageBy) } : {};
}

function toProgress(facts: CaseFacts) {
  const { granted, pended, refused } = facts.entitlement;
  const { booked, estimate } = currentRound(facts);
  const hold = liveHold(facts);
  const dates = booked ?? hold;
  return {
    round: facts.round,
    decision: granted?.decision ?? "",
    agreement: granted?.agreement ?? "",
    refusalReason: refused?.reason ?? "",
    quotaPlace: granted === undefined ? (pended?.place ?? 0) : 0,
    ...(dates && { firstDate: toWireDate(dates.firstDate), lastDate: toWireDate(dates.lastDate) }),
    ...(hold && {
      answerBy: toWireDeadline(hold.answerBy),
      releaseTime: toTimestamp(hold.releaseAt),
    }),
    ...(estimate && {
      estimate: estimate.estimate,
      estimateTotal: toWireMoney(estimate.total),
    }),
    guarantee: guaranteeInForce(facts)?.guarantee ?? "",
    ...(facts.invoice && {
      invoice: facts.invoice.invoice,
      invoiceTotal: toWireMoney(facts.invoice.total),
    }),
    seatState: facts.seat === "NONE" ? "" : facts.seat,
    awaitedAnswers: awaitedAnswers(facts).map(({ key }) => key),
  };
}
