import type { Money } from "@carehub/money/money";

/** How soon a patient needs care. */
export type Priority = "ROUTINE" | "URGENT" | "EMERGENCY";

/** What a rule may know of a patient: health data without identity. */
export type PersonFacts = {
  /** The random id, the same across referrals: `patients/{uuid}`. */
  readonly patient: string;
  readonly citizenship: string;
  readonly residenceCountry: string;
  /** ISO 3166-2; empty when unknown. */
  readonly residenceRegion: string;
  readonly ageYears: number;
  readonly ageDate: Temporal.PlainDate;
  readonly companionCount: number;
};

/** What a hub proposes to do. */
export type CoursePlan = {
  readonly template: string;
  readonly phases: readonly { readonly phase: string; readonly sessionCount: number }[];
  readonly stays: readonly { readonly stay: string; readonly days: number }[];
  readonly readyDate: Temporal.PlainDate;
  readonly dueDate: Temporal.PlainDate;
  readonly underAnaesthesia: boolean;
};

/** A length of time to answer, in working days of named countries. */
export type AnswerTime = {
  readonly workingDays: number;
  readonly calendars: readonly string[];
  readonly graceHours: number;
  readonly clause: string;
};

/** A deadline as it was computed, with what it was computed on. */
export type Deadline = {
  /** The last day that is in time. */
  readonly date: Temporal.PlainDate;
  /** The first instant that is too late. */
  readonly expireAt: Temporal.Instant;
  readonly answerTime: AnswerTime;
  readonly calendarVersion: string;
  readonly estimated: boolean;
};

/** A quantity of one service, planned or delivered. */
export type ServiceItem = { readonly serviceCode: string; readonly quantity: number };

/** The price of one unit of a service. */
export type TariffPrice = { readonly serviceCode: string; readonly unitPrice: Money };

/** Who pays which part. */
export type Payer = { readonly party: string; readonly shareBasisPoints: number };

/** How a course ended. */
export type CourseOutcome = "COMPLETED" | "STOPPED" | "DIED";

/** The states of the care; the last ten are final. */
export const careStates = [
  "SUBMITTED",
  "INFORMATION_REQUESTED",
  "PENDED",
  "ACCEPTED",
  "WAITLISTED",
  "HELD",
  "GUARANTEED",
  "BOOKED",
  "IN_TREATMENT",
  "INTERRUPTED",
  "DEFERRED",
  "STOP_REQUESTED",
  "RETURNED",
  "REJECTED",
  "REFUSED",
  "REDIRECTED",
  "CANCELLED",
  "EXPIRED",
  "NO_SHOW",
  "DECEASED",
  "STOPPED",
  "DISCHARGED",
] as const;

export type CareState = (typeof careStates)[number];

/** The states of the money. */
export const settlementStates = [
  "NONE",
  "ESTIMATED",
  "GUARANTEED",
  "INVOICED",
  "PART_CONTESTED",
  "ACCEPTED",
  "SETTLED",
] as const;

export type SettlementState = (typeof settlementStates)[number];

/** Why a case is stopped. */
export type StopReason =
  | "CANCELLED"
  | "DECEASED"
  | "CONSENT_WITHDRAWN"
  | "NO_SHOW"
  | "REJECTED"
  | "RETURNED"
  | "REDIRECTED"
  | "ENTITLEMENT_REFUSED"
  | "ESTIMATE_DECLINED"
  | "COURSE_UNAVAILABLE"
  | "ANSWER_OVERDUE"
  | "DEFERRAL_OVERDUE"
  | "INFORMATION_OVERDUE"
  | "TRIAGE_OVERDUE";
