import { type Money, requireCurrency } from "@carehub/money/money";
import type { Account, AccountDecision, ContestReason, Invoice, InvoiceLine } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { creditNoteName, invoiceName } from "./names.ts";
import { refusal } from "./refusal.ts";
import { hasExpired } from "./terms.ts";

/** Accepts open lines by their numbers; no numbers means every open line. */
export function acceptLines(
  account: Account,
  { sequences, now }: { readonly sequences: readonly number[]; readonly now: Temporal.Instant },
): AccountDecision {
  const invoice = invoiceOf(account);
  const chosen = sequences.length > 0 ? pick(invoice, sequences) : invoice.lines.filter(isOpen);
  if (chosen.length === 0) throw refusal("LINE_NOT_OPEN", { invoice: nameOf(account, invoice) });
  requireOpen(chosen);
  return acceptChosen(account, chosen, now);
}

/**
 * Accepts what was not contested in time. Lines beyond the guarantee stay open: they need a word.
 * Does nothing before the contest-by time, and nothing a second time.
 */
export function acceptOverdue(account: Account, now: Temporal.Instant): AccountDecision {
  const { invoice } = account;
  if (invoice === undefined || !hasExpired(invoice.contestBy, now)) {
    return { state: account, events: [] };
  }
  const silent = invoice.lines.filter((line) => isOpen(line) && !line.isBeyondGuarantee);
  if (silent.length === 0) return { state: account, events: [] };
  return acceptChosen(account, silent, now);
}

/** When silence will accept lines; undefined when no line waits for that. */
export function silenceAcceptsAt({ invoice }: Account): Temporal.Instant | undefined {
  const waits = invoice?.lines.some((line) => isOpen(line) && !line.isBeyondGuarantee);
  return waits === true ? invoice?.contestBy.expireAt : undefined;
}

/** Contests open lines until the contest-by time; those beyond the guarantee at any time. */
export function contestLines(
  account: Account,
  contest: {
    readonly sequences: readonly number[];
    readonly reason: ContestReason;
    readonly now: Temporal.Instant;
  },
): AccountDecision {
  const { sequences, reason, now } = contest;
  const invoice = invoiceOf(account);
  const chosen = pick(invoice, sequences);
  requireOpen(chosen);
  const late = chosen.find((line) => !line.isBeyondGuarantee && hasExpired(invoice.contestBy, now));
  if (late !== undefined) {
    const contestBy = invoice.contestBy.expireAt.toString();
    throw refusal("CONTEST_TOO_LATE", { line: String(late.sequence), contestBy });
  }
  const contested = chosen.map((line) => ({
    ...line,
    state: "CONTESTED" as const,
    contestReason: reason,
  }));
  const next = withLines(invoice, contested);
  const event: AccountEvent = {
    kind: "InvoiceContested",
    invoice: nameOf(account, invoice),
    sequences,
    reason,
    contested: contestedOf(next),
  };
  return { state: { ...account, invoice: next }, events: [event] };
}

/** Answers a contest: takes back a part or the whole of a line; what stays is accepted by that. */
export function replyToContest(
  account: Account,
  reply: {
    readonly sequence: number;
    readonly credit: Money;
    readonly now: Temporal.Instant;
  },
): AccountDecision {
  const { sequence, credit, now } = reply;
  const invoice = invoiceOf(account);
  const [line] = pick(invoice, [sequence]);
  if (line?.state !== "CONTESTED") {
    throw refusal("LINE_NOT_CONTESTED", { line: String(sequence), state: line?.state ?? "" });
  }
  requireCurrency(credit, line.amount.currency);
  const { amountMinor: creditedMinor } = credit;
  if (creditedMinor < 0n || creditedMinor > line.amount.amountMinor) {
    throw refusal("CREDIT_ABOVE_LINE", { lineMinor: String(line.amount.amountMinor) });
  }
  const isWhole = creditedMinor > 0n && creditedMinor === line.amount.amountMinor;
  const credited = { ...line, creditedMinor };
  const answered = isWhole ? { ...credited, state: "CREDITED" as const } : accepted(credited, now);
  const number = invoice.creditNoteCount + (creditedMinor > 0n ? 1 : 0);
  const next = { ...withLines(invoice, [answered]), creditNoteCount: number };
  const events: AccountEvent[] = [];
  if (creditedMinor > 0n) {
    const creditNote = creditNoteName(account.id, number);
    const told = { invoice: nameOf(account, invoice), creditNote, amount: credit };
    events.push({ kind: "CreditNoteIssued", ...told, contested: contestedOf(next) });
  }
  if (!isWhole) events.push(acceptedEvent(account, next));
  return settle({ state: { ...account, invoice: next }, events }, "");
}

