import type { CurrencyCode } from "@carehub/money/currency";
import { type Money, requireCurrency } from "@carehub/money/money";
import type { Account, AccountDecision } from "./account.ts";
import { type LinePayment, outstandingOf, owedMinor, payLines } from "./invoice.ts";

/**
 * What a patient paid in. Every minor unit of it is applied to an accepted line, owed back to the
 * patient, or held for what the account still needs.
 */
export type Deposit = {
  readonly currency: CurrencyCode;
  readonly receivedMinor: bigint;
  readonly appliedMinor: bigint;
  readonly refundableMinor: bigint;
  /** The reference of the last receipt. */
  readonly receipt: string;
  /** Counts what was applied or became refundable: each is posted under its own number. */
  readonly entryCount: number;
};

/** Adds what a hub received of a patient; another currency than before fails with CURRENCY_MISMATCH. */
export function receiveDeposit(
  before: Deposit | undefined,
  { reference, amount }: { readonly reference: string; readonly amount: Money },
): Deposit {
  if (before !== undefined) requireCurrency(amount, before.currency);
  const { currency, amountMinor } = amount;
  const {
    receivedMinor = 0n,
    appliedMinor = 0n,
    refundableMinor = 0n,
    entryCount = 0,
  } = before ?? {};
  const received = { receivedMinor: receivedMinor + amountMinor, receipt: reference };
  return { currency, appliedMinor, refundableMinor, entryCount, ...received };
}

/**
 * Completes a decision where the patient pays: accepted lines are paid from the deposit in their
 * order, and what the account needs no more is owed back. Done twice it changes nothing.
 */
export function applyDeposit(decision: AccountDecision): AccountDecision {
  const { state, events } = payAccepted(decision);
  return { state: releaseRest(state), events };
}

/** What of a deposit is neither applied nor owed back. */
export function heldMinor({ receivedMinor, appliedMinor, refundableMinor }: Deposit): bigint {
  return receivedMinor - appliedMinor - refundableMinor;
}

function payAccepted(decision: AccountDecision): AccountDecision {
  const { state, events } = decision;
  const { deposit, invoice } = state;
  if (deposit === undefined || invoice === undefined) return decision;
  let leftMinor = heldMinor(deposit);
  const payments: LinePayment[] = [];
  for (const line of invoice.lines.filter(({ state: where }) => where === "ACCEPTED")) {
    const openMinor = owedMinor(line) - line.paidMinor;
    const amountMinor = smaller(leftMinor, openMinor);
    leftMinor -= amountMinor;
    if (amountMinor > 0n) payments.push({ sequence: line.sequence, amountMinor });
  }
  if (payments.length === 0) return decision;
  const appliedMinor = deposit.appliedMinor + heldMinor(deposit) - leftMinor;
  const applied = { ...deposit, appliedMinor, entryCount: deposit.entryCount + 1 };
  const paid = payLines({ ...state, deposit: applied }, payments, "");
  return { state: paid.state, events: [...events, ...paid.events] };
}

// Before there is an invoice a guarantee that stands needs all of it; after that only what is outstanding is needed.
function releaseRest(account: Account): Account {
  const { deposit, invoice, guarantee } = account;
  if (deposit === undefined) return account;
  if (invoice === undefined && guarantee?.standing === "STANDING") return account;
  const neededMinor = invoice === undefined ? 0n : outstandingOf(invoice).amountMinor;
  const restMinor = heldMinor(deposit) - neededMinor;
  if (restMinor <= 0n) return account;
  const refundableMinor = deposit.refundableMinor + restMinor;
  const entryCount = deposit.entryCount + 1;
  return { ...account, deposit: { ...deposit, refundableMinor, entryCount } };
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
