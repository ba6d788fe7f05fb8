import { createHash } from "node:crypto";
import { parseUuid } from "@carehub/rules/ids";
import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { accountId, kazakhstan, kzt, uzbekistan } from "./account.builder.ts";
import {
  allocatePayment,
  type Closing,
  canonicalText,
  closeStatement,
  type Payment,
  recordPayment,
  type Statement,
  statementState,
} from "./statement.ts";

const other = parseUuid("019b0000-0000-7000-8000-000000000002", "id");
const today = Temporal.PlainDate.from("2026-03-31");
const pair = { debtor: uzbekistan, creditor: kazakhstan, currency: "KZT" as const };

test("closes a period with its lines in the order of invoice and line", () => {
  const { state } = given(aClosing())
    .when(closeStatement)
    .then([{ kind: "StatementClosed", periodEnd: today, total: kzt(111n), entryCount: 3 }]);
  expect(state.entries.map(({ account, sequence }) => [account, sequence])).toEqual([
    [accountId, 1],
    [accountId, 2],
    [other, 1],
  ]);
});

test("hashes a text that whoever has the entries can write", () => {
  const { state } = closeStatement(aClosing());
  const text = [
    "carehub-statement-1",
    "debtor parties/UZ",
    "creditor parties/KZ",
    "currency KZT",
    "period-end 2026-03-31",
    "accounts/019b0000-0000-7000-8000-000000000001/invoices/1 1 100",
    "accounts/019b0000-0000-7000-8000-000000000001/invoices/1 2 10",
    "accounts/019b0000-0000-7000-8000-000000000002/invoices/1 1 1",
    "",
  ].join("\n");
  expect(canonicalText(state)).toBe(text);
  expect(state.entriesHash).toBe(createHash("sha256").update(text).digest("hex"));
});

test("refuses a period that lies ahead, was closed, or has nothing in it", () => {
  given(aClosing({ periodEnd: today.add({ days: 1 }) }))
    .when(closeStatement)
    .thenFails("PERIOD_NOT_OVER");
  given(aClosing({ closedUntil: today }))
    .when(closeStatement)
    .thenFails("PERIOD_CLOSED", { closedUntil: "2026-03-31" });
  given(aClosing({ closedUntil: today.subtract({ days: 1 }) }))
    .when(closeStatement)
    .then([{}]);
  given(aClosing({ lines: [] }))
    .when(closeStatement)
    .thenFails("NOTHING_TO_STATE");
});

test("takes payments until the statement is paid, and never more", () => {
  const { state } = closeStatement(aClosing());
  const part = given(state)
    .when(pay(99n))
    .then([{ kind: "PaymentRecorded", amount: kzt(99n) }]);
  expect(statementState(part.state)).toBe("PART_PAID");
  given(part.state).when(pay(13n)).thenFails("PAYMENT_ABOVE_STATEMENT", { outstandingMinor: "12" });
  const whole = given(part.state)
    .when(pay(12n))
    .then([{ kind: "PaymentRecorded" }]);
  expect(statementState(whole.state)).toBe("PAID");
});

test("refuses payments of nothing, in another currency, or of tomorrow", () => {
  const { state } = closeStatement(aClosing());
  given(state).when(pay(0n)).thenFails("INVALID_FIELD", { field: "amount" });
  given(state)
    .when(pay(1n, { amount: { amountMinor: 1n, currency: "UZS" } }))
    .thenFails("CURRENCY_MISMATCH");
  given(state)
    .when(pay(1n, { valueDate: today.add({ days: 1 }) }))
    .thenFails("INVALID_FIELD", { field: "value_date" });
});

test("pays entries in their order, each whole before the next", () => {
  const { entries } = closeStatement(aClosing()).state;
  expect(allocatePayment(entries, 0n, 105n)).toEqual([
    {
      account: accountId,
      payments: [
        { sequence: 1, amountMinor: 100n },
        { sequence: 2, amountMinor: 5n },
      ],
    },
  ]);
  expect(allocatePayment(entries, 105n, 6n)).toEqual([
    { account: accountId, payments: [{ sequence: 2, amountMinor: 5n }] },
    { account: other, payments: [{ sequence: 1, amountMinor: 1n }] },
  ]);
});

function aClosing(over: Partial<Closing> = {}): Closing {
  return {
    id: parseUuid("019b0000-0000-7000-8000-00000000000a", "id"),
    pair,
    periodEnd: today,
    today,
    lines: [
      { account: other, invoiceNumber: 1, sequence: 1, amountMinor: 1n },
      { account: accountId, invoiceNumber: 1, sequence: 2, amountMinor: 10n },
      { account: accountId, invoiceNumber: 1, sequence: 1, amountMinor: 100n },
    ],
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    ...over,
  };
}

function pay(amountMinor: bigint, over: Partial<Payment> = {}) {
  return (statement: Statement) =>
    recordPayment(
      statement,
      { reference: "PAY-1", amount: kzt(amountMinor), valueDate: today, ...over },
      today,
    );
}
