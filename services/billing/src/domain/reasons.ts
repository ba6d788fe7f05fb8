/** Every reason for which billing refuses, with the gRPC status that it is told under; the one table. */
export const billingReasons = {
  /** The account is unknown, or the caller has no such part in it. */
  ACCOUNT_NOT_FOUND: "NOT_FOUND",
  /** The invoice is unknown, or the caller has no such part in its account. */
  INVOICE_NOT_FOUND: "NOT_FOUND",
  /** The statement is unknown, or the caller has no such part in it. */
  STATEMENT_NOT_FOUND: "NOT_FOUND",
  /** The patient pays: the hub records what the patient decides, and no ministry decides for it. */
  PAYER_IS_PRIVATE: "PERMISSION_DENIED",
  /** A ministry pays and decides; the hub does so for its patients only. */
  PAYER_IS_PARTY: "PERMISSION_DENIED",
  /** There is no estimate to answer: none was issued, or it was answered or withdrawn. */
  ESTIMATE_NOT_OPEN: "FAILED_PRECONDITION",
  /** The answer-by time has passed. */
  ANSWER_TOO_LATE: "FAILED_PRECONDITION",
  /** The cap is less than the estimate's total. */
  GUARANTEE_BELOW_ESTIMATE: "FAILED_PRECONDITION",
  /** The guarantee would end before the treatment. */
  GUARANTEE_ENDS_TOO_EARLY: "FAILED_PRECONDITION",
  /** The payer used the reference before; names the guarantee. */
  GUARANTEE_REFERENCE_TAKEN: "ALREADY_EXISTS",
  /** Plan and charges would pass what the guarantee covers. */
  GUARANTEE_EXCEEDED: "FAILED_PRECONDITION",
  /** Nothing is guaranteed, or the invoice was issued. */
  CHARGES_CLOSED: "FAILED_PRECONDITION",
  /** The hub used the reference of a charge before, or twice in one request. */
  CHARGE_REFERENCE_TAKEN: "ALREADY_EXISTS",
  /** The tariff has no price for a service. */
  SERVICE_NOT_IN_TARIFF: "FAILED_PRECONDITION",
  /** A sum passes what an amount can hold. */
  AMOUNT_TOO_LARGE: "FAILED_PRECONDITION",
  /** The invoice has no line of that number. */
  LINE_UNKNOWN: "INVALID_ARGUMENT",
  /** The line does not wait for the payer. */
  LINE_NOT_OPEN: "FAILED_PRECONDITION",
  /** The line does not wait for the hub. */
  LINE_NOT_CONTESTED: "FAILED_PRECONDITION",
  /** The contest-by time has passed; the line counts as accepted. */
  CONTEST_TOO_LATE: "FAILED_PRECONDITION",
  /** More, or less than nothing, would be taken back of a line than it holds. */
  CREDIT_ABOVE_LINE: "INVALID_ARGUMENT",
  /** No accepted line waits for a statement. */
  NOTHING_TO_STATE: "FAILED_PRECONDITION",
  /** The period's last day lies ahead. */
  PERIOD_NOT_OVER: "FAILED_PRECONDITION",
  /** The period, or a later one, was closed. */
  PERIOD_CLOSED: "FAILED_PRECONDITION",
  /** The creditor used the payment's reference before; names the statement. */
  PAYMENT_REFERENCE_TAKEN: "ALREADY_EXISTS",
  /** More would be paid than is owed. */
  PAYMENT_ABOVE_STATEMENT: "FAILED_PRECONDITION",
  /** Two currencies meet. */
  CURRENCY_MISMATCH: "INVALID_ARGUMENT",
  /** No currency of the table. */
  CURRENCY_UNKNOWN: "INVALID_ARGUMENT",
  /** The creditor's country has no calendar, so that nobody knows its today. */
  CALENDAR_COUNTRY_UNKNOWN: "FAILED_PRECONDITION",
  /** More than one payer, or a payer of a part. */
  PAYERS_NOT_SINGLE: "FAILED_PRECONDITION",
  /** A party would owe itself. */
  PAYER_IS_CREDITOR: "FAILED_PRECONDITION",
  /** Something was delivered that was never priced. */
  CHARGES_WITHOUT_ESTIMATE: "FAILED_PRECONDITION",
  /** A field does not hold. */
  INVALID_FIELD: "INVALID_ARGUMENT",
  /** The token belongs to another query, or to none. */
  PAGE_TOKEN_INVALID: "INVALID_ARGUMENT",
  /** The resource changed since it was read. */
  ETAG_MISMATCH: "ABORTED",
} as const;

export type BillingReason = keyof typeof billingReasons;
