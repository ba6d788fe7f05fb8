/** Every reason for which intake refuses, with the gRPC status that it is told under; the one table. */
export const intakeReasons = {
  /** The referral is unknown, or the caller has no part in it. */
  REFERRAL_NOT_FOUND: "NOT_FOUND",
  /** The ministry used the number before; names the referral. */
  PLACER_NUMBER_TAKEN: "ALREADY_EXISTS",
  /** The patient has an open referral to the programme; names it to a ministry that may see it. */
  OPEN_REFERRAL_EXISTS: "ALREADY_EXISTS",
  /** The case has its final care state. */
  REFERRAL_CLOSED: "FAILED_PRECONDITION",
  /** The case is being stopped. */
  STOP_ALREADY_ASKED: "FAILED_PRECONDITION",
  /** The treatment is over; nothing is left to stop or decide. */
  TREATMENT_ENDED: "FAILED_PRECONDITION",
  /** The time to act has passed; the case is about to be stopped, unless billing has an answer that was in time. */
  ANSWER_OVERDUE: "FAILED_PRECONDITION",
  /** The hub has decided already. */
  REFERRAL_NOT_IN_TRIAGE: "FAILED_PRECONDITION",
  /** The hub waits for an answer already. */
  INFORMATION_ALREADY_REQUESTED: "FAILED_PRECONDITION",
  /** The hub waits for no answer. */
  INFORMATION_NOT_REQUESTED: "FAILED_PRECONDITION",
  /** An answer without a document or a word. */
  INFORMATION_EMPTY: "INVALID_ARGUMENT",
  /** Not accepted yet, or treatment has begun. */
  DEFERRAL_NOT_POSSIBLE: "FAILED_PRECONDITION",
  /** The case is deferred; it is to be resumed first. */
  ALREADY_DEFERRED: "FAILED_PRECONDITION",
  /** The case goes on; there is nothing to resume. */
  NOT_DEFERRED: "FAILED_PRECONDITION",
  /** A hub named itself as the one that fits better. */
  REDIRECTED_TO_ITSELF: "INVALID_ARGUMENT",
  /** The referral was not redirected to that hub, or is of another patient or programme. */
  REDIRECTION_MISMATCH: "FAILED_PRECONDITION",
  /** The template is another hub's. */
  PLAN_OUTSIDE_HUB: "FAILED_PRECONDITION",
  /** The plan's dates are reversed or have passed. */
  PLAN_DATES_INVALID: "INVALID_ARGUMENT",
  /** The time to act would end beyond the tables of working days. */
  CALENDAR_YEAR_UNKNOWN: "FAILED_PRECONDITION",
  /** A hub learns who the patient is once it has accepted. */
  IDENTITY_NOT_DISCLOSED: "FAILED_PRECONDITION",
  /** A field does not hold. */
  INVALID_FIELD: "INVALID_ARGUMENT",
  /** The token belongs to another query, or to none. */
  PAGE_TOKEN_INVALID: "INVALID_ARGUMENT",
  /** The referral changed since it was read. */
  ETAG_MISMATCH: "ABORTED",
} as const;

export type IntakeReason = keyof typeof intakeReasons;
