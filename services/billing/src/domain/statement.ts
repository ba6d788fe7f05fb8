import { type Money, requireCurrency } from "@carehub/money/money";
import type { Decision } from "@carehub/rules/decision";
import { invalidField, type Uuid } from "@carehub/rules/ids";
import type { LinePayment } from "./invoice.ts";
import type { Pair } from "./ledger.ts";
import { invoiceName } from "./names.ts";
import { refusal } from "./refusal.ts";

/** One accepted line on a statement, and what is owed for it. */
export type StatementEntry = {
  readonly account: Uuid;
  readonly invoiceNumber: number;
  readonly sequence: number;
  readonly amountMinor: bigint;
};

/** The accepted lines between two parties of one period in one currency. */
export type Statement = {
  readonly id: Uuid;
  readonly pair: Pair;
  /** The last day of the period. */
  readonly periodEnd: Temporal.PlainDate;
  /** In the order of invoice and line. */
  readonly entries: readonly StatementEntry[];
  readonly total: Money;
  readonly paidMinor: bigint;
  /** SHA-256 over `canonicalText`, in hexadecimal. */
  readonly entriesHash: string;
};

/** What happened to a statement. */
export type StatementEvent =
  | {
      readonly kind: "StatementClosed";
      readonly periodEnd: Temporal.PlainDate;
      readonly total: Money;
      readonly entryCount: number;
      readonly entriesHash: string;
    }
  | {
      readonly kind: "PaymentRecorded";
      readonly reference: string;
      readonly amount: Money;
      readonly valueDate: Temporal.PlainDate;
    };

/** Where a statement stands; derived from what was paid. */
export type StatementState = "CLOSED" | "PART_PAID" | "PAID";

/** Derives where a statement stands. */
export function statementState({ total, paidMinor }: Statement): StatementState {
  if (paidMinor >= total.amountMinor) return "PAID";
  return paidMinor > 0n ? "PART_PAID" : "CLOSED";
}

/** What a period is closed with. `today` is the creditor's; `closedUntil` the last day closed before. */
export type Closing = {
  readonly id: Uuid;
  readonly pair: Pair;
  readonly periodEnd: Temporal.PlainDate;
  readonly today: Temporal.PlainDate;
  readonly closedUntil?: Temporal.PlainDate | undefined;
  /** Every line that was accepted by the period's end and is on no statement. */
  readonly lines: readonly StatementEntry[];
  readonly hash: (text: string) => string;
};

/** Closes a period: its entries never change again, and what comes later belongs to the next. */
export function closeStatement(closing: Closing): Decision<Statement, StatementEvent> {
  const { id, pair, periodEnd, lines } = closing;
  requireClosable(closing);
  const entries = lines.toSorted(byInvoiceAndLine);
  const amountMinor = entries.reduce((sum, entry) => sum + entry.amountMinor, 0n);
  const total = { amountMinor, currency: pair.currency };
  const entriesHash = closing.hash(canonicalText({ pair, periodEnd, entries }));
  const state = { id, pair, periodEnd, entries, total, paidMinor: 0n, entriesHash };
  const entryCount = entries.length;
  return {
    state,
    events: [{ kind: "StatementClosed", periodEnd, total, entryCount, entriesHash }],
  };
}

/**
 * The text that debtor and creditor each hash and compare: UTF-8, every line ended by a line feed,
 * a head of five lines and then one line an entry.
 */
export function canonicalText({
  pair,
  periodEnd,
  entries,
}: Pick<Statement, "pair" | "periodEnd" | "entries">): string {
  const lines = [
    "carehub-statement-1",
    `debtor ${pair.debtor}`,
    `creditor ${pair.creditor}`,
    `currency ${pair.currency}`,
    `period-end ${periodEnd.toString()}`,
    ...entries.map(
      ({ account, invoiceNumber, sequence, amountMinor }) =>
        `${invoiceName(account, invoiceNumber)} ${sequence} ${amountMinor}`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Money that the creditor received under a statement. */
export type Payment = {
  readonly reference: string;
  readonly amount: Money;
  readonly valueDate: Temporal.PlainDate;
};

/** What a payment brings to one account's lines. */
export type AccountPayment = {
  readonly account: Uuid;
  readonly payments: readonly LinePayment[];
};

/** Takes a payment of at most what is still owed; `parts` says which lines it pays. */
export function recordPayment(
  statement: Statement,
  payment: Payment,
  today: Temporal.PlainDate,
): Decision<Statement, StatementEvent> & { readonly parts: readonly AccountPayment[] } {
  const { reference, amount, valueDate } = payment;
  const { total, paidMinor, entries } = statement;
  requireCurrency(amount, total.currency);
  if (amount.amountMinor <= 0n) throw invalidField("amount", "must be above zero");
  if (Temporal.PlainDate.compare(valueDate, today) > 0) {
    throw invalidField("value_date", "must not lie ahead");
  }
  const outstandingMinor = total.amountMinor - paidMinor;
  if (amount.amountMinor > outstandingMinor) {
    const outstanding = String(outstandingMinor);
    throw refusal("PAYMENT_ABOVE_STATEMENT", {
      outstandingMinor: outstanding,
      currency: total.currency,
    });
  }
  return {
    state: { ...statement, paidMinor: paidMinor + amount.amountMinor },
    events: [{ kind: "PaymentRecorded", reference, amount, valueDate }],
    parts: allocatePayment(entries, paidMinor, amount.amountMinor),
  };
}

/**
 * Pays entries in their order: each is paid whole before the next gets anything. The parts sum to
 * the amount exactly.
 */
export function allocatePayment(
  entries: readonly StatementEntry[],
  paidBeforeMinor: bigint,
  amountMinor: bigint,
): readonly AccountPayment[] {
  const byAccount = new Map<Uuid, LinePayment[]>();
  let skipMinor = paidBeforeMinor;
  let leftMinor = amountMinor;
  for (const entry of entries) {
    const paidOfEntry = minimum(skipMinor, entry.amountMinor);
    skipMinor -= paidOfEntry;
    const part = minimum(leftMinor, entry.amountMinor - paidOfEntry);
    if (part === 0n) continue;
    leftMinor -= part;
    const payments = byAccount.get(entry.account) ?? [];
    payments.push({ sequence: entry.sequence, amountMinor: part });
    byAccount.set(entry.account, payments);
  }
  return [...byAccount].map(([account, payments]) => ({ account, payments }));
}

function requireClosable({ periodEnd, today, closedUntil, lines }: Closing): void {
  if (Temporal.PlainDate.compare(periodEnd, today) > 0) {
    throw refusal("PERIOD_NOT_OVER", { today: today.toString() });
  }
  if (closedUntil !== undefined && Temporal.PlainDate.compare(periodEnd, closedUntil) <= 0) {
    throw refusal("PERIOD_CLOSED", { closedUntil: closedUntil.toString() });
  }
  if (lines.length === 0) throw refusal("NOTHING_TO_STATE", { periodEnd: periodEnd.toString() });
}

function byInvoiceAndLine(one: StatementEntry, other: StatementEntry): number {
  if (one.account !== other.account) return one.account < other.account ? -1 : 1;
  return one.invoiceNumber - other.invoiceNumber || one.sequence - other.sequence;
}

function minimum(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
