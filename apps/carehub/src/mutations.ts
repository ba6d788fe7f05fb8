import type { DescMethodUnary, DescService } from "@bufbuild/protobuf";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { capOf, invoiceOf, type Prefill, plannedSession, plannedStays } from "./prefill.ts";

/** A command that changes a case: one call, filled from a file and options. */
export type Mutation = {
  readonly name: string;
  readonly by: "ministry" | "hub" | "ministry, hub";
  readonly summary: string;
  readonly service: DescService;
  readonly method: DescMethodUnary;
  /** What the case is called at the service; undefined for a command that opens one. */
  readonly resource?: "referrals" | "courses" | "accounts";
  /** What is filled in where the caller left it out. */
  readonly prefill?: Prefill;
};

const { method: referral } = ReferralService;
const { method: course } = CourseService;
const { method: account } = AccountService;

const onReferral = { service: ReferralService, resource: "referrals" } as const;
const onCourse = { service: CourseService, resource: "courses", by: "hub" } as const;
const onAccount = { service: AccountService, resource: "accounts" } as const;

/** Every command that changes a case, in the order in which one goes its way. */
export const mutations: readonly Mutation[] = [
  {
    name: "submit",
    by: "ministry",
    summary: "refer a patient, from a file (--with)",
    service: ReferralService,
    method: referral.submitReferral,
  },
  {
    name: "accept",
    by: "hub",
    summary: "accept a referral with a plan",
    ...onReferral,
    method: referral.acceptReferral,
  },
  {
    name: "reject",
    by: "hub",
    summary: "say no to a referral",
    ...onReferral,
    method: referral.rejectReferral,
  },
  {
    name: "return",
    by: "hub",
    summary: "send a referral back with advice",
    ...onReferral,
    method: referral.returnReferral,
  },
  {
    name: "redirect",
    by: "hub",
    summary: "name another hub that fits better",
    ...onReferral,
    method: referral.redirectReferral,
  },
  {
    name: "ask",
    by: "hub",
    summary: "ask the ministry for more",
    ...onReferral,
    method: referral.requestInformation,
  },
  {
    name: "provide",
    by: "ministry",
    summary: "give what the hub asked for",
    ...onReferral,
    method: referral.provideInformation,
  },
  {
    name: "defer",
    by: "ministry, hub",
    summary: "the patient cannot travel for now",
    ...onReferral,
    method: referral.deferReferral,
  },
  {
    name: "resume",
    by: "ministry, hub",
    summary: "the patient can travel again",
    ...onReferral,
    method: referral.resumeReferral,
  },
  {
    name: "cancel",
    by: "ministry",
    summary: "ask to stop the case",
    ...onReferral,
    method: referral.cancelReferral,
  },
  {
    name: "guarantee",
    by: "ministry, hub",
    summary: "promise to pay; the cap is the estimate's total unless told",
    ...onAccount,
    method: account.guaranteePayment,
    prefill: capOf,
  },
  {
    name: "decline",
    by: "ministry, hub",
    summary: "say no to the estimate",
    ...onAccount,
    method: account.declineEstimate,
  },
  {
    name: "admit",
    ...onCourse,
    summary: "record that the patient was admitted",
    method: course.recordAdmission,
  },
  {
    name: "record",
    ...onCourse,
    summary: "record a session; the next, as planned, unless told",
    method: course.recordSession,
    prefill: plannedSession,
  },
  {
    name: "discharge",
    ...onCourse,
    summary: "end the course; the stays are as planned unless a file tells them",
    method: course.dischargePatient,
    prefill: plannedStays,
  },
  {
    name: "decline-stop",
    ...onCourse,
    summary: "go on with a treatment whose stop was asked for",
    method: course.declineCourseStop,
  },
  {
    name: "charge",
    by: "hub",
    summary: "record services beside the plan, from a file (--with)",
    ...onAccount,
    method: account.recordCharges,
  },
  {
    name: "accept-invoice",
    by: "ministry, hub",
    summary: "accept lines of the invoice; all open ones unless told",
    ...onAccount,
    method: account.acceptInvoice,
    prefill: invoiceOf,
  },
  {
    name: "contest",
    by: "ministry, hub",
    summary: "contest lines of the invoice",
    ...onAccount,
    method: account.contestInvoiceLines,
    prefill: invoiceOf,
  },
  {
    name: "reply",
    by: "hub",
    summary: "answer a contest",
    ...onAccount,
    method: account.replyToContest,
    prefill: invoiceOf,
  },
];
