import type { Money } from "@carehub/money/money";
import { parseUuid } from "@carehub/rules/ids";
import { type Account, type AccountDecision, emptyAccount } from "./account.ts";
import { issueInvoice } from "./charges.ts";
import { requestEstimate } from "./estimate.ts";
import { type GuaranteePayment, guaranteePayment } from "./guarantee.ts";
import { parseHub, parseParty } from "./names.ts";
import type { Deadline, ServiceItem, Terms } from "./terms.ts";

/** The account that the tests speak of. */
export const accountId = parseUuid("019b0000-0000-7000-8000-000000000001", "id");
/** The moment at which nothing is late yet. */
export const now = Temporal.Instant.from("2026-01-05T06:00:00Z");
export const uzbekistan = parseParty("parties/UZ", "party");
export const kazakhstan = parseParty("parties/KZ", "party");

/** So many tiyn. */
export function kzt(amountMinor: bigint): Money {
  return { amountMinor, currency: "KZT" };
}

/** Ten working days in both states, ended by an instant that a test can step over. */
export const answerBy: Deadline = {
  date: Temporal.PlainDate.from("2026-01-20"),
  expireAt: Temporal.Instant.from("2026-01-20T19:00:00Z"),
  answerTime: { workingDays: 10, calendars: ["UZ", "KZ"], graceHours: 24, clause: "clause" },
  calendarVersion: "1",
  estimated: false,
};

/** One operation at 100,000 and ten intensive-care days at 1,000 each: 110,000 tiyn. */
export function someTerms(over: Partial<Terms> = {}): Terms {
  return {
    round: 1,
    serviceItems: [
      { serviceCode: "operation", quantity: 1 },
      { serviceCode: "intensive-care-day", quantity: 10 },
    ],
    tariff: "agreements/uz-kz/tariffs/hearts",
    tariffVersion: 3,
    prices: [
      { serviceCode: "operation", unitPrice: kzt(100_000n) },
      { serviceCode: "intensive-care-day", unitPrice: kzt(1_000n) },
      { serviceCode: "ultrasound", unitPrice: kzt(500n) },
      { serviceCode: "interpreter", unitPrice: kzt(0n) },
    ],
    currency: "KZT",
    payer: uzbekistan,
    creditor: kazakhstan,
    hub: parseHub("hubs/umc-heart", "hub"),
    answerBy,
    firstDate: Temporal.PlainDate.from("2026-02-02"),
    lastDate: Temporal.PlainDate.from("2026-02-20"),
    contestTime: { workingDays: 20, calendars: ["UZ", "KZ"], graceHours: 0, clause: "clause" },
    ...over,
  };
}

/** A promise of 120,000 that tolerates five per cent over the estimate: 115,500 may be charged. */
export function aPromise(over: Partial<GuaranteePayment> = {}): GuaranteePayment {
  return {
    reference: "MOH-1",
    cap: kzt(120_000n),
    validUntil: Temporal.PlainDate.from("2026-06-30"),
    toleranceBasisPoints: 500,
    budgetReference: "2026/7",
    ...over,
  };
}

/** An account whose estimate of 110,000 waits for its payer. */
export function anEstimatedAccount(over: Partial<Terms> = {}): Account {
  return requestEstimate(emptyAccount(accountId), someTerms(over)).state;
}

/** An account whose payer guarantees. */
export function aGuaranteedAccount(
  over: { readonly terms?: Partial<Terms>; readonly promise?: Partial<GuaranteePayment> } = {},
): Account {
  return guaranteePayment(anEstimatedAccount(over.terms), aPromise(over.promise), now).state;
}

/** An account with an invoice of what was planned: line 1 of 100,000 and line 2 of 10,000. */
export function anInvoicedAccount(
  items: readonly ServiceItem[] = someTerms().serviceItems,
  account: Account = aGuaranteedAccount(),
): Account {
  return issueInvoice(account, { items, now }).state;
}

/** Runs rules one after the other, each on what the one before left. */
export function after(
  account: Account,
  ...rules: readonly ((account: Account) => AccountDecision)[]
): Account {
  return rules.reduce((state, rule) => rule(state).state, account);
}
