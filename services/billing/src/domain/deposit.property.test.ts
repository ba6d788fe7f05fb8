import { DomainError } from "@carehub/rules/domain-error";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anEstimatedAccount, aPromise, kzt, now, someTerms } from "./account.builder.ts";
import type { Account, AccountDecision } from "./account.ts";
import { applyDeposit, heldMinor } from "./deposit.ts";
import { requestEstimate } from "./estimate.ts";
import { guaranteePayment } from "./guarantee.ts";
import { acceptLines, contestLines, outstandingOf, replyToContest } from "./invoice.ts";
import { depositJournalsOf, type Journal, journalsOf, type LedgerKind } from "./ledger.ts";
import { privatePayer } from "./names.ts";
import { closeAccount, requestCharges, stopAccount } from "./wind-down.ts";

type Rule = (account: Account, at: number) => AccountDecision;

const sequence = fc.integer({ min: 1, max: 3 });
const rule: fc.Arbitrary<Rule> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.bigInt({ min: 1n, max: 140_000n }).map(
      (amount): Rule =>
        (account, at) => {
          const promise = aPromise({ reference: `R-${at}`, cap: kzt(amount) });
          return guaranteePayment(account, promise, now);
        },
    ),
  },
  fc.integer({ min: 0, max: 20 }).map(
    (days): Rule =>
      (account) => {
        const items = [
          { serviceCode: "operation", quantity: 1 },
          ...(days === 0 ? [] : [{ serviceCode: "intensive-care-day", quantity: days }]),
        ];
        return requestCharges(account, { round: 1, items, now });
      },
  ),
  fc.uniqueArray(sequence, { maxLength: 2 }).map(
    (sequences): Rule =>
      (account) =>
        acceptLines(account, { sequences, now }),
  ),
  sequence.map(
    (line): Rule =>
      (account) =>
        contestLines(account, { sequences: [line], reason: "PRICE", now }),
  ),
  fc.tuple(sequence, fc.bigInt({ min: 0n, max: 20_000n })).map(
    ([line, amount]): Rule =>
      (account) =>
        replyToContest(account, { sequence: line, credit: kzt(amount), now }),
  ),
  fc.constantFrom("WAITLISTED", "CANCELLED").map(
    (reason): Rule =>
      (account) =>
        stopAccount(account, { round: account.terms?.round ?? 1, reason, now }),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (round): Rule =>
      (account) =>
        requestEstimate(account, someTerms({ round, payer: privatePayer })),
  ),
  fc.constant<Rule>((account) => closeAccount(account, now)),
);

test("every minor unit that a patient paid in is applied, owed back or needed, and the ledger agrees", () => {
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 25 }), (rules) => {
      let account = anEstimatedAccount({ payer: privatePayer });
      const journals: Journal[] = [];
      let settledCount = 0;
      for (const [at, decide] of rules.entries()) {
        const before = account;
        const decision = completed(decide, before, at);
        if (decision === undefined) continue;
        account = decision.state;
        settledCount += decision.events.filter(({ kind }) => kind === "InvoiceSettled").length;
        journals.push(...journalsOf(account, decision.events));
        journals.push(...depositJournalsOf(before, account));
        expectKept(account, journals);
      }
      expect(settledCount).toBe(account.invoice?.isSettled === true ? 1 : 0);
      expect(new Set(journals.map(({ reference }) => reference)).size).toBe(journals.length);
    }),
    { seed: 5, numRuns: 2_000 },
  );
});

function expectKept({ deposit, invoice, guarantee }: Account, journals: readonly Journal[]): void {
  for (const { legs } of journals) {
    expect(legs.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(0n);
  }
  const outstanding = invoice === undefined ? 0n : outstandingOf(invoice).amountMinor;
  expect(balance(journals, "parties/KZ", "RECEIVABLE")).toBe(outstanding);
  if (deposit === undefined) return;
  const { receivedMinor, appliedMinor, refundableMinor } = deposit;
  const held = heldMinor(deposit);
  expect([held, appliedMinor, refundableMinor].every((amount) => amount >= 0n)).toBe(true);
  if (invoice !== undefined) expect(held <= outstanding).toBe(true);
  else if (guarantee?.standing !== "STANDING") expect(held).toBe(0n);
  const paid = invoice?.lines.reduce((sum, line) => sum + line.paidMinor, 0n) ?? 0n;
  expect(appliedMinor).toBe(paid);
  // An accepted line waits only where nothing is held that could pay it.
  if (invoice?.lines.some(({ state }) => state === "ACCEPTED")) expect(held).toBe(0n);
  for (const [owner, sign] of [["parties/KZ", -1n] as const, [privatePayer, 1n] as const]) {
    expect(balance(journals, owner, "DEPOSITS")).toBe(sign * held);
    expect(balance(journals, owner, "REFUNDABLE")).toBe(sign * refundableMinor);
    expect(balance(journals, owner, "CASH")).toBe(-sign * receivedMinor);
  }
}

function balance(journals: readonly Journal[], owner: string, kind: LedgerKind): bigint {
  return journals
    .flatMap(({ legs }) => legs)
    .filter((leg) => leg.owner === owner && leg.kind === kind)
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

function completed(decide: Rule, account: Account, at: number): AccountDecision | undefined {
  try {
    return applyDeposit(decide(account, at));
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
