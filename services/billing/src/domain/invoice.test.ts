import { must } from "@carehub/rules/fault";
import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  accountId,
  after,
  aGuaranteedAccount,
  anInvoicedAccount,
  kzt,
  now,
} from "./account.builder.ts";
import { type Account, accountState, type ContestReason } from "./account.ts";
import {
  acceptLines,
  acceptOverdue,
  contestLines,
  outstandingOf,
  payLines,
  replyToContest,
  silenceAcceptsAt,
} from "./invoice.ts";

const invoice = `accounts/${accountId}/invoices/1`;
const contestBy = must(anInvoicedAccount().invoice, "it is invoiced").contestBy.expireAt;
const accept =
  (sequences: number[] = [], at = now) =>
  (account: Account) =>
    acceptLines(account, { sequences, now: at });
const contest =
  (sequences: number[], at = now, reason: ContestReason = "QUANTITY") =>
  (account: Account) =>
    contestLines(account, { sequences, reason, now: at });
const reply = (sequence: number, creditMinor: bigint) => (account: Account) =>
  replyToContest(account, { sequence, credit: kzt(creditMinor), now });
const pay = (sequence: number, amountMinor: bigint) => (account: Account) =>
  payLines(account, [{ sequence, amountMinor }], "statements/s");

test("accepts the named lines, or all that are open, and tells the sum of all acceptances", () => {
  const { state } = given(anInvoicedAccount())
    .when(accept([2]))
    .then([{ kind: "InvoiceAccepted", invoice, accepted: kzt(10_000n) }]);
  expect(accountState(state)).toBe("INVOICED");
  const all = given(state)
    .when(accept())
    .then([{ kind: "InvoiceAccepted", accepted: kzt(110_000n) }]);
  expect(accountState(all.state)).toBe("ACCEPTED");
});

test("refuses lines that are unknown or not open any more", () => {
  given(anInvoicedAccount())
    .when(accept([9]))
    .thenFails("LINE_UNKNOWN", { line: "9" });
  given(after(anInvoicedAccount(), accept([2])))
    .when(accept([1, 2]))
    .thenFails("LINE_NOT_OPEN", { line: "2", state: "ACCEPTED" });
  given(after(anInvoicedAccount(), accept()))
    .when(accept())
    .thenFails("LINE_NOT_OPEN", { invoice });
  given(after(anInvoicedAccount(), contest([1])))
    .when(contest([1]))
    .thenFails("LINE_NOT_OPEN", { line: "1", state: "CONTESTED" });
  given(aGuaranteedAccount()).when(accept()).thenFails("INVOICE_NOT_FOUND");
});

test("lets lines be contested up to the last nanosecond before the contest-by time", () => {
  const { state } = given(anInvoicedAccount())
    .when(contest([2], contestBy.subtract({ nanoseconds: 1 })))
    .then([
      {
        kind: "InvoiceContested",
        invoice,
        sequences: [2],
        reason: "QUANTITY",
        contested: kzt(10_000n),
      },
    ]);
  expect(accountState(state)).toBe("PART_CONTESTED");
  given(anInvoicedAccount())
    .when(contest([2], contestBy))
    .thenFails("CONTEST_TOO_LATE", { line: "2" });
  given(state)
    .when(contest([1]))
    .then([{ kind: "InvoiceContested", contested: kzt(110_000n) }]);
});

test("accepts by silence what was not contested in time, whoever comes first", () => {
  const contested = after(anInvoicedAccount(), contest([2]));
  expect(silenceAcceptsAt(contested)).toEqual(contestBy);
  given(contested)
    .when((account) => acceptOverdue(account, now))
    .then([]);
  const { state } = given(contested)
    .when((account) => acceptOverdue(account, contestBy))
    .then([{ kind: "InvoiceAccepted", accepted: kzt(100_000n), contested: kzt(10_000n) }]);
  expect(silenceAcceptsAt(state)).toBeUndefined();
  given(state)
    .when((account) => acceptOverdue(account, contestBy))
    .then([]);
  given(contested)
    .when(accept([1], contestBy))
    .then([{ kind: "InvoiceAccepted" }]);
});

