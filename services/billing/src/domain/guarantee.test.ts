import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  accountId,
  aGuaranteedAccount,
  anEstimatedAccount,
  answerBy,
  aPromise,
  kzt,
  now,
} from "./account.builder.ts";
import { type Account, accountState, emptyAccount, type Guarantee } from "./account.ts";
import { type GuaranteePayment, guaranteedLimit, guaranteePayment } from "./guarantee.ts";
import { closeAccount } from "./wind-down.ts";

test("takes a promise and tells the dates that it covers", () => {
  const { state } = given(anEstimatedAccount())
    .when(promise())
    .then([
      {
        kind: "PaymentGuaranteed",
        round: 1,
        guarantee: `accounts/${accountId}/guarantees/MOH-1`,
        cap: kzt(120_000n),
        toleranceBasisPoints: 500,
        firstDate: Temporal.PlainDate.from("2026-02-02"),
        lastDate: Temporal.PlainDate.from("2026-02-20"),
      },
    ]);
  expect(accountState(state)).toBe("GUARANTEED");
});

test("takes the last nanosecond before the answer-by time, and not the instant itself", () => {
  const lastMoment = answerBy.expireAt.subtract({ nanoseconds: 1 });
  given(anEstimatedAccount())
    .when(promise({}, lastMoment))
    .then([{ kind: "PaymentGuaranteed" }]);
  given(anEstimatedAccount())
    .when(promise({}, answerBy.expireAt))
    .thenFails("ANSWER_TOO_LATE", { answerBy: "2026-01-20T19:00:00Z" });
});

test("takes exactly the estimate up to exactly the last day of treatment, and no less", () => {
  const lastDay = Temporal.PlainDate.from("2026-02-20");
  given(anEstimatedAccount())
    .when(promise({ cap: kzt(110_000n), validUntil: lastDay }))
    .then([{ kind: "PaymentGuaranteed" }]);
  given(anEstimatedAccount())
    .when(promise({ cap: kzt(109_999n) }))
    .thenFails("GUARANTEE_BELOW_ESTIMATE", { estimateMinor: "110000", currency: "KZT" });
  given(anEstimatedAccount())
    .when(promise({ validUntil: lastDay.subtract({ days: 1 }) }))
    .thenFails("GUARANTEE_ENDS_TOO_EARLY", { lastDate: "2026-02-20" });
});

test("refuses another currency than the estimate's", () => {
  given(anEstimatedAccount())
    .when(promise({ cap: { amountMinor: 10n ** 9n, currency: "UZS" } }))
    .thenFails("CURRENCY_MISMATCH", { expected: "KZT", found: "UZS" });
});

test("refuses where no estimate waits, naming the guarantee that stands", () => {
  given(emptyAccount(accountId))
    .when(promise())
    .thenFails("ESTIMATE_NOT_OPEN", { estimate: "NONE" });
  given(aGuaranteedAccount())
    .when(promise({ reference: "MOH-2" }))
    .thenFails("ESTIMATE_NOT_OPEN", { guarantee: `accounts/${accountId}/guarantees/MOH-1` });
  given(closeAccount(anEstimatedAccount(), now).state)
    .when(promise())
    .thenFails("ESTIMATE_NOT_OPEN", { estimate: "WITHDRAWN" });
});

test("covers the lesser of cap and estimate with tolerance, rounded down", () => {
  const limit = (over: Partial<Guarantee>) =>
    guaranteedLimit({
      ...aPromise(),
      round: 1,
      standing: "STANDING",
      estimateTotal: kzt(101n),
      cap: kzt(200n),
      ...over,
    });
  expect(limit({ toleranceBasisPoints: 0 })).toEqual(kzt(101n));
  expect(limit({ toleranceBasisPoints: 999 })).toEqual(kzt(111n));
  expect(limit({ toleranceBasisPoints: 10_000 })).toEqual(kzt(200n));
});

function promise(over: Partial<GuaranteePayment> = {}, at: Temporal.Instant = now) {
  return (account: Account) => guaranteePayment(account, aPromise(over), at);
}
