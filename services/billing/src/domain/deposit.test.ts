import { expect, test } from "vitest";
import {
  accountId,
  after,
  anEstimatedAccount,
  aPromise,
  kzt,
  now,
  someTerms,
} from "./account.builder.ts";
import { type Account, type AccountDecision, accountState } from "./account.ts";
import { applyDeposit } from "./deposit.ts";
import { requestEstimate } from "./estimate.ts";
import { guaranteePayment } from "./guarantee.ts";
import { acceptLines, contestLines, replyToContest } from "./invoice.ts";
import { depositJournalsOf } from "./ledger.ts";
import { parsePayer, privatePayer } from "./names.ts";
import { requestCharges, stopAccount } from "./wind-down.ts";

const completed =
  (rule: (account: Account) => AccountDecision) =>
  (account: Account): AccountDecision =>
    applyDeposit(rule(account));
const payIn = (amountMinor: bigint, reference = "R-1") =>
  completed((account) =>
    guaranteePayment(account, aPromise({ cap: kzt(amountMinor), reference }), now),
  );
const charge = (days = 10) =>
  completed((account) => {
    const items = [
      { serviceCode: "operation", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: days },
    ];
    return requestCharges(account, { round: 1, items, now });
  });
const accept = (...sequences: number[]) =>
  completed((account) => acceptLines(account, { sequences, now }));
const contest = (sequence: number) =>
  completed((account) => contestLines(account, { sequences: [sequence], reason: "PRICE", now }));
const credit = (sequence: number, amountMinor: bigint) =>
  completed((account) => replyToContest(account, { sequence, credit: kzt(amountMinor), now }));

const estimated = anEstimatedAccount({ payer: privatePayer });
const paidIn = after(estimated, payIn(115_000n));
/** Received, applied and refundable. */
const sumsOf = ({ deposit }: Account) => [
  deposit?.receivedMinor,
  deposit?.appliedMinor,
  deposit?.refundableMinor,
];

test("pays accepted lines at once, settles without a statement, and owes the rest back", () => {
  const invoiced = after(paidIn, charge());
  // What the invoice cannot need any more is the patient's again.
  expect(sumsOf(invoiced)).toEqual([115_000n, 0n, 5_000n]);
  const { state, events } = accept()(invoiced);
  expect(events).toMatchObject([
    { kind: "InvoiceAccepted", accepted: kzt(110_000n) },
    { kind: "InvoiceSettled", paid: kzt(110_000n), statement: "" },
  ]);
  expect(sumsOf(state)).toEqual([115_000n, 110_000n, 5_000n]);
  expect(accountState(state)).toBe("SETTLED");
  expect(applyDeposit({ state, events: [] }).state).toBe(state);
});

test("a contest that ends in a credit raises what is owed back", () => {
  const contested = after(paidIn, charge(), contest(2), accept(1));
  expect(sumsOf(contested)).toEqual([115_000n, 100_000n, 5_000n]);
  expect(accountState(contested)).toBe("PART_CONTESTED");
  const { state, events } = credit(2, 4_000n)(contested);
  expect(events.map(({ kind }) => kind)).toEqual([
    "CreditNoteIssued",
    "InvoiceAccepted",
    "InvoiceSettled",
  ]);
  expect(sumsOf(state)).toEqual([115_000n, 106_000n, 9_000n]);
  const whole = after(contested, credit(2, 10_000n));
  expect(sumsOf(whole)).toEqual([115_000n, 100_000n, 15_000n]);
  expect(accountState(whole)).toBe("SETTLED");
});

test.each(["CANCELLED", "WAITLISTED"])(
  "owes the whole deposit back after a stop for %s",
  (reason) => {
    const stopped = after(
      paidIn,
      completed((account) => stopAccount(account, { round: 1, reason, now })),
    );
    expect(sumsOf(stopped)).toEqual([115_000n, 0n, 115_000n]);
  },
);

