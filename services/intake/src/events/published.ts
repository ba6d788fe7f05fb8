import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  CaseEventSchema,
  Priority,
  SeatMove,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import { topics } from "@carehub/events/topics";
import { toTimestamp } from "@carehub/grpc/instants";
import type { CaseEvent, Told } from "../domain/events.ts";
import type { Submission } from "../domain/facts.ts";
import { toWireDeferral, toWirePerson, toWirePlan } from "../wire/case-terms.ts";
import { toWireAnswerTime, toWireDate, toWireDeadline } from "../wire/times.ts";
import { toWireCharges, toWireEstimateRequest } from "./published-money.ts";

type Variant = NonNullable<MessageInitShape<typeof CaseEventSchema>["event"]>;

/** What stands beside an event in its payload. */
export type CaseEventContext = {
  readonly aggregate: string;
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** Puts an event of a case into the published language of `carehub.intake.cases`. */
export function publishCaseEvent(event: CaseEvent, context: CaseEventContext) {
  const { aggregate, revision, occurredAt } = context;
  const told: Partial<Told> = event.kind === "AnswerTaken" ? event.told : {};
  const message = create(CaseEventSchema, {
    referral: aggregate,
    revision: BigInt(revision),
    eventTime: toTimestamp(occurredAt),
    sourceEventId: told.sourceEventId ?? "",
    sourceTraceId: told.sourceTraceId ?? "",
    event: toVariant(event),
  });
  return {
    topic: topics.cases,
    key: aggregate.slice("referrals/".length),
    type: `carehub.intake.v1.${typeName(message.event.case ?? event.kind)}`,
    payload: toBinary(CaseEventSchema, message),
  };
}

function toVariant(event: CaseEvent): Variant {
  switch (event.kind) {
    case "ReferralSubmitted":
      return { case: "referralSubmitted", value: toWireSubmission(event.submission) };
    case "InformationRequested": {
      const { documentCodes, answerBy } = event;
      const value = { documentCodes: [...documentCodes], answerBy: toWireDeadline(answerBy) };
      return { case: "informationRequested", value };
    }
    case "InformationProvided":
      return { case: "informationProvided", value: { documentCodes: [...event.documentCodes] } };
    case "ReferralAccepted":
      return { case: "referralAccepted", value: { plan: toWirePlan(event.plan) } };
    case "ReferralRejected":
      return { case: "referralRejected", value: { reason: event.reason } };
    case "ReferralReturned":
      return { case: "referralReturned", value: { reason: event.reason } };
    case "ReferralRedirected": {
      const { hub, reason } = event;
      return { case: "referralRedirected", value: { hub, reason } };
    }
    case "ReferralDeferred":
      return { case: "referralDeferred", value: toWireDeferral(event.deferral) };
    case "ReferralResumed": {
      const { readyDate, dueDate } = event;
      const value = { readyDate: toWireDate(readyDate), dueDate: toWireDate(dueDate) };
      return { case: "referralResumed", value };
    }
    case "CaseStopAsked":
      return { case: "caseStopAsked", value: { reason: event.reason } };
    case "CaseClosed": {
      const { careState, reason } = event;
      return { case: "caseClosed", value: { careState, reason } };
    }
    case "AnswerTaken":
      // The variant and its message came together out of the other service's event.
      return { case: event.told.variant, value: event.told.value } as Variant;
    default:
      return toRequest(event);
  }
}

type Request = Extract<CaseEvent, { readonly round: number }>;

function toRequest(request: Request): Variant {
  const { round } = request;
  switch (request.kind) {
    case "EntitlementRequested": {
      const referralDate = toWireDate(request.submission.referralDate);
      const value = { round, ...toWireSubmission(request.submission), referralDate };
      return { case: "entitlementRequested", value };
    }
    case "CourseRequested": {
      const { hub, sendingParty, plan, priority, answerTime } = request;
      const asked = { plan: toWirePlan(plan), answerTime: toWireAnswerTime(answerTime) };
      const value = { round, hub, sendingParty, priority: Priority[priority], ...asked };
      return { case: "courseRequested", value };
    }
    case "EntitlementConfirmRequested": {
      const { decision, hub, firstDate, lastDate, person } = request;
      const dates = { firstDate: toWireDate(firstDate), lastDate: toWireDate(lastDate) };
      const value = { round, decision, hub, person: toWirePerson(person), ...dates };
      return { case: "entitlementConfirmRequested", value };
    }
    case "EstimateRequested":
      return { case: "estimateRequested", value: toWireEstimateRequest(request) };
    case "EstimateWithdrawRequested":
      return { case: "estimateWithdrawRequested", value: { round, reason: request.reason } };
    case "BookingRequested":
      return { case: "bookingRequested", value: { round, guarantee: request.guarantee } };
    case "SeatRequested": {
      const { move, reason } = request;
      return { case: "seatRequested", value: { round, move: SeatMove[move], reason } };
    }
    case "ChargesRequested":
      return { case: "chargesRequested", value: toWireCharges(request) };
    case "CourseStopRequested":
      return { case: "courseStopRequested", value: { round, reason: request.reason } };
    case "AccountStopRequested":
      return { case: "accountStopRequested", value: { round, reason: request.reason } };
    default:
      return request satisfies never;
  }
}

function toWireSubmission(submission: Submission) {
  const { sendingParty, hub, programme, diagnosisCode, priority, person } = submission;
  const asked = { sendingParty, hub, programme, diagnosisCode };
  return { ...asked, priority: Priority[priority], person: toWirePerson(person) };
}

function typeName(variant: string): string {
  return variant.charAt(0).toUpperCase() + variant.slice(1);
}
