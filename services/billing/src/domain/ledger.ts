import type { CurrencyCode } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import type { Account } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import type { PartyName } from "./names.ts";

/** Two parties and a currency: the book that both sides of a journal belong to. */
export type Pair = {
  readonly debtor: PartyName;
  readonly creditor: PartyName;
  readonly currency: CurrencyCode;
};

/** The ledger accounts that each party of a pair keeps towards the other. */
export const ledgerKinds = ["RECEIVABLE", "PAYABLE", "CHARGES", "CREDIT_NOTES", "CASH"] as const;

export type LedgerKind = (typeof ledgerKinds)[number];

/** One side of a journal: positive is a debit, negative a credit. */
export type Leg = {
  readonly owner: PartyName;
  readonly kind: LedgerKind;
  readonly amountMinor: bigint;
};

/** What is posted at once; its legs sum to zero, within each party's book as well. */
export type Journal = {
  readonly kind: "INVOICE" | "CREDIT_NOTE" | "PAYMENT";
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

function transfer(
  owner: PartyName,
  { from, to, amount }: { from: LedgerKind; to: LedgerKind; amount: Money },
): Leg[] {
  const { amountMinor } = amount;
  return [
    { owner, kind: to, amountMinor },
    { owner, kind: from, amountMinor: -amountMinor },
  ];
}