test("a place that comes after waiting is paid for by a new deposit", () => {
  const again = after(
    paidIn,
    completed((account) => stopAccount(account, { round: 1, reason: "WAITLISTED", now })),
    completed((account) => requestEstimate(account, someTerms({ payer: privatePayer }))),
    payIn(110_000n, "R-2"),
  );
  expect(sumsOf(again)).toEqual([225_000n, 0n, 115_000n]);
  expect(sumsOf(after(again, charge(), accept()))).toEqual([225_000n, 110_000n, 115_000n]);
});

test("a course that cost more than was paid in is settled by a further payment", () => {
  const owing = after(paidIn, charge(20), accept());
  expect(sumsOf(owing)).toEqual([115_000n, 115_000n, 0n]);
  expect(accountState(owing)).toBe("ACCEPTED");
  const part = payIn(1_000n, "R-2")(owing);
  expect([part.events, sumsOf(part.state)]).toEqual([[], [116_000n, 116_000n, 0n]]);
  const { state, events } = payIn(5_000n, "R-3")(part.state);
  expect(events).toMatchObject([{ kind: "InvoiceSettled", paid: kzt(120_000n), statement: "" }]);
  expect(sumsOf(state)).toEqual([121_000n, 120_000n, 1_000n]);
  expect(() => payIn(1n, "R-4")(state)).toThrow("ESTIMATE_NOT_OPEN");
  expect(() => payIn(0n, "R-4")(owing)).toThrow("INVALID_FIELD");
});

test("asks for at least the estimate, in its currency", () => {
  expect(() => payIn(109_999n)(estimated)).toThrow("GUARANTEE_BELOW_ESTIMATE");
  const dollars = aPromise({ cap: { amountMinor: 10n ** 9n, currency: "USD" } });
  expect(() => guaranteePayment(estimated, dollars, now)).toThrow("CURRENCY_MISMATCH");
});

test("posts each movement in both books under a name of its own", () => {
  const names = (before: Account, later: Account) =>
    depositJournalsOf(before, later).map(({ kind, reference }) => `${kind} ${reference}`);
  const invoiced = after(paidIn, charge(9));
  expect(names(estimated, paidIn)).toEqual([`DEPOSIT accounts/${accountId}/deposits/R-1`]);
  expect(names(paidIn, invoiced)).toEqual([`REFUND accounts/${accountId}/depositEntries/1`]);
  const contested = after(invoiced, contest(2));
  expect(names(invoiced, contested)).toEqual([]);
  expect(names(contested, after(contested, credit(2, 1_000n)))).toEqual([
    `PAYMENT accounts/${accountId}/depositEntries/2`,
    `REFUND accounts/${accountId}/depositEntries/3`,
  ]);
  const [journal] = depositJournalsOf(estimated, paidIn);
  expect(journal?.legs).toEqual([
    { owner: "parties/KZ", kind: "CASH", amountMinor: 115_000n },
    { owner: "parties/KZ", kind: "DEPOSITS", amountMinor: -115_000n },
    { owner: privatePayer, kind: "DEPOSITS", amountMinor: 115_000n },
    { owner: privatePayer, kind: "CASH", amountMinor: -115_000n },
  ]);
});

test("a deposit goes back to the patient also where a later round names another payer", () => {
  const later = requestEstimate(paidIn, someTerms({ round: 2 }));
  const { state } = applyDeposit(later);
  expect(sumsOf(state)).toEqual([115_000n, 0n, 115_000n]);
  expect(depositJournalsOf(paidIn, state)).toMatchObject([
    { kind: "REFUND", pair: { debtor: privatePayer, creditor: "parties/KZ" } },
  ]);
});

test("reads the patient as a payer and as nothing else", () => {
  expect(parsePayer("parties/private", "payer")).toBe(privatePayer);
  expect(parsePayer("parties/UZ", "payer")).toBe("parties/UZ");
  expect(() => parsePayer("parties/privat", "payer")).toThrow("INVALID_FIELD");
});
