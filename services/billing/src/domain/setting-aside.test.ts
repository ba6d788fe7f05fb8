import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  accountId,
  after,
  aGuaranteedAccount,
  anEstimatedAccount,
  anInvoicedAccount,
  aPromise,
  kzt,
  now,
  someTerms,
} from "./account.builder.ts";
import { type Account, accountState, emptyAccount } from "./account.ts";
import { recordCharges } from "./charges.ts";
import { requestEstimate } from "./estimate.ts";
import { guaranteePayment } from "./guarantee.ts";
import { closeAccount, requestCharges, stopAccount } from "./wind-down.ts";

const wait =
  (round = 1, reason = "WAITLISTED") =>
  (account: Account) =>
    stopAccount(account, { round, reason, now });
const estimate =
  (round = 1) =>
  (account: Account) =>
    requestEstimate(account, someTerms({ round }));
const guarantee = `accounts/${accountId}/guarantees/MOH-1`;

test.each(["WAITLISTED", "ROUNDS_USED_UP"])(
  "gives back a guarantee for %s, and the case goes on",
  (reason) => {
    const { state } = given(aGuaranteedAccount())
      .when(wait(2, reason))
      .then([{ kind: "GuaranteeReleased", round: 2, guarantee, reason }]);
    expect(accountState(state)).toBe("CLOSED");
    const again = given(state)
      .when(estimate(2))
      .then([{ kind: "EstimateIssued", round: 2 }]).state;
    expect(accountState(again)).toBe("ESTIMATED");
    given(guaranteePayment(again, aPromise({ reference: "MOH-2" }), now).state)
      .when(estimate(2))
      .then([
        { kind: "EstimateIssued", round: 2 },
        { kind: "PaymentGuaranteed", guarantee: `accounts/${accountId}/guarantees/MOH-2` },
      ]);
  },
);

test("withdraws an open estimate, and answers also where nothing stands", () => {
  const { state } = given(anEstimatedAccount())
    .when(wait())
    .then([
      { kind: "EstimateWithdrawn", round: 1, reason: "WAITLISTED" },
      { kind: "GuaranteeReleased", round: 1, guarantee: "", reason: "WAITLISTED" },
    ]);
  given(state)
    .when(wait())
    .then([{ kind: "GuaranteeReleased", round: 1, guarantee: "" }]);
  given(emptyAccount(accountId))
    .when(wait())
    .then([{ kind: "GuaranteeReleased", guarantee: "" }]);
});

test("estimates the same round anew, once, with the terms of the later request", () => {
  const waiting = after(aGuaranteedAccount(), wait());
  const later = someTerms({ lastDate: Temporal.PlainDate.from("2026-04-20") });
  const { state } = given(waiting)
    .when((account) => requestEstimate(account, later))
    .then([{ kind: "EstimateIssued", round: 1, estimate: `accounts/${accountId}/estimates/1` }]);
  expect(state.terms?.lastDate.toString()).toBe("2026-04-20");
  const repeated = requestEstimate(state, later);
  expect(repeated.state).toBe(state);
  expect(repeated.events).toHaveLength(1);
});

test("undoes an estimate of an older round, and one of a case that closed while it waited", () => {
  const waiting = after(aGuaranteedAccount(), wait(2));
  given(waiting)
    .when(estimate(1))
    .then([{ kind: "EstimateWithdrawn", round: 1, reason: "STOPPED" }]);
  given(closeAccount(waiting, now).state)
    .when(estimate(2))
    .then([{ kind: "EstimateWithdrawn", round: 2, reason: "CASE_CLOSED" }]);
  given(after(waiting, (account) => stopAccount(account, { round: 2, reason: "CANCELLED", now })))
    .when(estimate(2))
    .then([{ kind: "EstimateWithdrawn", round: 2, reason: "STOPPED" }]);
});

const ultrasound = {
  reference: "U-1",
  item: { serviceCode: "ultrasound", quantity: 1 },
  deliveredOn: Temporal.PlainDate.from("2026-01-07"),
};
const charged = after(aGuaranteedAccount(), (account) => recordCharges(account, [ultrasound]));

test("keeps what was recorded beside the plan until the course is invoiced", () => {
  const { state } = given(charged)
    .when(wait(2))
    .then([{ kind: "GuaranteeReleased" }]);
  const next = after(state, estimate(2), (account) =>
    guaranteePayment(account, aPromise({ reference: "MOH-2" }), now),
  );
  const { serviceItems: items } = someTerms();
  given(next)
    .when((account) => requestCharges(account, { round: 2, items, now }))
    .then([{ kind: "InvoiceIssued", total: kzt(110_500n) }]);
});

test("invoices what was recorded when the case ends while it waits; silence never accepts it", () => {
  const { state } = given(after(charged, wait(2)))
    .when((account) => stopAccount(account, { round: 2, reason: "COURSE_UNAVAILABLE", now }))
    .then([
      { kind: "InvoiceIssued", total: kzt(500n) },
      { kind: "GuaranteeReleased", round: 2, guarantee, reason: "COURSE_UNAVAILABLE" },
    ]);
  expect(state.invoice?.lines).toMatchObject([{ isBeyondGuarantee: true }]);
});

test("leaves an invoice as it is", () => {
  const { state } = given(anInvoicedAccount())
    .when(wait())
    .then([{ kind: "GuaranteeReleased" }]);
  expect(state.guarantee?.standing).toBe("USED");
});
