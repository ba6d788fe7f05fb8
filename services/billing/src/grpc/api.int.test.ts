import {
  Account_State,
  InvoiceLine_State,
} from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import { ContestReason } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { Statement_State } from "@carehub/contracts/gen/carehub/billing/v1/statement_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test("leads an account by its payer, hub and creditor from the estimate to the last payment", async () => {
  const payer = api.as("ministry/UZ").accounts;
  const hub = api.as("hub/umc-heart").accounts;
  const creditor = api.as("ministry/KZ").statements;
  const { id, intake } = await casesOf(api).estimated();
  const account = `accounts/${id}`;
  const { account: guaranteed } = await payer.guaranteePayment(aPromise(id));
  expect(guaranteed).toMatchObject({
    state: Account_State.GUARANTEED,
    payer: "parties/UZ",
    estimate: { name: `${account}/estimates/1`, total: kzt(110_000n) },
    guarantee: { name: `${account}/guarantees/MOH-${id}`, released: false },
  });
  const charge = {
    reference: "U-1",
    item: { serviceCode: "ultrasound", quantity: 2 },
    deliveredDate: today,
  };
  await hub.recordCharges({
    ...mutation(),
    name: account,
    charges: [charge],
    etag: guaranteed?.etag ?? "",
  });
  await intake.charge();
  const name = `${account}/invoices/1`;
  await payer.contestInvoiceLines({
    ...mutation(),
    name,
    lineSequences: [2],
    reason: ContestReason.QUANTITY,
  });
  await payer.acceptInvoice({ ...mutation(), name });
  const { account: answered } = await hub.replyToContest({
    ...mutation(),
    name,
    lineSequence: 2,
    credit: kzt(3_000n),
  });
  expect(answered).toMatchObject({
    state: Account_State.ACCEPTED,
    charges: [{ reference: "U-1" }],
    invoice: { total: kzt(111_000n), outstanding: kzt(108_000n) },
  });
  expect(answered?.invoice?.lines[1]).toMatchObject({
    priced: {
      sequence: 2,
      serviceCode: "intensive-care-day",
      quantity: 10,
      unitPrice: kzt(1_000n),
    },
    state: InvoiceLine_State.ACCEPTED,
    contestReason: "QUANTITY",
    credited: kzt(3_000n),
  });
  expect((await payer.getAccount({ name: account })).account).toEqual(answered);
  const period = { debtor: "parties/UZ", currencyCode: "KZT", periodEndDate: today };
  const { statement } = await creditor.closeStatement({ ...mutation(), ...period });
  const payment = { name: statement?.name ?? "", amount: kzt(108_000n), valueDate: today };
  const paid = await creditor.recordPayment({ ...mutation(), ...payment, reference: "PAY-1" });
  expect(paid.statement).toMatchObject({ state: Statement_State.PAID, paid: kzt(108_000n) });
  expect((await creditor.getStatement({ name: payment.name })).statement).toEqual(paid.statement);
  const settled = await payer.getAccount({ name: account });
  expect(settled.account).toMatchObject({
    state: Account_State.SETTLED,
    invoice: { outstanding: kzt(0n) },
  });
  expect((await creditor.listBalances({})).balances).toMatchObject([
    {
      debtor: "parties/UZ",
      creditor: "parties/KZ",
      invoiced: kzt(111_000n),
      credited: kzt(3_000n),
      settled: kzt(108_000n),
      outstanding: kzt(0n),
    },
  ]);
});

test("answers a repeated request with its first reply, and refuses the id for another body", async () => {
  const payer = api.as("ministry/UZ").accounts;
  const { id } = await casesOf(api).estimated();
  const request = aPromise(id);
  const first = await payer.guaranteePayment(request);
  expect(await payer.guaranteePayment(request)).toEqual(first);
  const changed = payer.guaranteePayment({ ...request, budgetReference: "2026/8" });
  expect(await refusalOf(changed)).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "REQUEST_ID_REUSED",
  });
  // The same id of another caller is another request, and shows nothing of this one.
  const strangers = api.as("ministry/KG").accounts.guaranteePayment(request);
  expect((await refusalOf(strangers)).reason).toBe("ACCOUNT_NOT_FOUND");
});

test("refuses what breaks a rule of the proto, naming the field", async () => {
  const { accounts } = api.as("ministry/UZ");
  const refusal = await refusalOf(accounts.listAccounts({ pageSize: -1 }));
  expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "page_size" }] });
  const unsigned = accounts.acceptInvoice({ requestId: "no", name: "accounts/x/invoices/1" });
  expect((await refusalOf(unsigned)).violations.map(({ field }) => field).toSorted()).toEqual([
    "actor",
    "name",
    "request_id",
  ]);
});