/** Money that a payment brought for one line. */
export type LinePayment = { readonly sequence: number; readonly amountMinor: bigint };

/** Books a payment's parts on the lines; the invoice is settled with its last line. */
export function payLines(
  account: Account,
  payments: readonly LinePayment[],
  statement: string,
): AccountDecision {
  const invoice = invoiceOf(account);
  const paid = payments.map(({ sequence, amountMinor }) => {
    const [line] = pick(invoice, [sequence]);
    if (line?.state !== "ACCEPTED") {
      throw refusal("LINE_NOT_OPEN", { line: String(sequence), state: line?.state ?? "" });
    }
    const paidMinor = line.paidMinor + amountMinor;
    const isPaid = paidMinor >= owedMinor(line);
    return { ...line, paidMinor, state: isPaid ? ("PAID" as const) : line.state };
  });
  const state = { ...account, invoice: withLines(invoice, paid) };
  return settle({ state, events: [] }, statement);
}

/** What is owed of a line in all, whether paid or not: its amount less what was taken back. */
export function owedMinor({ amount, creditedMinor }: InvoiceLine): bigint {
  return amount.amountMinor - creditedMinor;
}

/** What is still to be paid of an invoice, contested lines included. */
export function outstandingOf({ lines, total }: Invoice): Money {
  const amountMinor = lines.reduce((sum, line) => sum + owedMinor(line) - line.paidMinor, 0n);
  return { amountMinor, currency: total.currency };
}

function acceptChosen(account: Account, chosen: readonly InvoiceLine[], now: Temporal.Instant) {
  const invoice = invoiceOf(account);
  const next = withLines(
    invoice,
    chosen.map((line) => accepted(line, now)),
  );
  const state = { ...account, invoice: next };
  return settle({ state, events: [acceptedEvent(account, next)] }, "");
}

// A line of which nothing is owed has nothing to wait for.
function accepted(line: InvoiceLine, now: Temporal.Instant): InvoiceLine {
  return { ...line, state: owedMinor(line) === 0n ? "PAID" : "ACCEPTED", acceptedAt: now };
}

function settle({ state, events }: AccountDecision, statement: string): AccountDecision {
  const invoice = invoiceOf(state);
  const isDone = invoice.lines.every((line) => line.state === "PAID" || line.state === "CREDITED");
  if (!isDone) return { state, events };
  const amountMinor = invoice.lines.reduce((sum, line) => sum + line.paidMinor, 0n);
  const settled: AccountEvent = {
    kind: "InvoiceSettled",
    invoice: nameOf(state, invoice),
    paid: { amountMinor, currency: invoice.total.currency },
    statement,
  };
  return {
    state: { ...state, invoice: { ...invoice, isSettled: true } },
    events: [...events, settled],
  };
}

function acceptedEvent(account: Account, invoice: Invoice): AccountEvent {
  const isAccepted = ({ state }: InvoiceLine) => state === "ACCEPTED" || state === "PAID";
  const name = nameOf(account, invoice);
  const accepted = sumOf(invoice, isAccepted);
  return { kind: "InvoiceAccepted", invoice: name, accepted, contested: contestedOf(invoice) };
}

function contestedOf(invoice: Invoice): Money {
  return sumOf(invoice, ({ state }) => state === "CONTESTED");
}

function sumOf({ lines, total }: Invoice, counts: (line: InvoiceLine) => boolean): Money {
  const amountMinor = lines.filter(counts).reduce((sum, line) => sum + owedMinor(line), 0n);
  return { amountMinor, currency: total.currency };
}

function invoiceOf({ invoice, id }: Account): Invoice {
  if (invoice === undefined) throw refusal("INVOICE_NOT_FOUND", { invoice: invoiceName(id, 1) });
  return invoice;
}

function pick({ lines }: Invoice, sequences: readonly number[]): InvoiceLine[] {
  return sequences.map((sequence) => {
    const line = lines.find((entry) => entry.sequence === sequence);
    if (line === undefined) throw refusal("LINE_UNKNOWN", { line: String(sequence) });
    return line;
  });
}

function requireOpen(lines: readonly InvoiceLine[]): void {
  const other = lines.find((line) => !isOpen(line));
  if (other === undefined) return;
  throw refusal("LINE_NOT_OPEN", { line: String(other.sequence), state: other.state });
}

function isOpen({ state }: InvoiceLine): boolean {
  return state === "OPEN";
}

function withLines(invoice: Invoice, changed: readonly InvoiceLine[]): Invoice {
  const bySequence = new Map(changed.map((line) => [line.sequence, line]));
  return { ...invoice, lines: invoice.lines.map((line) => bySequence.get(line.sequence) ?? line) };
}

function nameOf({ id }: Account, { number }: Invoice): string {
  return invoiceName(id, number);
}
