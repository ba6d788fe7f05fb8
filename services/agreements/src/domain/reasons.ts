import { DomainError, type DomainErrorOptions } from "@carehub/rules/domain-error";

/**
 * Every reason for which this service refuses a call, beside those that all services share, with
 * its gRPC status.
 */
export const agreementsReasons = {
  PAGE_TOKEN_INVALID: "INVALID_ARGUMENT",
  AGREEMENT_INVALID: "INVALID_ARGUMENT",
  PARTY_INVALID: "INVALID_ARGUMENT",
  NOT_THE_REGISTRY: "PERMISSION_DENIED",
  PARTY_NOT_FOUND: "NOT_FOUND",
  AGREEMENT_NOT_FOUND: "NOT_FOUND",
  ENTITLEMENT_NOT_FOUND: "NOT_FOUND",
  DECISION_NOT_FOUND: "NOT_FOUND",
  QUOTA_NOT_FOUND: "NOT_FOUND",
  PARTY_UNKNOWN: "FAILED_PRECONDITION",
  VERSION_NOT_NEXT: "FAILED_PRECONDITION",
  LAYER_CHANGED: "FAILED_PRECONDITION",
  SEATS_IN_USE: "FAILED_PRECONDITION",
} as const;

export type AgreementsReason = keyof typeof agreementsReasons;

/** A refusal of a call for one of this service's reasons. */
export function refusal(
  reason: AgreementsReason,
  metadata: Readonly<Record<string, string>> = {},
  options: DomainErrorOptions = {},
): DomainError<AgreementsReason> {
  return new DomainError(reason, metadata, options);
}

/** Why a case is not entitled; told in the event, not as an error. */
export const refusalReasons = [
  "NO_AGREEMENT",
  "DIAGNOSIS_NOT_COVERED",
  "PERSON_NOT_COVERED",
  "PROGRAMME_NOT_COVERED",
  "HUB_NOT_ACCREDITED",
  "STAY_NOT_PERMITTED",
  "PERIOD_CLOSED",
  "CASE_CLOSED",
] as const;

export type RefusalReason = (typeof refusalReasons)[number];