test("never takes silence as consent to a line beyond the guarantee", () => {
  const over = anInvoicedAccount([
    { serviceCode: "operation", quantity: 1 },
    { serviceCode: "intensive-care-day", quantity: 30 },
  ]);
  const { state } = given(over)
    .when((account) => acceptOverdue(account, contestBy))
    .then([{ kind: "InvoiceAccepted", accepted: kzt(100_000n) }]);
  expect(silenceAcceptsAt(state)).toBeUndefined();
  given(state)
    .when(contest([2], contestBy))
    .then([{ kind: "InvoiceContested" }]);
  given(state)
    .when(accept([2], contestBy))
    .then([{ kind: "InvoiceAccepted", accepted: kzt(130_000n) }]);
});

test("takes back a part of a contested line, and the rest is accepted by that", () => {
  const { state } = given(after(anInvoicedAccount(), contest([2])))
    .when(reply(2, 4_000n))
    .then([
      {
        kind: "CreditNoteIssued",
        invoice,
        creditNote: `accounts/${accountId}/creditNotes/1`,
        amount: kzt(4_000n),
        contested: kzt(0n),
      },
      { kind: "InvoiceAccepted", accepted: kzt(6_000n) },
    ]);
  // Line 1 is open still, and nothing is contested any more.
  expect(accountState(state)).toBe("INVOICED");
  expect(state.invoice && outstandingOf(state.invoice)).toEqual(kzt(106_000n));
  given(after(anInvoicedAccount(), contest([2])))
    .when(reply(2, 0n))
    .then([{ kind: "InvoiceAccepted", accepted: kzt(10_000n), contested: kzt(0n) }]);
  given(after(anInvoicedAccount(), contest([1, 2])))
    .when(reply(2, 10_000n))
    .then([{ kind: "CreditNoteIssued", amount: kzt(10_000n), contested: kzt(100_000n) }]);
});

test("takes back a whole line; with nothing left owed the invoice is settled", () => {
  const { state } = given(after(anInvoicedAccount(), contest([1, 2]), reply(2, 10_000n)))
    .when(reply(1, 100_000n))
    .then([
      { kind: "CreditNoteIssued", creditNote: `accounts/${accountId}/creditNotes/2` },
      { kind: "InvoiceSettled", paid: kzt(0n), statement: "" },
    ]);
  expect(accountState(state)).toBe("SETTLED");
});

test("refuses replies to what is not contested, and credits that no line holds", () => {
  given(anInvoicedAccount()).when(reply(2, 1n)).thenFails("LINE_NOT_CONTESTED", { state: "OPEN" });
  const contested = after(anInvoicedAccount(), contest([2]));
  given(contested).when(reply(2, 10_001n)).thenFails("CREDIT_ABOVE_LINE", { lineMinor: "10000" });
  given(contested).when(reply(2, -1n)).thenFails("CREDIT_ABOVE_LINE");
  const credit = { amountMinor: 1n, currency: "UZS" as const };
  given(contested)
    .when((account) => replyToContest(account, { sequence: 2, credit, now }))
    .thenFails("CURRENCY_MISMATCH");
});

test("books payments on accepted lines, and settles with the last of them", () => {
  const partly = given(after(anInvoicedAccount(), accept(), pay(1, 100_000n)))
    .when(pay(2, 9_999n))
    .then({
      events: [],
      state: { invoice: { lines: [{ state: "PAID" }, { state: "ACCEPTED" }] } },
    });
  const { state } = given(partly.state)
    .when(pay(2, 1n))
    .then([{ kind: "InvoiceSettled", paid: kzt(110_000n), statement: "statements/s" }]);
  expect(accountState(state)).toBe("SETTLED");
  given(anInvoicedAccount()).when(pay(1, 1n)).thenFails("LINE_NOT_OPEN");
});

test("has nothing to wait for on a line that costs nothing", () => {
  given(anInvoicedAccount([{ serviceCode: "interpreter", quantity: 1 }]))
    .when(accept())
    .then([{ kind: "InvoiceAccepted", accepted: kzt(0n) }, { kind: "InvoiceSettled" }]);
});
