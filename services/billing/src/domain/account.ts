import type { Money } from "@carehub/money/money";
import type { Decision } from "@carehub/rules/decision";
import type { Uuid } from "@carehub/rules/ids";
import type { AccountEvent } from "./account-events.ts";
import type { Deposit } from "./deposit.ts";
import type { PartyName } from "./names.ts";
import type { PricedLine } from "./pricing.ts";
import type { Deadline, ServiceItem, Terms } from "./terms.ts";

/** What the course of one round will cost. */
export type Estimate = {
  readonly round: number;
  readonly lines: readonly PricedLine[];
  readonly total: Money;
  readonly answerBy: Deadline;
  readonly standing: "OPEN" | "GUARANTEED" | "DECLINED" | "WITHDRAWN";
  /** Why it was declined or withdrawn, as a code. */
  readonly endReason?: string;
};

/** A payer's promise; it may be carried from round to round while total and dates stay inside it. */
export type Guarantee = {
  readonly reference: string;
  /** The round that it covers now. */
  readonly round: number;
  readonly cap: Money;
  readonly validUntil: Temporal.PlainDate;
  readonly toleranceBasisPoints: number;
  readonly budgetReference: string;
  /** The total of the estimate that it was given on: what the tolerance is counted from. */
  readonly estimateTotal: Money;
  /** USED: an invoice rests on it. */
  readonly standing: "STANDING" | "USED" | "RELEASED";
};

/** One service beside the plan, as the hub recorded it; priced when everything is charged. */
export type Charge = {
  readonly reference: string;
  readonly item: ServiceItem;
  readonly deliveredOn: Temporal.PlainDate;
};

/** Where a line of an invoice stands. */
export const lineStates = ["OPEN", "ACCEPTED", "CONTESTED", "CREDITED", "PAID"] as const;

export type LineState = (typeof lineStates)[number];

/** Why a payer contests a line. */
export const contestReasons = [
  "NOT_DELIVERED",
  "PRICE",
  "QUANTITY",
  "NOT_COVERED",
  "OTHER",
] as const;

export type ContestReason = (typeof contestReasons)[number];

/** One line of an invoice; what is owed of it is the amount less what was taken back. */
export type InvoiceLine = PricedLine & {
  readonly state: LineState;
  /** Past what the guarantee covers: an over-run needs new consent, so silence does not accept it. */
  readonly isBeyondGuarantee: boolean;
  readonly contestReason?: ContestReason;
  readonly creditedMinor: bigint;
  readonly paidMinor: bigint;
  readonly acceptedAt?: Temporal.Instant;
};

/** What is owed for one course. */
export type Invoice = {
  readonly number: number;
  readonly lines: readonly InvoiceLine[];
  readonly total: Money;
  readonly issuedAt: Temporal.Instant;
  readonly contestBy: Deadline;
  readonly creditNoteCount: number;
  readonly isSettled: boolean;
};

/** The account of one case; everything in it follows from what was told. */
export type Account = {
  readonly id: Uuid;
  /** The case has its final care state; nothing new is estimated, guaranteed or charged. */
  readonly isClosed: boolean;
  /** The last round of which nothing is estimated any more; 0 before the first. */
  readonly stoppedRound: number;
  /** The party that sent the patient; it may read what the patient pays. */
  readonly sender?: PartyName;
  readonly terms?: Terms;
  readonly estimate?: Estimate;
  readonly guarantee?: Guarantee;
  /** What the patient paid in, where the patient pays. */
  readonly deposit?: Deposit;
  readonly charges: readonly Charge[];
  readonly invoice?: Invoice;
};

/** What a rule decided about an account. */
export type AccountDecision = Decision<Account, AccountEvent>;

/** Where an account stands; derived, never set. */
export type AccountState =
  | "ESTIMATED"
  | "GUARANTEED"
  | "CLOSED"
  | "INVOICED"
  | "PART_CONTESTED"
  | "ACCEPTED"
  | "SETTLED";

/** The account of a case of which nothing is known yet. */
export function emptyAccount(id: Uuid): Account {
  return { id, isClosed: false, stoppedRound: 0, charges: [] };
}

/** Derives where an account stands from what is in it. */
export function accountState({ estimate, guarantee, invoice }: Account): AccountState {
  if (invoice !== undefined) return invoiceState(invoice);
  if (guarantee?.standing === "STANDING") return "GUARANTEED";
  return estimate?.standing === "OPEN" ? "ESTIMATED" : "CLOSED";
}

function invoiceState({ isSettled, lines }: Invoice): AccountState {
  if (isSettled) return "SETTLED";
  if (lines.some(({ state }) => state === "CONTESTED")) return "PART_CONTESTED";
  return lines.some(({ state }) => state === "OPEN") ? "INVOICED" : "ACCEPTED";
}
