import { addMoney, compareMoney, type Money, requireCurrency } from "@carehub/money/money";
import { takeBasisPoints } from "@carehub/money/percent";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { Account, AccountDecision, Estimate, Guarantee } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { type Deposit, receiveDeposit } from "./deposit.ts";
import { guaranteeName, privatePayer } from "./names.ts";
import { refusal } from "./refusal.ts";
import { hasExpired, type Terms } from "./terms.ts";

/** What a payer promises. */
export type GuaranteePayment = {
  readonly reference: string;
  readonly cap: Money;
  readonly validUntil: Temporal.PlainDate;
  readonly toleranceBasisPoints: number;
  readonly budgetReference: string;
};

/**
 * Takes a payer's promise on the open estimate, in time, for at least its total and up to the last
 * day of treatment. Of a patient it is what was paid in; once there is an invoice that is not
 * settled, it is a further payment towards that.
 */
export function guaranteePayment(
  account: Account,
  promise: GuaranteePayment,
  now: Temporal.Instant,
): AccountDecision {
  if (isOwedByPatient(account)) return payIn(account, promise);
  const estimate = openEstimate(account, now);
  const terms = must(account.terms, "an estimate has terms");
  const { cap, validUntil } = promise;
  requireCurrency(cap, estimate.total.currency);
  if (compareMoney(cap, estimate.total) < 0) {
    throw refusal("GUARANTEE_BELOW_ESTIMATE", {
      estimateMinor: String(estimate.total.amountMinor),
      currency: estimate.total.currency,
    });
  }
  if (Temporal.PlainDate.compare(validUntil, terms.lastDate) < 0) {
    throw refusal("GUARANTEE_ENDS_TOO_EARLY", { lastDate: terms.lastDate.toString() });
  }
  const guarantee: Guarantee = {
    ...promise,
    round: estimate.round,
    estimateTotal: estimate.total,
    standing: "STANDING",
  };
  const deposit = isPrivate(account) ? { deposit: receive(account, promise) } : {};
  return {
    state: { ...account, estimate: { ...estimate, standing: "GUARANTEED" }, guarantee, ...deposit },
    events: [paymentGuaranteed(account, guarantee, terms)],
  };
}

/** Whether the patient pays. */
export function isPrivate({ terms }: Account): boolean {
  return terms?.payer === privatePayer;
}

// A course that cost more than was paid in: what the patient pays then is a deposit as well.
function isOwedByPatient(account: Account): boolean {
  return isPrivate(account) && account.invoice?.isSettled === false;
}

function payIn(account: Account, promise: GuaranteePayment): AccountDecision {
  const { cap } = promise;
  requireCurrency(cap, must(account.terms, "an invoice has terms").currency);
  if (cap.amountMinor <= 0n) throw invalidField("cap", "must be above zero");
  return { state: { ...account, deposit: receive(account, promise) }, events: [] };
}

function receive({ deposit }: Account, { reference, cap }: GuaranteePayment): Deposit {
  return receiveDeposit(deposit, { reference, amount: cap });
}

/** The estimate that waits for its payer; fails with ESTIMATE_NOT_OPEN or ANSWER_TOO_LATE. */
export function openEstimate(account: Account, now: Temporal.Instant): Estimate {
  const { estimate, guarantee, id, isClosed } = account;
  if (estimate === undefined || estimate.standing !== "OPEN" || isClosed) {
    throw refusal("ESTIMATE_NOT_OPEN", {
      estimate: estimate === undefined ? "NONE" : estimate.standing,
      ...(guarantee === undefined ? {} : { guarantee: guaranteeName(id, guarantee.reference) }),
    });
  }
  if (hasExpired(estimate.answerBy, now)) {
    throw refusal("ANSWER_TOO_LATE", { answerBy: estimate.answerBy.expireAt.toString() });
  }
  return estimate;
}

/** Tells that a guarantee covers the dates of the terms. */
export function paymentGuaranteed(
  { id }: Account,
  guarantee: Guarantee,
  { firstDate, lastDate }: Terms,
): AccountEvent {
  const { round, reference, cap, validUntil, toleranceBasisPoints } = guarantee;
  return {
    kind: "PaymentGuaranteed",
    round,
    guarantee: guaranteeName(id, reference),
    cap,
    validUntil,
    toleranceBasisPoints,
    firstDate,
    lastDate,
  };
}

/** What may be charged under a guarantee: the lesser of its cap and the estimate with its tolerance. */
export function guaranteedLimit({ cap, estimateTotal, toleranceBasisPoints }: Guarantee): Money {
  const tolerance = takeBasisPoints(estimateTotal, BigInt(toleranceBasisPoints), "DOWN");
  const tolerated = addMoney(estimateTotal, tolerance);
  return compareMoney(tolerated, cap) < 0 ? tolerated : cap;
}

/** Whether a new round's total and dates stay inside a guarantee that was given on an earlier one. */
export function staysInside(
  guarantee: Guarantee,
  round: { readonly total: Money; readonly lastDate: Temporal.PlainDate },
): boolean {
  const { total, lastDate } = round;
  return (
    total.currency === guarantee.cap.currency &&
    compareMoney(total, guaranteedLimit(guarantee)) <= 0 &&
    Temporal.PlainDate.compare(lastDate, guarantee.validUntil) <= 0
  );
}
