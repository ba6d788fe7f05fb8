import { addMoney, compareMoney, type Money, zeroMoney } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import type { Account, AccountDecision, Charge, Invoice, InvoiceLine } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { guaranteedLimit } from "./guarantee.ts";
import { invoiceName } from "./names.ts";
import { type PricedLine, priceDelivered, priceItems, sumLines } from "./pricing.ts";
import { refusal } from "./refusal.ts";
import { contestDeadline, type ServiceItem } from "./terms.ts";

/** A case has one invoice. */
export const invoiceNumber = 1;

/**
 * Records services beside the plan, each once by its reference. Together with the plan they must stay
 * inside what the payer guaranteed: an over-run needs new consent, and the hub is told while it can
 * still ask for it.
 */
export function recordCharges(account: Account, charges: readonly Charge[]): AccountDecision {
  const { guarantee, invoice, terms, isClosed } = account;
  const references = account.charges.map(({ reference }) => reference);
  for (const { reference } of charges) {
    if (references.includes(reference)) throw refusal("CHARGE_REFERENCE_TAKEN", { reference });
    references.push(reference);
  }
  if (guarantee?.standing !== "STANDING" || invoice !== undefined || isClosed) {
    throw refusal("CHARGES_CLOSED", {
      ...(invoice === undefined ? {} : { invoice: invoiceName(account.id, invoice.number) }),
      guarantee: guarantee?.standing ?? "NONE",
    });
  }
  const recorded = [...account.charges, ...charges];
  const priced = must(terms, "a guarantee has terms");
  // Not merged: each charge is a line of its own, as on the invoice.
  const charged = recorded.flatMap(({ item }) => priceItems([item], priced));
  const planned = must(account.estimate, "a guarantee has an estimate").total;
  const total = addMoney(planned, sumLines(charged, priced.currency));
  const limit = guaranteedLimit(guarantee);
  if (compareMoney(total, limit) > 0) {
    throw refusal("GUARANTEE_EXCEEDED", {
      totalMinor: String(total.amountMinor),
      limitMinor: String(limit.amountMinor),
      currency: limit.currency,
    });
  }
  return { state: { ...account, charges: recorded }, events: [] };
}

/**
 * Issues the one invoice of a case: what was delivered and what was recorded beside the plan, at the
 * prices of its tariff. What happened is charged whole; the lines that pass the guarantee are marked,
 * since silence never accepts them. Without a line there is no invoice.
 */
export function issueInvoice(
  account: Account,
  { items, now }: { readonly items: readonly ServiceItem[]; readonly now: Temporal.Instant },
): AccountDecision {
  const { id, terms, guarantee, estimate } = account;
  if (terms === undefined) throw refusal("CHARGES_WITHOUT_ESTIMATE");
  const charges = account.charges.map(({ item }) => item);
  const priced = priceDelivered({ items, charges }, estimate?.lines ?? [], terms);
  const total = sumLines(priced, terms.currency);
  const contestBy = contestDeadline(now, terms.contestTime);
  const isBinding = guarantee !== undefined && guarantee.standing !== "RELEASED";
  const limit = isBinding ? guaranteedLimit(guarantee) : zeroMoney(terms.currency);
  const invoice: Invoice = {
    number: invoiceNumber,
    lines: openLines(priced, limit),
    total,
    issuedAt: now,
    contestBy,
    creditNoteCount: 0,
    isSettled: false,
  };
  const issued: AccountEvent = {
    kind: "InvoiceIssued",
    invoice: invoiceName(id, invoice.number),
    lines: priced,
    total,
    debtor: terms.payer,
    creditor: terms.creditor,
    contestBy,
  };
  const used = isBinding ? { guarantee: { ...guarantee, standing: "USED" as const } } : {};
  return { state: { ...account, ...used, invoice }, events: [issued] };
}

/** Each line in turn is inside as long as it and those inside before it fit under the limit. */
function openLines(priced: readonly PricedLine[], limit: Money): InvoiceLine[] {
  let inside = zeroMoney(limit.currency);
  return priced.map((line) => {
    const together = addMoney(inside, line.amount);
    const isBeyondGuarantee = compareMoney(together, limit) > 0;
    if (!isBeyondGuarantee) inside = together;
    return { ...line, state: "OPEN", isBeyondGuarantee, creditedMinor: 0n, paidMinor: 0n };
  });
}
