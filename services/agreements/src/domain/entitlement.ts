import type { ClauseFinding } from "./clause-finding.ts";
import type { ConfirmedTerms } from "./confirmation.ts";
import type { Facts } from "./facts.ts";
import type { GrantTerms } from "./grant.ts";
import type { AgreementFinding } from "./layers.ts";
import type { RefusalReason } from "./reasons.ts";
import type { Seat } from "./seat.ts";

/** What was answered last. */
export type EntitlementState =
  | "UNKNOWN"
  | "GRANTED"
  | "PENDED"
  | "REFUSED"
  | "CONFIRMED"
  | "RELEASED";

/**
 * What this service knows of a case; UNKNOWN until intake asks, even where the case is closed
 * already.
 */
export type Entitlement = {
  /** The referral's uuid. */
  readonly id: string;
  readonly revision: number;
  readonly state: EntitlementState;
  readonly sendingParty: string;
  readonly hub: string;
  readonly programme: string;
  readonly facts: Facts;
  /** The last round of the request that was answered; 0 before the first. */
  readonly round: number;
  readonly decision: string | undefined;
  readonly confirmRound: number;
  readonly confirmDecision: string | undefined;
  readonly grant: GrantTerms | undefined;
  readonly refusal: RefusalReason | undefined;
  readonly seat: Seat | undefined;
  readonly closed: boolean;
};

/** What is told of an entitlement. */
export type EntitlementEvent =
  | {
      readonly kind: "Granted";
      readonly round: number;
      readonly decision: string;
      readonly terms: GrantTerms;
      readonly clauses: readonly ClauseFinding[];
      readonly seat: Seat | undefined;
    }
  | {
      readonly kind: "Pended";
      readonly round: number;
      readonly decision: string;
      readonly quota: string;
      readonly place: number;
      readonly promisedDate: Temporal.PlainDate | undefined;
    }
  | {
      readonly kind: "Refused";
      readonly round: number;
      readonly decision: string;
      readonly reason: RefusalReason;
      readonly clauses: readonly ClauseFinding[];
    }
  | {
      readonly kind: "Confirmed";
      readonly round: number;
      readonly decision: string;
      readonly terms: ConfirmedTerms;
      readonly seat: Seat | undefined;
    }
  | {
      readonly kind: "SeatCommitted" | "SeatConsumed";
      readonly round: number;
      readonly seat: Seat | undefined;
    }
  | {
      readonly kind: "SeatReleased";
      readonly round: number;
      readonly seat: Seat | undefined;
      readonly reason: string;
    };

/** What was asked; an OFFER gives a freed seat to the first who waits. */
export type DecisionKind = "ENTITLEMENT" | "CONFIRMATION" | "OFFER";
/** What was answered. */
export type DecisionOutcome = "GRANTED" | "PENDED" | "REFUSED" | "CONFIRMED";

/** A decision with all that is needed to make it again. */
export type DecisionRecord = {
  readonly id: string;
  /** The referral's uuid. */
  readonly entitlement: string;
  readonly kind: DecisionKind;
  readonly outcome: DecisionOutcome;
  readonly reason: RefusalReason | undefined;
  /** The day whose law was applied. */
  readonly validOn: Temporal.PlainDate;
  /** The last day of the course, for a confirmation. */
  readonly lastDate: Temporal.PlainDate | undefined;
  /** What was known then. */
  readonly knownAt: Temporal.Instant;
  /** When it was made; an offer is made later than what it was decided by was known. */
  readonly decidedAt: Temporal.Instant;
  readonly calendarVersion: string;
  readonly facts: Facts;
  readonly findings: readonly AgreementFinding[];
  /** The agreement that a confirmation rests on. */
  readonly granting: string | undefined;
  readonly grant: GrantTerms | undefined;
  readonly confirmed: ConfirmedTerms | undefined;
};

/** A decision that is made now: storing it says when. */
export type NewDecision = Omit<DecisionRecord, "decidedAt">;

/** Clinical priorities, the first to be served last. */
export const priorities = ["ROUTINE", "URGENT", "EMERGENCY"] as const;

/** The rank in an order of waiting; an unknown priority waits like routine. */
export function priorityRank(priority: string | undefined): number {
  return Math.max(0, (priorities as readonly string[]).indexOf(priority ?? ""));
}

/** Why an entitlement that is not granted cannot be confirmed. */
export function reasonNotConfirmable(entitlement: Entitlement): RefusalReason | undefined {
  if (entitlement.closed) return "CASE_CLOSED";
  switch (entitlement.state) {
    case "GRANTED":
    case "CONFIRMED":
      return undefined;
    case "REFUSED":
      return entitlement.refusal ?? "NO_AGREEMENT";
    case "PENDED":
      return "PERIOD_CLOSED";
    case "RELEASED":
      return "CASE_CLOSED";
    case "UNKNOWN":
      return "NO_AGREEMENT";
    default:
      return entitlement.state satisfies never;
  }
}
