import type { CurrencyCode } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import type { Account } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { depositEntryName, depositName, type PartyName, privatePayer } from "./names.ts";

/** Two parties and a currency: the book that both sides of a journal belong to. */
export type Pair = {
  readonly debtor: PartyName;
  readonly creditor: PartyName;
  readonly currency: CurrencyCode;
};

/** The ledger accounts that each party of a pair keeps towards the other. */
export const ledgerKinds = [
  "RECEIVABLE",
  "PAYABLE",
  "CHARGES",
  "CREDIT_NOTES",
  "CASH",
  // What a patient paid in: first as a deposit, then, as far as it was not needed, to be paid back.
  "DEPOSITS",
  "REFUNDABLE",
] as const;

export type LedgerKind = (typeof ledgerKinds)[number];

/** One side of a journal: positive is a debit, negative a credit. */
export type Leg = {
  readonly owner: PartyName;
  readonly kind: LedgerKind;
  readonly amountMinor: bigint;
};

/** What is posted at once; its legs sum to zero, within each party's book as well. */
export type Journal = {
  readonly kind: "INVOICE" | "CREDIT_NOTE" | "PAYMENT" | "DEPOSIT" | "REFUND";
  /** The document's full name; posted at most once. */
  readonly reference: string;
  /** The document that this one takes back a part of. */
  readonly reverses?: string;
  readonly pair: Pair;
  readonly legs: readonly Leg[];
};

/** The journals of what an account told: an invoice, or a credit note linked to its invoice. */
export function journalsOf(account: Account, events: readonly AccountEvent[]): readonly Journal[] {
  return events.flatMap((event) => {
    switch (event.kind) {
      case "InvoiceIssued":
        return event.total.amountMinor === 0n ? [] : [invoiceJournal(pairOf(account), event)];
      case "CreditNoteIssued":
        return [creditJournal(pairOf(account), event)];
      default:
        return [];
    }
  });
}

/**
 * The journals of what moved of a patient's deposit: received, applied to accepted lines, owed back.
 * The creditor's side: cash against deposits, deposits against the receivable, deposits against what is refundable.
 */
export function depositJournalsOf(before: Account, after: Account): readonly Journal[] {
  const { deposit, id } = after;
  if (deposit === undefined) return [];
  const had = before.deposit;
  // Of the terms that it was paid in under: a newer round may name another payer.
  const pair = { ...pairOf(had === undefined ? after : before), debtor: privatePayer };
  const received = deposit.receivedMinor - (had?.receivedMinor ?? 0n);
  const applied = deposit.appliedMinor - (had?.appliedMinor ?? 0n);
  const refundable = deposit.refundableMinor - (had?.refundableMinor ?? 0n);
  const number = (had?.entryCount ?? 0) + 1;
  const next = applied === 0n ? number : number + 1;
  const journal = (kind: Journal["kind"], reference: string, legs: Leg[]) => [
    { kind, reference, pair, legs },
  ];
  return [
    ...(received === 0n
      ? []
      : journal("DEPOSIT", depositName(id, deposit.receipt), depositLegs(pair, received))),
    ...(applied === 0n
      ? []
      : journal("PAYMENT", depositEntryName(id, number), appliedLegs(pair, applied))),
    ...(refundable === 0n
      ? []
      : journal("REFUND", depositEntryName(id, next), refundLegs(pair, refundable))),
  ];
}

/** The pair of an account that has terms. */
export function pairOf({ terms }: Account): Pair {
  const { payer, creditor, currency } = must(terms, "what is posted was priced by terms");
  return { debtor: payer, creditor, currency };
}

/** Money received: the creditor's receivable becomes cash, the debtor's payable is paid with cash. */
export function paymentJournal(pair: Pair, reference: string, amount: Money): Journal {
  const { debtor, creditor } = pair;
  return {
    kind: "PAYMENT",
    reference,
    pair,
    legs: [
      ...transfer(creditor, { from: "RECEIVABLE", to: "CASH", amount }),
      ...transfer(debtor, { from: "CASH", to: "PAYABLE", amount }),
    ],
  };
}

function invoiceJournal(
  pair: Pair,
  { invoice, total }: Extract<AccountEvent, { kind: "InvoiceIssued" }>,
): Journal {
  const { debtor, creditor } = pair;
  return {
    kind: "INVOICE",
    reference: invoice,
    pair,
    legs: [
      ...transfer(creditor, { from: "CHARGES", to: "RECEIVABLE", amount: total }),
      ...transfer(debtor, { from: "PAYABLE", to: "CHARGES", amount: total }),
    ],
  };
}

function creditJournal(
  pair: Pair,
  { invoice, creditNote, amount }: Extract<AccountEvent, { kind: "CreditNoteIssued" }>,
): Journal {
  const { debtor, creditor } = pair;
  return {
    kind: "CREDIT_NOTE",
    reference: creditNote,
    reverses: invoice,
    pair,
    legs: [
      ...transfer(creditor, { from: "RECEIVABLE", to: "CREDIT_NOTES", amount }),
      ...transfer(debtor, { from: "CREDIT_NOTES", to: "PAYABLE", amount }),
    ],
  };
}

function depositLegs({ debtor, creditor }: Pair, amountMinor: bigint): Leg[] {
  const amount = { amountMinor };
  return [
    ...transfer(creditor, { from: "DEPOSITS", to: "CASH", amount }),
    ...transfer(debtor, { from: "CASH", to: "DEPOSITS", amount }),
  ];
}

function appliedLegs({ debtor, creditor }: Pair, amountMinor: bigint): Leg[] {
  const amount = { amountMinor };
  return [
    ...transfer(creditor, { from: "RECEIVABLE", to: "DEPOSITS", amount }),
    ...transfer(debtor, { from: "DEPOSITS", to: "PAYABLE", amount }),
  ];
}

function refundLegs({ debtor, creditor }: Pair, amountMinor: bigint): Leg[] {
  const amount = { amountMinor };
  return [
    ...transfer(creditor, { from: "REFUNDABLE", to: "DEPOSITS", amount }),
    ...transfer(debtor, { from: "DEPOSITS", to: "REFUNDABLE", amount }),
  ];
}

function transfer(
  owner: PartyName,
  { from, to, amount }: { from: LedgerKind; to: LedgerKind; amount: Pick<Money, "amountMinor"> },
): Leg[] {
  const { amountMinor } = amount;
  return [
    { owner, kind: to, amountMinor },
    { owner, kind: from, amountMinor: -amountMinor },
  ];
}
