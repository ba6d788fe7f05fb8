import type { Money } from "@carehub/money/money";
import { applyAccountAnswer } from "./account-answers.ts";
import type { ServiceItem } from "./case-terms.ts";
import { applyCourseAnswer } from "./course-answers.ts";
import {
  type CaseFacts,
  type Confirmation,
  type CourseEnd,
  type Estimate,
  type Grant,
  type Guarantee,
  type Hold,
  isSent,
  roundOf,
  withRound,
} from "./facts.ts";

/** What agreements answers. */
export type EntitlementAnswer =
  | {
      readonly kind: "EntitlementGranted";
      readonly round: number;
      readonly grant: Grant;
      readonly hasSeat: boolean;
    }
  | {
      readonly kind: "EntitlementPended";
      readonly round: number;
      readonly place: number;
      readonly promisedDate?: Temporal.PlainDate;
    }
  | { readonly kind: "EntitlementRefused"; readonly round: number; readonly reason: string }
  | {
      readonly kind: "EntitlementConfirmed";
      readonly round: number;
      readonly confirmation: Confirmation;
      readonly hasSeat: boolean;
    }
  | { readonly kind: "SeatCommitted" | "SeatConsumed" | "SeatReleased"; readonly round: number };

/** What capacity answers. */
export type CourseAnswer =
  | { readonly kind: "CourseHeld"; readonly round: number; readonly hold: Hold }
  | {
      readonly kind: "CourseUnavailable";
      readonly round: number;
      readonly waitlisted: boolean;
      readonly reason: string;
    }
  | { readonly kind: "CourseHoldLapsed"; readonly round: number; readonly reason: string }
  | {
      readonly kind: "CourseBooked";
      readonly round: number;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
    }
  | { readonly kind: "CourseReleased"; readonly round: number; readonly reason: string }
  | {
      readonly kind: "CourseStarted";
      readonly round: number;
      readonly startedOn: Temporal.PlainDate;
    }
  | { readonly kind: "SessionDelivered" | "SessionMissed" | "SessionCorrected" }
  | { readonly kind: "SessionPostponed" | "CourseDisplaced" }
  | {
      readonly kind: "CourseMoved";
      readonly round: number;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
      readonly serviceItems: readonly ServiceItem[];
    }
  | {
      readonly kind: "CourseInterrupted";
      readonly round: number;
      readonly since: Temporal.PlainDate;
    }
  | { readonly kind: "CourseResumed"; readonly round: number }
  | { readonly kind: "StayExtended"; readonly lastDate: Temporal.PlainDate }
  | { readonly kind: "CourseStopPending" | "CourseStopDeclined"; readonly round: number }
  | { readonly kind: "CourseEnded"; readonly round: number; readonly end: CourseEnd };

/** What billing answers. */
export type AccountAnswer =
  | { readonly kind: "EstimateIssued"; readonly round: number; readonly estimate: Estimate }
  | {
      readonly kind: "EstimateDeclined" | "EstimateWithdrawn";
      readonly round: number;
      readonly reason: string;
    }
  | { readonly kind: "PaymentGuaranteed"; readonly guarantee: Guarantee }
  | { readonly kind: "GuaranteeReleased"; readonly round: number; readonly guarantee: string }
  | { readonly kind: "InvoiceIssued"; readonly invoice: string; readonly total: Money }
  | { readonly kind: "InvoiceContested"; readonly invoice: string; readonly amount: Money }
  | {
      readonly kind: "InvoiceAccepted";
      readonly invoice: string;
      readonly amount: Money;
      /** What is contested now; undefined where billing does not say. */
      readonly contested?: Money;
    }
  | {
      readonly kind: "CreditNoteIssued";
      readonly invoice: string;
      readonly creditNote: string;
      readonly amount: Money;
      /** What is contested now; undefined where billing does not say. */
      readonly contested?: Money;
    }
  | { readonly kind: "InvoiceSettled"; readonly invoice: string };

/** An answer of another service, as far as a rule needs it. */
export type Answer = EntitlementAnswer | CourseAnswer | AccountAnswer;

/**
 * Adds an answer to the facts. An answer that says nothing new gives back the very same facts. One of an older round
 * is kept as known and never becomes the current round's; `nextRequests` then gives back what it took.
 */
export function applyAnswer(facts: CaseFacts, answer: Answer): CaseFacts {
  switch (answer.kind) {
    case "EntitlementGranted":
    case "EntitlementPended":
    case "EntitlementRefused":
    case "EntitlementConfirmed":
    case "SeatCommitted":
    case "SeatConsumed":
    case "SeatReleased":
      return applyEntitlementAnswer(facts, answer);
    case "CourseHeld":
    case "CourseUnavailable":
    case "CourseHoldLapsed":
    case "CourseBooked":
    case "CourseReleased":
    case "CourseStarted":
    case "SessionDelivered":
    case "SessionMissed":
    case "SessionCorrected":
    case "SessionPostponed":
    case "CourseDisplaced":
    case "CourseMoved":
    case "CourseInterrupted":
    case "CourseResumed":
    case "StayExtended":
    case "CourseStopPending":
    case "CourseStopDeclined":
    case "CourseEnded":
      return applyCourseAnswer(facts, answer);
    default:
      return applyAccountAnswer(facts, answer);
  }
}

function applyEntitlementAnswer(facts: CaseFacts, answer: EntitlementAnswer): CaseFacts {
  const { entitlement, seat } = facts;
  switch (answer.kind) {
    case "EntitlementGranted": {
      if (entitlement.granted !== undefined) return facts;
      const granted = { ...facts, entitlement: { ...entitlement, granted: answer.grant } };
      return answer.hasSeat && seat === "NONE" ? { ...granted, seat: "RESERVED" } : granted;
    }
    case "EntitlementPended": {
      const { place, promisedDate } = answer;
      if (entitlement.granted !== undefined || entitlement.pended?.place === place) return facts;
      const pended = promisedDate === undefined ? { place } : { place, promisedDate };
      return { ...facts, entitlement: { ...entitlement, pended } };
    }
    case "EntitlementRefused":
      if (entitlement.refused !== undefined) return facts;
      return { ...facts, entitlement: { ...entitlement, refused: { reason: answer.reason } } };
    case "EntitlementConfirmed":
      return applyConfirmation(facts, answer);
    case "SeatCommitted":
      return seat === "NONE" || seat === "RESERVED" ? { ...facts, seat: "COMMITTED" } : facts;
    case "SeatConsumed":
      return seat === "CONSUMED" ? facts : { ...facts, seat: "CONSUMED" };
    case "SeatReleased":
      return seat === "RELEASED" || seat === "CONSUMED" ? facts : { ...facts, seat: "RELEASED" };
    default:
      return answer satisfies never;
  }
}

type Confirmed = Extract<EntitlementAnswer, { kind: "EntitlementConfirmed" }>;

function applyConfirmation(
  facts: CaseFacts,
  { round, confirmation, hasSeat }: Confirmed,
): CaseFacts {
  if (roundOf(facts, round).confirmation !== undefined) return facts;
  const confirmed = withRound(facts, round, { confirmation });
  // Moving a seat to another period frees it there; told as such, it must not look as if it were gone.
  const isMoved =
    hasSeat && facts.seat === "RELEASED" && !isSent(facts, "SeatRequested.RELEASE", round);
  return isMoved ? { ...confirmed, seat: "RESERVED" } : confirmed;
}
