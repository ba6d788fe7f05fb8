import type { CurrencyCode } from "@carehub/money/currency";
import type {
  AnswerTime,
  CourseOutcome,
  CoursePlan,
  Deadline,
  Payer,
  PersonFacts,
  Priority,
  ServiceItem,
  TariffPrice,
} from "./case-terms.ts";
import type { RequestKey, Submission } from "./facts.ts";

/** Which way a seat is asked to move. */
export type SeatMove = "COMMIT" | "CONSUME" | "RELEASE";

/** What intake asks of the other services, each with every fact that the answer needs. */
export type Request =
  | {
      readonly kind: "EntitlementRequested";
      readonly round: number;
      readonly submission: Submission;
    }
  | CourseRequest
  | {
      readonly kind: "EntitlementConfirmRequested";
      readonly round: number;
      readonly decision: string;
      readonly hub: string;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
      readonly person: PersonFacts;
    }
  | EstimateRequest
  | {
      readonly kind: "EstimateWithdrawRequested";
      readonly round: number;
      readonly reason: "ANSWER_OVERDUE";
    }
  | { readonly kind: "BookingRequested"; readonly round: number; readonly guarantee: string }
  | {
      readonly kind: "SeatRequested";
      readonly round: number;
      readonly move: SeatMove;
      readonly reason: string;
    }
  | ChargesRequest
  | StopRequest;

/** Asks to give back what one service has of a case. */
export type StopRequest = {
  readonly kind: "CourseStopRequested" | "AccountStopRequested";
  readonly round: number;
  readonly reason: string;
  /**
   * Tells requests of one kind and round apart: `DEFERRED` gives a course back in a case that goes on, `RELEASE` a
   * guarantee; a number counts the stops of a treatment from the second on, which follow one that was declined.
   */
  readonly part?: string;
};

/** Asks capacity to hold a course. */
export type CourseRequest = {
  readonly kind: "CourseRequested";
  readonly round: number;
  readonly hub: string;
  readonly sendingParty: string;
  readonly plan: CoursePlan;
  readonly priority: Priority;
  readonly answerTime: AnswerTime;
};

/** Asks billing to price a held course. */
export type EstimateRequest = {
  readonly kind: "EstimateRequested";
  readonly round: number;
  readonly serviceItems: readonly ServiceItem[];
  readonly tariff: string;
  readonly tariffVersion: number;
  readonly prices: readonly TariffPrice[];
  readonly payers: readonly Payer[];
  readonly creditor: string;
  readonly currency: CurrencyCode;
  readonly hub: string;
  readonly sendingParty: string;
  readonly answerBy: Deadline;
  readonly releaseAt: Temporal.Instant;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly contestTime: AnswerTime;
};

/** Asks billing to charge what was delivered. */
export type ChargesRequest = {
  readonly kind: "ChargesRequested";
  readonly round: number;
  readonly outcome: CourseOutcome;
  readonly deliveredItems: readonly ServiceItem[];
  readonly admissionDate?: Temporal.PlainDate;
  readonly dischargeDate?: Temporal.PlainDate;
};

/** The key under which a request is remembered: one request of a key is ever sent. */
export function requestKey(request: Request): RequestKey {
  return `${request.kind}${partOf(request)}@${request.round}`;
}

function partOf(request: Request): string {
  if (request.kind === "SeatRequested") return `.${request.move}`;
  return "part" in request ? `.${request.part}` : "";
}
