import {
  ContestReason,
  DeclineReason,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { moveClock } from "@carehub/database/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { privatePayer } from "../domain/names.ts";
import { type BillingReason, billingReasons } from "../domain/reasons.ts";
import {
  type Api,
  aPromise,
  casesOf,
  kzt,
  mutation,
  refusalOf,
  serveBilling,
  today,
} from "./api.builder.ts";

let api: Api;
beforeAll(async () => {
  api = await serveBilling();
});
afterAll(() => api.close());

const payer = () => api.as("ministry/UZ").accounts;
const hub = () => api.as("hub/umc-heart").accounts;
const creditor = () => api.as("ministry/KZ").statements;
const cases = () => casesOf(api);
const nobody = "019b0000-0000-7000-8000-00000000ffff";

const charge = (reference: string, serviceCode = "ultrasound", quantity = 1) => ({
  reference,
  item: { serviceCode, quantity },
  deliveredDate: today,
});
const record = async (...charges: ReturnType<typeof charge>[]) => {
  const { id } = await cases().guaranteed();
  return hub().recordCharges({ ...mutation(), name: `accounts/${id}`, charges });
};
const promise = async (over: object) => {
  const { id } = await cases().estimated();
  return payer().guaranteePayment({ ...aPromise(id), ...over });
};
const contest = async (over: object = {}) => {
  const { name } = await cases().invoiced();
  const reason = ContestReason.PRICE;
  const asked = { ...mutation(), name, lineSequences: [2], reason, ...over };
  await payer().contestInvoiceLines(asked);
  return name;
};
const reply = async (name: string, over: object = {}) =>
  hub().replyToContest({ ...mutation(), name, lineSequence: 2, credit: kzt(1n), ...over });
const close = (over: object = {}, who = creditor()) => {
  const period = { debtor: "parties/UZ", currencyCode: "KZT", periodEndDate: today };
  return who.closeStatement({ ...mutation(), ...period, ...over });
};
let statement: Promise<string> | undefined;
// A period is closed once a day, so that all cases share one statement.
const stated = () => {
  statement ??= cases()
    .stated()
    .then((made) => made.statement);
  return statement;
};
const pay = async (over: object = {}) => {
  const name = await stated();
  const asked = () => ({
    ...mutation(),
    name,
    reference: "PAY-1",
    amount: kzt(1n),
    valueDate: today,
    ...over,
  });
  await creditor().recordPayment(asked());
  return creditor().recordPayment(asked());
};

/** How each reason comes about over the wire. */
const calls: Partial<Record<BillingReason, () => Promise<unknown>>> = {
  // Before any line is accepted.
  NOTHING_TO_STATE: () => close(),
  ACCOUNT_NOT_FOUND: () => payer().getAccount({ name: `accounts/${nobody}` }),
  INVOICE_NOT_FOUND: () =>
    payer().acceptInvoice({ ...mutation(), name: `accounts/${nobody}/invoices/1` }),
  STATEMENT_NOT_FOUND: () => creditor().getStatement({ name: `statements/${nobody}` }),
  PAYER_IS_PRIVATE: async () => {
    const { id } = await cases().estimated({ payer: privatePayer });
    return payer().guaranteePayment(aPromise(id));
  },
  PAYER_IS_PARTY: async () => {
    const { name } = await cases().invoiced();
    return hub().acceptInvoice({ ...mutation(), name });
  },
  ESTIMATE_NOT_OPEN: async () => {
    const { id } = await cases().guaranteed();
    const reason = DeclineReason.OTHER;
    return payer().declineEstimate({ ...mutation(), name: `accounts/${id}`, reason });
  },
  GUARANTEE_BELOW_ESTIMATE: () => promise({ cap: kzt(109_999n) }),
  GUARANTEE_ENDS_TOO_EARLY: () => promise({ validUntilDate: { year: 2026, month: 2, day: 19 } }),
  GUARANTEE_REFERENCE_TAKEN: async () => {
    await promise({ reference: "TAKEN" });
    return promise({ reference: "TAKEN" });
  },
  GUARANTEE_EXCEEDED: () => record(charge("U-1", "ultrasound", 12)),
  CHARGES_CLOSED: async () => {
    const { id } = await cases().estimated();
    const charges = [charge("U-1")];
    return hub().recordCharges({ ...mutation(), name: `accounts/${id}`, charges });
  },
  CHARGE_REFERENCE_TAKEN: () => record(charge("U-1"), charge("U-1")),
  SERVICE_NOT_IN_TARIFF: () => record(charge("U-1", "transplant")),
  AMOUNT_TOO_LARGE: async () => {
    const prices = [
      {
        serviceCode: "operation",
        unitPrice: { amountMinor: 10n ** 14n, currency: "KZT" as const },
      },
    ];
    const { id } = await cases().estimated({
      prices,
      serviceItems: [{ serviceCode: "operation", quantity: 1 }],
    });
    await payer().guaranteePayment({ ...aPromise(id), cap: kzt(10n ** 15n) });
    const charges = [charge("X-1", "operation", 11)];
    return hub().recordCharges({ ...mutation(), name: `accounts/${id}`, charges });
  },
  LINE_UNKNOWN: () => contest({ lineSequences: [9] }),
  LINE_NOT_OPEN: async () => {
    const name = await contest();
    return payer().acceptInvoice({ ...mutation(), name, lineSequences: [2] });
  },
  LINE_NOT_CONTESTED: async () => reply((await cases().invoiced()).name),
  CREDIT_ABOVE_LINE: async () => reply(await contest(), { credit: kzt(10_001n) }),
  PERIOD_NOT_OVER: () => close({ periodEndDate: { year: 2026, month: 1, day: 6 } }),
  PERIOD_CLOSED: async () => {
    await stated();
    return close();
  },
  PAYMENT_REFERENCE_TAKEN: () => pay(),
  PAYMENT_ABOVE_STATEMENT: () => pay({ reference: "PAY-2", amount: kzt(110_001n) }),
  CURRENCY_MISMATCH: () => promise({ cap: { amountMinor: 10n ** 9n, currencyCode: "UZS" } }),
  CURRENCY_UNKNOWN: () => close({ currencyCode: "XXX" }),
  CALENDAR_COUNTRY_UNKNOWN: () => close({}, api.as("ministry/DE").statements),
  INVALID_FIELD: () => promise({ validUntilDate: { year: 2026, month: 2, day: 30 } }),
  PAGE_TOKEN_INVALID: () => payer().listAccounts({ pageToken: "nonsense" }),
  ETAG_MISMATCH: () => promise({ etag: 'W/"9"' }),
  // The clock moves last, past the contest-by time and with it past every answer-by time.
  CONTEST_TOO_LATE: async () => {
    const { name, id } = await cases().invoiced();
    const { account } = await payer().getAccount({ name: `accounts/${id}` });
    const contestBy = Number(account?.invoice?.contestBy?.expireTime?.seconds);
    await moveClock(api.billing.db, {
      to: Temporal.Instant.fromEpochMilliseconds(contestBy * 1_000),
    });
    const reason = ContestReason.PRICE;
    return payer().contestInvoiceLines({ ...mutation(), name, lineSequences: [1], reason });
  },
  ANSWER_TOO_LATE: async () => {
    const { id } = await cases().estimated();
    return payer().guaranteePayment(aPromise(id));
  },
};

/** Reasons that only intake's requests come upon; src/events/consumed.int.test.ts has them. */
const ofMessages = ["PAYERS_NOT_SINGLE", "PAYER_IS_CREDITOR", "CHARGES_WITHOUT_ESTIMATE"];

test.each(Object.entries(calls))("refuses with %s under its code", async (reason, call) => {
  const refusal = await refusalOf(call());
  expect(refusal).toMatchObject({ reason, domain: "billing.carehub" });
  expect(refusal.code).toBe(billingReasons[reason as BillingReason]);
});

test("has a case for every reason of the table", () => {
  expect([...Object.keys(calls), ...ofMessages].toSorted()).toEqual(
    Object.keys(billingReasons).toSorted(),
  );
});
