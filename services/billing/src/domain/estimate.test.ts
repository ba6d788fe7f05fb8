import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  accountId,
  aGuaranteedAccount,
  anEstimatedAccount,
  anInvoicedAccount,
  answerBy,
  kazakhstan,
  kzt,
  now,
  someTerms,
  uzbekistan,
} from "./account.builder.ts";
import { type Account, accountState, emptyAccount } from "./account.ts";
import { declineEstimate, refuseEstimate, requestEstimate } from "./estimate.ts";
import { parseParty } from "./names.ts";
import { solePayer } from "./terms.ts";
import { closeAccount, stopAccount } from "./wind-down.ts";

test("prices a course and asks its payer until the hold's answer-by time", () => {
  const { state } = given(emptyAccount(accountId))
    .when((account) => requestEstimate(account, someTerms()))
    .then([
      {
        kind: "EstimateIssued",
        round: 1,
        estimate: `accounts/${accountId}/estimates/1`,
        total: kzt(110_000n),
        payer: uzbekistan,
      },
    ]);
  expect(accountState(state)).toBe("ESTIMATED");
  expect(state.estimate?.answerBy).toBe(answerBy);
});

test("answers a repeated request of the round with the same answer", () => {
  const first = requestEstimate(emptyAccount(accountId), someTerms());
  const again = requestEstimate(first.state, someTerms());
  expect(again.events).toEqual(first.events);
  expect(again.state).toBe(first.state);
  given(aGuaranteedAccount())
    .when((account) => requestEstimate(account, someTerms()))
    .then([{ kind: "EstimateIssued" }, { kind: "PaymentGuaranteed", round: 1 }]);
  given(declineEstimate(anEstimatedAccount(), "OTHER", now).state)
    .when((account) => requestEstimate(account, someTerms()))
    .then([{ kind: "EstimateIssued" }, { kind: "EstimateDeclined", reason: "OTHER" }]);
});

test("replaces an open estimate by that of a newer round", () => {
  given(anEstimatedAccount())
    .when((account) => requestEstimate(account, someTerms({ round: 2 })))
    .then({
      events: [
        { kind: "EstimateWithdrawn", round: 1, reason: "SUPERSEDED" },
        { kind: "EstimateIssued", round: 2 },
      ],
      state: { estimate: { round: 2, standing: "OPEN" } },
    });
});

test("carries a guarantee over to a round whose total and dates stay inside it", () => {
  const lastDate = Temporal.PlainDate.from("2026-06-30");
  const { state } = given(aGuaranteedAccount())
    .when((account) =>
      requestEstimate(account, someTerms({ round: 2, lastDate, prices: dearer(105_500n) })),
    )
    .then([
      { kind: "EstimateIssued", round: 2, total: kzt(115_500n) },
      { kind: "PaymentGuaranteed", round: 2, guarantee: `accounts/${accountId}/guarantees/MOH-1` },
    ]);
  expect(accountState(state)).toBe("GUARANTEED");
  expect(state.estimate?.standing).toBe("GUARANTEED");
});

test.each([
  ["the total passes the tolerance", { prices: dearer(105_501n) }],
  ["the treatment ends after it", { lastDate: Temporal.PlainDate.from("2026-07-01") }],
  ["another party pays", { payer: parseParty("parties/KG", "payer") }],
])("releases the guarantee before it asks anew when %s", (_, over) => {
  const { state } = given(aGuaranteedAccount())
    .when((account) => requestEstimate(account, someTerms({ round: 2, ...over })))
    .then([
      { kind: "GuaranteeReleased", round: 1, reason: "OUTSIDE_GUARANTEE" },
      { kind: "EstimateIssued", round: 2 },
    ]);
  expect(accountState(state)).toBe("ESTIMATED");
});

