import { type CaseFacts, type Invoice, isOpen, roundOf, standingGuarantee } from "./facts.ts";
import {
  lastEstimate,
  payerOf,
  payerSide,
  privatePayer,
  unblockedByGoingOn,
} from "./next-to-act.ts";
import type { AccountAction, Look, ServiceBlocker } from "./service-actions.ts";

/** What blocks a command at billing, in its own reasons: who may speak for the payer comes before any state. */
export function accountBlocker(
  facts: CaseFacts,
  action: AccountAction,
  look: Look,
): ServiceBlocker | undefined {
  const isOfInvoice = invoiceActions.includes(action);
  const hidden = hiddenFrom(facts, look, isOfInvoice);
  if (hidden !== undefined) return hidden;
  switch (action) {
    case "GuaranteePayment":
      return payersWord(facts, look) ?? guaranteeBlocker(facts, look);
    case "DeclineEstimate":
      return payersWord(facts, look) ?? estimateBlocker(facts, look);
    case "RecordCharges":
      return chargesBlocker(facts);
    case "AcceptInvoice":
    case "ContestInvoiceLines":
      return payersWord(facts, look) ?? openLinesBlocker(facts, look);
    case "ReplyToContest":
      return contestBlocker(facts, look);
    default:
      return action satisfies never;
  }
}

const invoiceActions: readonly AccountAction[] = [
  "AcceptInvoice",
  "ContestInvoiceLines",
  "ReplyToContest",
];

/** Billing has an account once it has priced a round; a ministry sees it that pays, or whose patient does. */
function hiddenFrom(
  facts: CaseFacts,
  { id, side }: Look,
  isOfInvoice: boolean,
): ServiceBlocker | undefined {
  const payer = payerOf(facts);
  const isParty = payer === facts.submission.sendingParty || payer === privatePayer;
  const isKnown = lastEstimate(facts).round > 0 || facts.guarantee !== undefined;
  if (isKnown && (side === "hub" || isParty)) return undefined;
  const unblockedBy = isKnown ? undefined : unblockedByGoingOn(facts);
  if (isOfInvoice) return invoiceNotFound(id, unblockedBy);
  return { reason: "ACCOUNT_NOT_FOUND", metadata: { name: `accounts/${id}` }, unblockedBy };
}

function invoiceNotFound(id: string, unblockedBy: ServiceBlocker["unblockedBy"]): ServiceBlocker {
  const metadata = { name: `accounts/${id}/invoices/1` };
  return { reason: "INVOICE_NOT_FOUND", metadata, unblockedBy };
}

function payersWord(facts: CaseFacts, { side }: Look): ServiceBlocker | undefined {
  if (side === payerSide(facts)) return undefined;
  const reason = side === "hub" ? "PAYER_IS_PARTY" : "PAYER_IS_PRIVATE";
  return { reason, metadata: { payer: payerOf(facts) ?? "" } };
}

/** A patient may pay in towards an invoice that is not settled as well. */
function guaranteeBlocker(facts: CaseFacts, look: Look): ServiceBlocker | undefined {
  const isOwed = facts.invoice !== undefined && !facts.invoice.isSettled;
  return payerSide(facts) === "hub" && isOwed ? undefined : estimateBlocker(facts, look);
}

function estimateBlocker(facts: CaseFacts, { now }: Look): ServiceBlocker | undefined {
  const { round, standing } = lastEstimate(facts);
  const guarantee = standingGuarantee(facts)?.guarantee;
  if (standing !== "OPEN" || facts.closed !== undefined) {
    return {
      reason: "ESTIMATE_NOT_OPEN",
      metadata: { estimate: standing, ...(guarantee && { guarantee }) },
      // Where one was taken back, the next round brings another.
      unblockedBy: standing === "WITHDRAWN" ? unblockedByGoingOn(facts) : undefined,
    };
  }
  const answerBy = roundOf(facts, round).hold?.answerBy.expireAt;
  if (answerBy === undefined || Temporal.Instant.compare(now, answerBy) < 0) return undefined;
  return { reason: "ANSWER_TOO_LATE", metadata: { answerBy: answerBy.toString() } };
}

function chargesBlocker(facts: CaseFacts): ServiceBlocker | undefined {
  const { guarantee, invoice, closed } = facts;
  const isStanding = standingGuarantee(facts) !== undefined;
  if (isStanding && invoice === undefined && closed === undefined) return undefined;
  const standing = invoice !== undefined ? "USED" : isStanding ? "STANDING" : "RELEASED";
  const metadata = {
    guarantee: guarantee === undefined ? "NONE" : standing,
    ...(invoice && { invoice: invoice.invoice }),
  };
  const unblockedBy = invoice === undefined ? unblockedByGoingOn(facts) : undefined;
  return { reason: "CHARGES_CLOSED", metadata, unblockedBy };
}

function openLinesBlocker(facts: CaseFacts, { id }: Look): ServiceBlocker | undefined {
  const { invoice } = facts;
  if (invoice === undefined) return invoiceNotFound(id, invoiceComesBy(facts));
  if (openMinor(invoice) > 0n) return undefined;
  return { reason: "LINE_NOT_OPEN", metadata: { invoice: invoice.invoice } };
}

function contestBlocker(facts: CaseFacts, { id }: Look): ServiceBlocker | undefined {
  const { invoice } = facts;
  if (invoice === undefined) return invoiceNotFound(id, invoiceComesBy(facts));
  if (invoice.contestedMinor > 0n) return undefined;
  const unblockedBy = openMinor(invoice) > 0n ? payerSide(facts) : undefined;
  return { reason: "LINE_NOT_CONTESTED", metadata: { invoice: invoice.invoice }, unblockedBy };
}

/** Billing issues the invoice once the course has ended. */
function invoiceComesBy(facts: CaseFacts): ServiceBlocker["unblockedBy"] {
  if (isOpen(facts)) return unblockedByGoingOn(facts);
  return facts.ended !== undefined && facts.closed === undefined ? "service" : undefined;
}

/** What of an invoice waits for the payer. */
function openMinor({ total, acceptedMinor, contestedMinor, creditedMinor }: Invoice): bigint {
  return total.amountMinor - acceptedMinor - contestedMinor - creditedMinor;
}
