import type { CareState, CoursePlan, Deadline, StopReason } from "./case-terms.ts";
import type { Deferral, Submission } from "./facts.ts";
import type { Request } from "./requests.ts";

/** What another service said, in its own words, passed on unread. */
export type Told = {
  /** The variant of CaseEvent that carries it: `courseHeld`. */
  readonly variant: string;
  readonly value: unknown;
  readonly sourceEventId: string;
  readonly sourceTraceId: string;
};

/** What happens to a case; every one becomes an event of the topic `carehub.intake.cases`. */
export type CaseEvent =
  | { readonly kind: "ReferralSubmitted"; readonly submission: Submission }
  | {
      readonly kind: "InformationRequested";
      readonly documentCodes: readonly string[];
      readonly answerBy: Deadline;
    }
  | { readonly kind: "InformationProvided"; readonly documentCodes: readonly string[] }
  | { readonly kind: "ReferralAccepted"; readonly plan: CoursePlan }
  | { readonly kind: "ReferralRejected" | "ReferralReturned"; readonly reason: string }
  | { readonly kind: "ReferralRedirected"; readonly hub: string; readonly reason: string }
  | { readonly kind: "ReferralDeferred"; readonly deferral: Deferral }
  | {
      readonly kind: "ReferralResumed";
      readonly readyDate: Temporal.PlainDate;
      readonly dueDate: Temporal.PlainDate;
    }
  | { readonly kind: "CaseStopAsked"; readonly reason: StopReason }
  | { readonly kind: "AnswerTaken"; readonly told: Told }
  | Request
  | { readonly kind: "CaseClosed"; readonly careState: CareState; readonly reason: string };
