import {
  Account_State,
  InvoiceLine_State,
} from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import {
  ContestReason,
  DeclineReason,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { parseUuid } from "@carehub/rules/ids";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectWhole, intakeOf, newId } from "../billing.builder.ts";
import { privatePayer } from "../domain/names.ts";
import {
  type Api,
  aPromise,
  casesOf,
  kzt,
  mutation,
  refusalOf,
  serveBilling,
} from "./api.builder.ts";

let api: Api;
beforeAll(async () => {
  api = await serveBilling();
});
afterAll(() => api.close());

const hub = () => api.as("hub/umc-heart").accounts;
const sender = () => api.as("ministry/KG").accounts;

/** A case of Kyrgyzstan's ministry whose patient pays. */
async function estimated(round = 1) {
  const id = newId();
  const intake = intakeOf(api.billing, id);
  await intake.estimate({ payer: privatePayer, round }, "parties/KG");
  return { id, intake, name: `accounts/${id}`, invoice: `accounts/${id}/invoices/1` };
}

async function invoiced() {
  const made = await estimated();
  await hub().guaranteePayment(aPromise(made.id));
  await made.intake.charge();
  return made;
}

const kindsOf = async (id: string) => {
  const rows = await api.billing.db.run<{ type: string }>(
    "test-types",
    "select type from log.event where key = $1 order by revision",
    [id],
  );
  return rows.map(({ type }) => type.replace("carehub.billing.v1.", ""));
};

const balancesOf = async () =>
  Object.fromEntries(
    (
      await api.billing.db.run<{ side: string; balance: bigint }>(
        "test-balances",
        `select owner || ' ' || kind as side, balance_minor as balance from ledger_account
         where debtor = 'parties/private' and owner = 'parties/KZ'`,
      )
    ).map(({ side, balance }) => [side.replace("parties/KZ ", ""), balance]),
  );

test("the hub takes a deposit, and what the patient accepts is paid from it without a statement", async () => {
  const { id, intake, name, invoice } = await estimated();
  const { account: guaranteed } = await hub().guaranteePayment(aPromise(id, "RECEIPT-1"));
  expect(guaranteed).toMatchObject({
    state: Account_State.GUARANTEED,
    payer: "parties/private",
    deposit: { received: kzt(120_000n), applied: kzt(0n), refundable: kzt(0n) },
  });
  expect(await balancesOf()).toMatchObject({ CASH: 120_000n, DEPOSITS: -120_000n });
  await intake.charge();
  const { account: contested } = await hub().contestInvoiceLines({
    ...mutation(),
    name: invoice,
    lineSequences: [2],
    reason: ContestReason.QUANTITY,
  });
  expect(contested?.state).toBe(Account_State.PART_CONTESTED);
  const { account: part } = await hub().acceptInvoice({ ...mutation(), name: invoice });
  expect(part).toMatchObject({
    state: Account_State.PART_CONTESTED,
    deposit: { applied: kzt(100_000n), refundable: kzt(10_000n) },
    invoice: { outstanding: kzt(10_000n) },
  });
  expect(part?.invoice?.lines[0]?.state).toBe(InvoiceLine_State.PAID);
  const { account: settled } = await hub().replyToContest({
    ...mutation(),
    name: invoice,
    lineSequence: 2,
    credit: kzt(3_000n),
  });
  expect(settled).toMatchObject({
    state: Account_State.SETTLED,
    deposit: { received: kzt(120_000n), applied: kzt(107_000n), refundable: kzt(13_000n) },
    invoice: { outstanding: kzt(0n) },
  });
  expect((await sender().getAccount({ name })).account).toEqual(settled);
  expect(await kindsOf(id)).toEqual([
    ...["EstimateIssued", "PaymentGuaranteed", "InvoiceIssued", "InvoiceContested"],
    ...["InvoiceAccepted", "CreditNoteIssued", "InvoiceAccepted", "InvoiceSettled"],
  ]);
  expect(await balancesOf()).toEqual({
    CASH: 120_000n,
    DEPOSITS: 0n,
    REFUNDABLE: -13_000n,
    RECEIVABLE: 0n,
    CHARGES: -110_000n,
    CREDIT_NOTES: 3_000n,
  });
  await expectWhole(api.billing);
  const { balances } = await api.as("ministry/KZ").statements.listBalances({});
  // What patients owe is in the ledger, and nothing that states settle by statement.
  expect(balances).toEqual([]);
});