test("takes back at once what is asked of an older, a stopped or a closed case", () => {
  const second = anEstimatedAccount({ round: 2 });
  given(second)
    .when((account) => requestEstimate(account, someTerms()))
    .then({
      events: [{ kind: "EstimateWithdrawn", round: 1, reason: "SUPERSEDED" }],
      state: second,
    });
  given(stopAccount(emptyAccount(accountId), { round: 1, reason: "CANCELLED", now }).state)
    .when((account) => requestEstimate(account, someTerms()))
    .then([{ kind: "EstimateWithdrawn", round: 1, reason: "STOPPED" }]);
  given(closeAccount(emptyAccount(accountId), now).state)
    .when((account) => requestEstimate(account, someTerms()))
    .then([{ kind: "EstimateWithdrawn", round: 1, reason: "CASE_CLOSED" }]);
  given(anInvoicedAccount())
    .when((account) => requestEstimate(account, someTerms({ round: 2 })))
    .then([{ kind: "EstimateWithdrawn", round: 2, reason: "CASE_CLOSED" }]);
});

test.each([
  ["SERVICE_NOT_IN_TARIFF", { prices: [] }],
  ["CURRENCY_MISMATCH", { currency: "UZS" as const }],
  ["AMOUNT_TOO_LARGE", { prices: dearer(10n ** 16n) }],
])("answers a course that it cannot price with %s, and keeps nothing of it", (reason, over) => {
  const empty = emptyAccount(accountId);
  given(empty)
    .when((account) => requestEstimate(account, someTerms(over)))
    .then({ events: [{ kind: "EstimateWithdrawn", round: 1, reason }], state: empty });
  given(aGuaranteedAccount())
    .when((account) => requestEstimate(account, someTerms({ round: 2, ...over })))
    .then({
      events: [{ kind: "EstimateWithdrawn", round: 2, reason }],
      state: { guarantee: { standing: "STANDING" } },
    });
});

test("takes the older estimate back when a newer round cannot be priced", () => {
  const second = (account: Account) =>
    requestEstimate(account, someTerms({ round: 2, prices: [] }));
  const { state } = given(anEstimatedAccount())
    .when(second)
    .then([
      { kind: "EstimateWithdrawn", round: 1, reason: "SUPERSEDED" },
      { kind: "EstimateWithdrawn", round: 2, reason: "SERVICE_NOT_IN_TARIFF" },
    ]);
  expect(accountState(state)).toBe("CLOSED");
  given(state)
    .when(second)
    .then([{ kind: "EstimateWithdrawn", round: 2 }]);
});

test("answers terms that do not hold like any other request: by where the account stands", () => {
  const refusal = { round: 1, reason: "PAYERS_NOT_SINGLE" };
  given(emptyAccount(accountId))
    .when((account) => refuseEstimate(account, refusal))
    .then([{ kind: "EstimateWithdrawn", ...refusal }]);
  given(closeAccount(emptyAccount(accountId), now).state)
    .when((account) => refuseEstimate(account, refusal))
    .then([{ kind: "EstimateWithdrawn", round: 1, reason: "CASE_CLOSED" }]);
});

test("lets a payer decline in time, once", () => {
  const { state } = given(anEstimatedAccount())
    .when((account) => declineEstimate(account, "BUDGET_EXHAUSTED", now))
    .then([{ kind: "EstimateDeclined", round: 1, reason: "BUDGET_EXHAUSTED" }]);
  expect(accountState(state)).toBe("CLOSED");
  given(state)
    .when((account) => declineEstimate(account, "OTHER", now))
    .thenFails("ESTIMATE_NOT_OPEN", { estimate: "DECLINED" });
  given(anEstimatedAccount())
    .when((account) => declineEstimate(account, "OTHER", answerBy.expireAt))
    .thenFails("ANSWER_TOO_LATE");
});

test("takes one payer of the whole who is not the creditor", () => {
  const whole = { party: uzbekistan, shareBasisPoints: 10_000 };
  expect(solePayer([whole], kazakhstan)).toBe(uzbekistan);
  expect(() => solePayer([], kazakhstan)).toThrow("PAYERS_NOT_SINGLE");
  expect(() => solePayer([{ ...whole, shareBasisPoints: 9_999 }], kazakhstan)).toThrow(
    "PAYERS_NOT_SINGLE",
  );
  expect(() => solePayer([whole, whole], kazakhstan)).toThrow("PAYERS_NOT_SINGLE");
  expect(() => solePayer([whole], uzbekistan)).toThrow("PAYER_IS_CREDITOR");
});

function dearer(operation: bigint) {
  const [, ...others] = someTerms().prices;
  return [{ serviceCode: "operation", unitPrice: kzt(operation) }, ...others];
}
