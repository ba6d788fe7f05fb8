import { DomainError } from "@carehub/rules/domain-error";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aGuaranteedAccount, anInvoicedAccount, kzt, now, someTerms } from "./account.builder.ts";
import type { Account, AccountDecision, Invoice } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { acceptLines, contestLines, outstandingOf, payLines, replyToContest } from "./invoice.ts";
import { type Journal, journalsOf, type Leg, pairOf, paymentJournal } from "./ledger.ts";
import { allocatePayment } from "./statement.ts";

type Command = (account: Account) => AccountDecision;

const sequence = fc.integer({ min: 1, max: 4 });
const sequences = fc.uniqueArray(sequence, { maxLength: 3 });
const minor = fc.bigInt({ min: -1n, max: 120_000n });
const command: fc.Arbitrary<Command> = fc.oneof(
  sequences.map((chosen) => (account: Account) => acceptLines(account, { sequences: chosen, now })),
  fc
    .uniqueArray(sequence, { minLength: 1, maxLength: 3 })
    .map(
      (chosen) => (account: Account) =>
        contestLines(account, { sequences: chosen, reason: "PRICE", now }),
    ),
  fc.tuple(sequence, minor).map(
    ([line, credit]) =>
      (account: Account) =>
        replyToContest(account, { sequence: line, credit: kzt(credit), now }),
  ),
  fc.tuple(sequence, minor).map(
    ([line, amount]) =>
      (account: Account) =>
        payLines(account, payableOf(account, line, amount), "statements/s"),
  ),
);

test("whatever payers and hubs do, the ledger agrees with the invoice and is settled once", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      let account = issued();
      const journals: Journal[] = [...journalsOf(account, [issuedEvent(account)])];
      const told: AccountEvent[] = [];
      for (const decide of commands) {
        const before = account;
        const events = apply(decide, account, (state) => {
          account = state;
        });
        told.push(...events);
        journals.push(...journalsOf(account, events), ...payments(before, account));
        checkLines(account);
        expectBalanced(journals);
        expect(balance(journals, "RECEIVABLE")).toBe(outstandingOf(invoiceOf(account)).amountMinor);
        expect(balance(journals, "PAYABLE")).toBe(-balance(journals, "RECEIVABLE"));
      }
      const settled = told.filter(({ kind }) => kind === "InvoiceSettled");
      expect(settled.length).toBe(invoiceOf(account).isSettled ? 1 : 0);
      expect(new Set(journals.map(({ reference }) => reference)).size).toBe(journals.length);
    }),
    { seed: 11, numRuns: 500 },
  );
});

test("payments of any sizes pay every entry exactly, in order", () => {
  const amounts = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      amounts,
      fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }),
      (owed, wanted) => {
        const entries = owed.map((amountMinor, at) => ({
          account: aGuaranteedAccount().id,
          invoiceNumber: 1,
          sequence: at + 1,
          amountMinor,
        }));
        const total = owed.reduce((sum, amount) => sum + amount, 0n);
        const paidBySequence = new Map<number, bigint>();
        let paid = 0n;
        for (const want of [...wanted.map(BigInt), total]) {
          const amount = smaller(want, total - paid);
          const parts = allocatePayment(entries, paid, amount).flatMap(({ payments }) => payments);
          expect(parts.reduce((sum, part) => sum + part.amountMinor, 0n)).toBe(amount);
          for (const part of parts) {
            const sum = (paidBySequence.get(part.sequence) ?? 0n) + part.amountMinor;
            paidBySequence.set(part.sequence, sum);
          }
          paid += amount;
        }
        expect(entries.map((entry) => paidBySequence.get(entry.sequence))).toEqual(owed);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});

function issued(): Account {
  const items = [...someTerms().serviceItems, { serviceCode: "ultrasound", quantity: 3 }];
  return anInvoicedAccount(items);
}

function issuedEvent(account: Account): AccountEvent {
  const { total, lines, contestBy } = invoiceOf(account);
  const { debtor, creditor } = pairOf(account);
  return { kind: "InvoiceIssued", invoice: "invoice", lines, total, debtor, creditor, contestBy };
}

function apply(decide: Command, account: Account, keep: (state: Account) => void) {
  try {
    const { state, events } = decide(account);
    keep(state);
    return events;
  } catch (error) {
    if (error instanceof DomainError) return [];
    throw error;
  }
}

// A statement never asks for more than a line owes.
function payableOf(account: Account, sequence: number, amountMinor: bigint) {
  const line = invoiceOf(account).lines.find((entry) => entry.sequence === sequence);
  const owed =
    line === undefined ? 0n : line.amount.amountMinor - line.creditedMinor - line.paidMinor;
  return [
    { sequence, amountMinor: amountMinor < 0n ? 0n : amountMinor < owed ? amountMinor : owed },
  ];
}

let paymentCount = 0;

function payments(before: Account, after: Account): Journal[] {
  const paid = (account: Account) =>
    invoiceOf(account).lines.reduce((sum, line) => sum + line.paidMinor, 0n);
  const amount = paid(after) - paid(before);
  if (amount === 0n) return [];
  paymentCount += 1;
  return [paymentJournal(pairOf(after), `payment ${paymentCount}`, kzt(amount))];
}

function checkLines(account: Account): void {
  for (const { state, amount, creditedMinor, paidMinor } of invoiceOf(account).lines) {
    const left = amount.amountMinor - creditedMinor - paidMinor;
    expect(left).toBeGreaterThanOrEqual(0n);
    if (state === "PAID" || state === "CREDITED") expect(left).toBe(0n);
    if (state === "OPEN" || state === "CONTESTED") expect(paidMinor).toBe(0n);
  }
}

function expectBalanced(journals: readonly Journal[]): void {
  for (const { legs, pair } of journals) {
    expect(sum(legs)).toBe(0n);
    expect(sum(legs.filter(({ owner }) => owner === pair.creditor))).toBe(0n);
    expect(legs.every(({ amountMinor }) => amountMinor !== 0n)).toBe(true);
  }
}

function balance(journals: readonly Journal[], kind: Leg["kind"]): bigint {
  return sum(journals.flatMap(({ legs }) => legs.filter((leg) => leg.kind === kind)));
}

function sum(legs: readonly Leg[]): bigint {
  return legs.reduce((total, { amountMinor }) => total + amountMinor, 0n);
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function invoiceOf({ invoice }: Account): Invoice {
  if (invoice === undefined) throw new Error("the account has an invoice");
  return invoice;
}