test("no statement ever takes up what a patient owes", async () => {
  const { id, intake, invoice } = await estimated();
  await hub().guaranteePayment(aPromise(id));
  await intake.charge([
    { serviceCode: "operation", quantity: 1 },
    { serviceCode: "intensive-care-day", quantity: 40 },
  ]);
  const { account: owing } = await hub().acceptInvoice({ ...mutation(), name: invoice });
  expect(owing).toMatchObject({
    state: Account_State.ACCEPTED,
    invoice: { outstanding: kzt(20_000n) },
  });
  const closing = api.as("ministry/KZ").statements.closeStatement({
    ...mutation(),
    debtor: "parties/private",
    currencyCode: "KZT",
    periodEndDate: { year: 2026, month: 1, day: 5 },
  });
  expect((await refusalOf(closing)).code).toBe("INVALID_ARGUMENT");
  const further = { ...aPromise(id, "FURTHER"), cap: kzt(20_000n) };
  const { account } = await hub().guaranteePayment(further);
  expect(account).toMatchObject({
    state: Account_State.SETTLED,
    deposit: { received: kzt(140_000n), applied: kzt(140_000n), refundable: kzt(0n) },
  });
  await expectWhole(api.billing);
});

test("the ministry that sent reads what its patient pays, and decides nothing of it", async () => {
  const { id, name, invoice } = await invoiced();
  const { accounts } = await sender().listAccounts({});
  expect(accounts.map((account) => account.name)).toContain(name);
  const reason = DeclineReason.OTHER;
  const contest = { lineSequences: [1], reason: ContestReason.PRICE };
  const decisions = [
    sender().guaranteePayment(aPromise(id)),
    sender().declineEstimate({ ...mutation(), name, reason }),
    sender().acceptInvoice({ ...mutation(), name: invoice }),
    sender().contestInvoiceLines({ ...mutation(), name: invoice, ...contest }),
  ];
  for (const refused of await Promise.all(decisions.map(refusalOf))) {
    expect(refused).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "PAYER_IS_PRIVATE",
      metadata: { payer: "parties/private" },
    });
  }
  for (const stranger of [api.as("ministry/UZ").accounts, api.as("hub/astana-proton").accounts]) {
    expect((await refusalOf(stranger.getAccount({ name }))).code).toBe("NOT_FOUND");
    const accepted = stranger.acceptInvoice({ ...mutation(), name: invoice });
    expect((await refusalOf(accepted)).code).toBe("NOT_FOUND");
  }
});

test("a hub decides nothing where a ministry pays, and a ministry that only sent does not see it", async () => {
  const id = newId();
  const intake = intakeOf(api.billing, id);
  await intake.estimate({}, "parties/KG");
  const name = `accounts/${id}`;
  expect((await refusalOf(sender().getAccount({ name }))).code).toBe("NOT_FOUND");
  const reason = DeclineReason.OTHER;
  const declined = await refusalOf(hub().declineEstimate({ ...mutation(), name, reason }));
  expect(declined).toMatchObject({ reason: "PAYER_IS_PARTY", metadata: { payer: "parties/UZ" } });
});

test("the references of receipts are the hub's own", async () => {
  const [one, other] = [await estimated(), await estimated()];
  await hub().guaranteePayment(aPromise(one.id, "R-7"));
  expect(await refusalOf(hub().guaranteePayment(aPromise(other.id, "R-7")))).toMatchObject({
    reason: "GUARANTEE_REFERENCE_TAKEN",
    metadata: { name: `${one.name}/guarantees/R-7` },
  });
  // A ministry's references are another book.
  const { id } = await casesOf(api).estimated();
  await api.as("ministry/UZ").accounts.guaranteePayment(aPromise(id, "R-7"));
});

test("the hub declines for the patient, and a place that comes later is paid for anew", async () => {
  const declined = await estimated();
  const reason = DeclineReason.OTHER;
  const { account } = await hub().declineEstimate({ ...mutation(), name: declined.name, reason });
  expect(account?.state).toBe(Account_State.CLOSED);
  const { id, intake } = await estimated();
  await hub().guaranteePayment(aPromise(id, "FIRST"));
  await intake.stop(1, "WAITLISTED");
  await intake.estimate({ payer: privatePayer });
  expect(await refusalOf(hub().guaranteePayment(aPromise(id, "FIRST")))).toMatchObject({
    reason: "GUARANTEE_REFERENCE_TAKEN",
  });
  const { account: again } = await hub().guaranteePayment(aPromise(id, "SECOND"));
  expect(again).toMatchObject({
    state: Account_State.GUARANTEED,
    deposit: { received: kzt(240_000n), refundable: kzt(120_000n) },
  });
  await expectWhole(api.billing);
});

test("the database refuses a deposit that is spent twice", async () => {
  const { id } = await invoiced();
  const spent = api.billing.db.run(
    "test-overspend",
    `update account set facts = jsonb_set(facts, '{deposit,appliedMinor}', '"120001"') where id = $1`,
    [parseUuid(id, "id")],
  );
  await expect(spent).rejects.toMatchObject({ sqlState: "23514" });
});
