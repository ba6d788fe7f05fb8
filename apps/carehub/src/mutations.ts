import type { DescMethodUnary, DescService } from "@bufbuild/protobuf";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { onHubs } from "./hub-mutations.ts";
import { capOf, invoiceOf, type Prefill, plannedSession, plannedStays } from "./prefill.ts";
import type { targets } from "./targets.ts";

/** A command that changes something: one call, filled from a file and options. */
export type Mutation = {
  readonly name: string;
  readonly by: "ministry" | "hub" | "ministry, hub";
  readonly summary: string;
  readonly service: DescService;
  readonly method: DescMethodUnary;
  /** What it is about; undefined for a command that opens a case. */
  readonly resource?: keyof typeof targets;
  /** What is filled in where the caller left it out. */
  readonly prefill?: Prefill;
};

const { method: referral } = ReferralService;
const { method: course } = CourseService;
const { method: change } = CourseChangeService;
const { method: session } = SessionService;
const { method: account } = AccountService;

const onReferral = { service: ReferralService, resource: "referrals" } as const;
const onCourse = { service: CourseService, resource: "courses", by: "hub" } as const;
const onChange = { service: CourseChangeService, resource: "courses", by: "hub" } as const;
const onSession = { service: SessionService, resource: "courses", by: "hub" } as const;
const onAccount = { service: AccountService, resource: "accounts" } as const;

const onCases: readonly Mutation[] = [
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
    name: "correct",
    ...onSession,
    summary: "mark the record of a session as entered in error; it can be recorded anew",
    method: session.correctSession,
  },
  {
    name: "extend-stay",
    ...onSession,
    summary: "record that the patient stays in a bed beyond the plan",
    method: session.extendStay,
  },
  {
    name: "move",
    ...onChange,
    summary: "give a course other times; --dry-run only tells them",
    method: change.moveCourse,
  },
  {
    name: "postpone",
    ...onChange,
    summary: "put off one session that cannot take place",
    method: change.postponeSession,
  },
  {
    name: "interrupt",
    ...onChange,
    summary: "interrupt a treatment and give back its sessions to come",
    method: change.interruptCourse,
  },
  {
    name: "resume-course",
    ...onChange,
    summary: "go on with an interrupted treatment",
    method: change.resumeCourse,
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

/** Every command that changes something: a case, in the order in which one goes its way, then a hub's own work. */
export const mutations: readonly Mutation[] = [...onCases, ...onHubs];

/** The name of the command that calls a method; undefined where there is none. */
export function commandOf(method: string): string | undefined {
  // The one that takes its requests from a table.
  if (method === SessionService.method.recordSessions.name) return "record-sessions";
  return mutations.find((each) => each.method.name === method)?.name;
}
