import { type DescMessage, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  AcceptInvoiceRequestSchema,
  ContestInvoiceLinesRequestSchema,
  DeclineEstimateRequestSchema,
  GuaranteePaymentRequestSchema,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import type { CaseEvent } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import {
  AcceptReferralRequestSchema,
  CancelReferralRequestSchema,
  ProvideInformationRequestSchema,
  RejectReferralRequestSchema,
  RequestInformationRequestSchema,
  ReturnReferralRequestSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import type { Money } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import { command, type Partner } from "./partner.ts";
import type { Step, StepAction } from "./story.ts";

type Act = (partner: Partner, event: CaseEvent, fields: JsonValue) => Promise<unknown>;

/** Sends the command of a step, filled from the event that it answers. Treating is not a single command. */
export async function act(partner: Partner, event: CaseEvent, step: Step): Promise<void> {
  if (step.do === "treatPatient") throw new Error("a treatment is planned, not sent");
  await acts[step.do](partner, event, step.with as JsonValue);
}

const acts: Record<Exclude<StepAction, "treatPatient">, Act> = {
  acceptReferral: ({ referrals }, { referral }, fields) =>
    referrals.acceptReferral(fill(AcceptReferralRequestSchema, fields, referral)),
  rejectReferral: ({ referrals }, { referral }, fields) =>
    referrals.rejectReferral(fill(RejectReferralRequestSchema, fields, referral)),
  returnReferral: ({ referrals }, { referral }, fields) =>
    referrals.returnReferral(fill(ReturnReferralRequestSchema, fields, referral)),
  requestInformation: ({ referrals }, { referral }, fields) =>
    referrals.requestInformation(fill(RequestInformationRequestSchema, fields, referral)),
  provideInformation: ({ referrals }, { referral }, fields) =>
    referrals.provideInformation(fill(ProvideInformationRequestSchema, fields, referral)),
  cancelReferral: ({ referrals }, { referral }, fields) =>
    referrals.cancelReferral(fill(CancelReferralRequestSchema, fields, referral)),
  guaranteePayment: ({ accounts }, event, fields) => {
    const request = fill(GuaranteePaymentRequestSchema, fields, accountOf(event));
    request.cap ??= estimateOf(event);
    return accounts.guaranteePayment(request);
  },
  declineEstimate: ({ accounts }, event, fields) =>
    accounts.declineEstimate(fill(DeclineEstimateRequestSchema, fields, accountOf(event))),
  acceptInvoice: ({ accounts }, event, fields) =>
    accounts.acceptInvoice(fill(AcceptInvoiceRequestSchema, fields, invoiceOf(event))),
  contestInvoiceLines: ({ accounts }, event, fields) =>
    accounts.contestInvoiceLines(fill(ContestInvoiceLinesRequestSchema, fields, invoiceOf(event))),
};

const actorRole = "case-manager";

function fill<Schema extends DescMessage>(schema: Schema, fields: JsonValue, name: string) {
  return Object.assign(fromJson(schema, fields), { name, ...command(actorRole) });
}

/** The account of a case has the referral's uuid. */
function accountOf(event: CaseEvent): string {
  return event.referral.replace("referrals/", "accounts/");
}

function invoiceOf({ event }: CaseEvent): string {
  if (event.case !== "invoiceIssued") throw new Error(`no invoice in ${event.case}`);
  return event.value.invoice;
}

/** A payer that names no cap guarantees just what was estimated. */
function estimateOf({ event }: CaseEvent): Money {
  if (event.case !== "estimateIssued" || event.value.total === undefined) {
    throw new Error(`no estimate in ${event.case}`);
  }
  return event.value.total;
}
