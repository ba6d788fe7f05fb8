import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  accountId,
  after,
  aGuaranteedAccount,
  anEstimatedAccount,
  anInvoicedAccount,
  kzt,
  now,
  someTerms,
} from "./account.builder.ts";
import { type Account, accountState, emptyAccount } from "./account.ts";
import { recordCharges } from "./charges.ts";
import { declineEstimate } from "./estimate.ts";
import { closeAccount, requestCharges, stopAccount, withdrawUnanswered } from "./wind-down.ts";

const stop = (round: number) => (account: Account) =>
  stopAccount(account, { round, reason: "CANCELLED", now });
const guarantee = `accounts/${accountId}/guarantees/MOH-1`;
const ultrasound = {
  reference: "U-1",
  item: { serviceCode: "ultrasound", quantity: 1 },
  deliveredOn: Temporal.PlainDate.from("2026-02-03"),
};

test("withdraws an open estimate and releases a guarantee that stands", () => {
  given(anEstimatedAccount())
    .when(stop(1))
    .then({
      events: [{ kind: "EstimateWithdrawn", round: 1, reason: "CANCELLED" }],
      state: { estimate: { standing: "WITHDRAWN" }, stoppedRound: 1 },
    });
  const { state } = given(aGuaranteedAccount())
    .when(stop(1))
    .then([{ kind: "GuaranteeReleased", round: 1, guarantee, reason: "CANCELLED" }]);
  expect(accountState(state)).toBe("CLOSED");
});

test("always answers, also where nothing is known or left", () => {
  given(emptyAccount(accountId))
    .when(stop(1))
    .then([{ kind: "EstimateWithdrawn", round: 1 }]);
  given(declineEstimate(anEstimatedAccount(), "OTHER", now).state)
    .when(stop(1))
    .then([{ kind: "EstimateWithdrawn", round: 1 }]);
  given(after(aGuaranteedAccount(), stop(1)))
    .when(stop(1))
    .then([{ kind: "GuaranteeReleased", round: 1, guarantee }]);
});

test("withdraws what nobody answered in time, and leaves a guarantee that was given in time", () => {
  const overdue = { round: 1, reason: "ANSWER_OVERDUE" };
  const withdraw = (account: Account) => withdrawUnanswered(account, overdue);
  const withdrawn = { kind: "EstimateWithdrawn", ...overdue } as const;
  given(anEstimatedAccount())
    .when(withdraw)
    .then({ events: [withdrawn], state: { estimate: { standing: "WITHDRAWN" } } });
  const guaranteed = aGuaranteedAccount();
  given(guaranteed).when(withdraw).then({ events: [], state: guaranteed });
  given(emptyAccount(accountId)).when(withdraw).then([withdrawn]);
});

test("answers the stop of an older round without touching the newer", () => {
  const account = aGuaranteedAccount({ terms: { round: 2 } });
  given(account)
    .when(stop(1))
    .then({ events: [{ kind: "EstimateWithdrawn", round: 1 }], state: account });
});

test("invoices what was recorded before a stop, and releases the rest of the guarantee", () => {
  given(recordCharges(aGuaranteedAccount(), [ultrasound]).state)
    .when(stop(1))
    .then({
      events: [
        { kind: "InvoiceIssued", total: kzt(500n) },
        { kind: "GuaranteeReleased", round: 1, guarantee },
      ],
      state: {
        guarantee: { standing: "USED" },
        invoice: { lines: [{ isBeyondGuarantee: false }] },
      },
    });
});

test("charges what was delivered, once", () => {
  const { serviceItems: items } = someTerms();
  const { state } = given(aGuaranteedAccount())
    .when((account) => requestCharges(account, { round: 1, items, now }))
    .then({
      events: [{ kind: "InvoiceIssued", total: kzt(110_000n) }],
      state: { guarantee: { standing: "USED" } },
    });
  given(state)
    .when((account) => requestCharges(account, { round: 1, items, now }))
    .then([]);
});

test("releases the guarantee instead of an invoice without lines", () => {
  given(aGuaranteedAccount())
    .when((account) => requestCharges(account, { round: 1, items: [], now }))
    .then([{ kind: "GuaranteeReleased", round: 1, guarantee, reason: "NOTHING_DELIVERED" }]);
  given(emptyAccount(accountId))
    .when((account) => requestCharges(account, { round: 1, items: [], now }))
    .then([{ kind: "GuaranteeReleased", round: 1, guarantee: "" }]);
});

test("refuses to charge what was never priced", () => {
  given(emptyAccount(accountId))
    .when((account) => requestCharges(account, { round: 1, items: someTerms().serviceItems, now }))
    .thenFails("CHARGES_WITHOUT_ESTIMATE");
});

test("closes a case of which nothing is known, and gives back what a closed case still has", () => {
  given(emptyAccount(accountId))
    .when((account) => closeAccount(account, now))
    .then({ events: [], state: { isClosed: true } });
  given(aGuaranteedAccount())
    .when((account) => closeAccount(account, now))
    .then({
      events: [{ kind: "GuaranteeReleased", guarantee, reason: "CASE_CLOSED" }],
      state: { isClosed: true, guarantee: { standing: "RELEASED" } },
    });
  given(anInvoicedAccount())
    .when((account) => closeAccount(account, now))
    .then({ events: [], state: { isClosed: true, guarantee: { standing: "USED" } } });
});
