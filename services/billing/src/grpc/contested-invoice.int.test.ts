import { fromBinary } from "@bufbuild/protobuf";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import {
  Account_State,
  InvoiceLine_State,
} from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import { ContestReason } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectWhole } from "../billing.builder.ts";
import { someTerms } from "../domain/account.builder.ts";
import { type Api, aPromise, casesOf, kzt, mutation, serveBilling, today } from "./api.builder.ts";

let api: Api;
beforeAll(async () => {
  api = await serveBilling();
});
afterAll(() => api.close());

const payer = () => api.as("ministry/UZ").accounts;
const hub = () => api.as("hub/umc-heart").accounts;
const { CONTESTED, ACCEPTED, PAID } = InvoiceLine_State;

/** An invoice of twelve lines: the planned two, and ten charges of 500 beside the plan. */
async function invoicedWithCharges() {
  const { id, intake } = await casesOf(api).estimated();
  await payer().guaranteePayment(aPromise(id));
  const charges = Array.from({ length: 10 }, (_, at) => ({
    reference: `U-${at}`,
    item: { serviceCode: "ultrasound", quantity: 1 },
    deliveredDate: today,
  }));
  await hub().recordCharges({ ...mutation(), name: `accounts/${id}`, charges });
  await intake.charge([...someTerms().serviceItems]);
  return { id, name: `accounts/${id}/invoices/1` };
}

const eventsOf = async (id: string) => {
  const rows = await api.billing.db.run<{ payload: Uint8Array }>(
    "test-events",
    "select payload from log.event where key = $1 order by revision",
    [id],
  );
  return rows.map(({ payload }) => fromBinary(AccountEventSchema, payload).event);
};

test("one line of many is contested and partly accepted, the others are due as before", async () => {
  const { id, name } = await invoicedWithCharges();
  const { account: contested } = await payer().contestInvoiceLines({
    ...mutation(),
    name,
    lineSequences: [2],
    reason: ContestReason.QUANTITY,
  });
  expect(contested).toMatchObject({
    state: Account_State.PART_CONTESTED,
    invoice: { total: kzt(115_000n), outstanding: kzt(115_000n) },
  });
  const { account: accepted } = await payer().acceptInvoice({ ...mutation(), name });
  // The contested line does not keep the others: they are accepted, and the next statement takes them up.
  expect(accepted?.state).toBe(Account_State.PART_CONTESTED);
  expect(accepted?.invoice?.lines.map(({ state }) => state)).toEqual([
    ACCEPTED,
    CONTESTED,
    ...Array.from({ length: 10 }, () => ACCEPTED),
  ]);
  const { account: answered } = await hub().replyToContest({
    ...mutation(),
    name,
    lineSequence: 2,
    credit: kzt(4_000n),
  });
  expect(answered).toMatchObject({
    state: Account_State.ACCEPTED,
    invoice: { total: kzt(115_000n), outstanding: kzt(111_000n) },
  });
  expect(answered?.invoice?.lines[1]).toMatchObject({ state: ACCEPTED, credited: kzt(4_000n) });
  const creditor = api.as("ministry/KZ").statements;
  const period = { debtor: "parties/UZ", currencyCode: "KZT", periodEndDate: today };
  const { statement } = await creditor.closeStatement({ ...mutation(), ...period });
  expect(statement).toMatchObject({ total: kzt(111_000n) });
  expect(statement?.entries).toHaveLength(12);
  await creditor.recordPayment({
    ...mutation(),
    name: statement?.name ?? "",
    reference: "PAY-1",
    amount: kzt(111_000n),
    valueDate: today,
  });
  const { account: settled } = await payer().getAccount({ name: `accounts/${id}` });
  expect(settled).toMatchObject({
    state: Account_State.SETTLED,
    invoice: { outstanding: kzt(0n) },
  });
  expect(settled?.invoice?.lines.every(({ state }) => state === PAID)).toBe(true);
  expect((await eventsOf(id)).slice(3)).toMatchObject([
    {
      case: "invoiceContested",
      value: { lineSequences: [2], reason: "QUANTITY", contested: kzt(10_000n) },
    },
    { case: "invoiceAccepted", value: { accepted: kzt(105_000n), contested: kzt(10_000n) } },
    { case: "creditNoteIssued", value: { amount: kzt(4_000n), contested: kzt(0n) } },
    { case: "invoiceAccepted", value: { accepted: kzt(111_000n), contested: kzt(0n) } },
    { case: "invoiceSettled", value: { paid: kzt(111_000n), statement: statement?.name } },
  ]);
  await expectWhole(api.billing);
});
