import { type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  AcceptInvoiceRequestSchema,
  ContestInvoiceLinesRequestSchema,
  DeclineEstimateRequestSchema,
  GuaranteePaymentRequestSchema,
  ReplyToContestRequestSchema,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { DeclineCourseStopRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import type { CaseEvent } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import {
  AcceptReferralRequestSchema,
  CancelReferralRequestSchema,
  DeferReferralRequestSchema,
  ProvideInformationRequestSchema,
  RedirectReferralRequestSchema,
  RejectReferralRequestSchema,
  RequestInformationRequestSchema,
  ResumeReferralRequestSchema,
  ReturnReferralRequestSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import type { Money } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import { grantOpenings } from "./grant-openings.ts";
import { command, type Partner } from "./partner.ts";
import type { Step, StepAction, Story } from "./story.ts";
import { confirmStop, planTreatment } from "./treat.ts";

/** What a partner answers, and in which story. */
export type Cue = {
  readonly event: CaseEvent;
  readonly story: Story;
  readonly step: Step;
  /** Does something later as a part of the same step. */
  readonly later: (at: Temporal.Instant, act: () => Promise<unknown>) => void;
  /** When it acts, on the sandbox clock. */
  readonly at: Temporal.Instant;
};

/** Does what a step says, filled from the event that it answers. */
export async function act(partner: Partner, cue: Cue): Promise<void> {
  await acts[cue.step.do](partner, cue, cue.step.with as JsonValue);
}

type Act = (partner: Partner, cue: Cue, fields: JsonValue) => Promise<unknown>;

const acts: Record<StepAction, Act> = {
  acceptReferral: ({ referrals }, { event }, fields) =>
    referrals.acceptReferral(fill(AcceptReferralRequestSchema, fields, event.referral)),
  rejectReferral: ({ referrals }, { event }, fields) =>
    referrals.rejectReferral(fill(RejectReferralRequestSchema, fields, event.referral)),
  returnReferral: ({ referrals }, { event }, fields) =>
    referrals.returnReferral(fill(ReturnReferralRequestSchema, fields, event.referral)),
  redirectReferral: ({ referrals }, { event }, fields) =>
    referrals.redirectReferral(fill(RedirectReferralRequestSchema, fields, event.referral)),
  requestInformation: ({ referrals }, { event }, fields) =>
    referrals.requestInformation(fill(RequestInformationRequestSchema, fields, event.referral)),
  provideInformation: ({ referrals }, { event }, fields) =>
    referrals.provideInformation(fill(ProvideInformationRequestSchema, fields, event.referral)),
  deferReferral: ({ referrals }, { event }, fields) =>
    referrals.deferReferral(fill(DeferReferralRequestSchema, fields, event.referral)),
  resumeReferral: ({ referrals }, { event }, fields) =>
    referrals.resumeReferral(fill(ResumeReferralRequestSchema, fields, event.referral)),
  cancelReferral: ({ referrals }, { event }, fields) =>
    referrals.cancelReferral(fill(CancelReferralRequestSchema, fields, event.referral)),
  grantOpenings: (hub, { event }) => grantOpenings(hub, event),
  guaranteePayment: guarantee,
  recordDeposit: guarantee,
  declineEstimate: ({ accounts }, { event }, fields) =>
    accounts.declineEstimate(fill(DeclineEstimateRequestSchema, fields, accountOf(event))),
  treatPatient: planTreatment,
  confirmStop,
  declineCourseStop: ({ courses }, { event }, fields) =>
    courses.declineCourseStop(fill(DeclineCourseStopRequestSchema, fields, courseOf(event))),
  acceptInvoice: ({ accounts }, { event }, fields) =>
    accounts.acceptInvoice(fill(AcceptInvoiceRequestSchema, fields, invoiceOf(event))),
  contestInvoiceLines: ({ accounts }, { event }, fields) =>
    accounts.contestInvoiceLines(fill(ContestInvoiceLinesRequestSchema, fields, invoiceOf(event))),
  replyToContest: ({ accounts }, { event }, fields) =>
    accounts.replyToContest(fill(ReplyToContestRequestSchema, fields, invoiceOf(event))),
};

const actorRole = "case-manager";

function fill<Schema extends DescMessage>(schema: Schema, fields: JsonValue, name: string) {
  return Object.assign(fromJson(schema, fields), { name, ...command(actorRole) });
}

/** A payer that names no cap guarantees just what was estimated; one that names no reference, its number of the referral. */
function guarantee({ accounts }: Partner, { event, story }: Cue, fields: JsonValue) {
  const request = fill(GuaranteePaymentRequestSchema, fields, accountOf(event));
  request.cap ??= estimateOf(event);
  if (request.reference === "") request.reference = story.referral.placerNumber;
  return accounts.guaranteePayment(request);
}

/** The account of a case, and its course, have the referral's uuid. */
function accountOf(event: CaseEvent): string {
  return event.referral.replace("referrals/", "accounts/");
}

function courseOf(event: CaseEvent): string {
  return event.referral.replace("referrals/", "courses/");
}

function invoiceOf({ event }: CaseEvent): string {
  if (event.value === undefined || !("invoice" in event.value)) {
    throw new Error(`no invoice in ${event.case}`);
  }
  return event.value.invoice;
}

function estimateOf({ event }: CaseEvent): Money {
  if (event.case !== "estimateIssued" || event.value.total === undefined) {
    throw new Error(`no estimate in ${event.case}`);
  }
  return event.value.total;
}
