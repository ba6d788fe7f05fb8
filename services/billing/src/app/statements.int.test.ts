import { createHash } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type Billing,
  caller,
  command,
  creditor,
  hub,
  invoiced,
  openBilling,
  payer,
} from "../billing.builder.ts";
import { kzt } from "../domain/account.builder.ts";
import { parseParty } from "../domain/names.ts";

const debtor = parseParty("parties/UZ", "debtor");
const today = Temporal.PlainDate.from("2026-01-05");
const firstPage = { pageSize: 0, pageToken: "" };
let billing: Billing;

beforeEach(async () => {
  billing = await openBilling();
});
afterEach(() => billing.close());

test("states accepted lines only, with a hash that anybody can compute from the entries", async () => {
  const [whole, part] = [await accepted(), await accepted([1])];
  await close();
  const [stored] = (await billing.queries.listStatements(firstPage, payer)).items;
  const statement = (await billing.queries.getStatement(stored?.statement.id as Uuid, payer))
    .statement;
  const invoices = [whole, part].toSorted().map((id) => `accounts/${id}/invoices/1`);
  const expected = [
    "carehub-statement-1",
    "debtor parties/UZ",
    "creditor parties/KZ",
    "currency KZT",
    "period-end 2026-01-05",
    ...invoices.flatMap((invoice) =>
      invoice.includes(whole)
        ? [`${invoice} 1 100000`, `${invoice} 2 10000`]
        : [`${invoice} 1 100000`],
    ),
  ];
  const hash = createHash("sha256")
    .update(`${expected.join("\n")}\n`)
    .digest("hex");
  expect(statement.entriesHash).toBe(hash);
  expect(statement.total).toEqual(kzt(210_000n));
});

test("lets contested lines wait for a later statement, with what is left of them", async () => {
  const id = await accepted([1]);
  const line = { id, number: 1 };
  await billing.accounts.contestInvoiceLines({
    ...command(payer),
    ...line,
    sequences: [2],
    reason: "QUANTITY",
  });
  await close();
  await billing.accounts.replyToContest({
    ...command(hub),
    ...line,
    sequence: 2,
    credit: kzt(4_000n),
  });
  await expect(close()).rejects.toMatchObject({
    reason: "PERIOD_CLOSED",
    metadata: { closedUntil: "2026-01-05" },
  });
  await moveClock(billing.db, { to: Temporal.Instant.from("2026-01-06T06:00:00Z") });
  await close({ periodEnd: today.add({ days: 1 }) });
  const { items } = await billing.queries.listStatements(firstPage, creditor);
  expect(items.map(({ statement }) => statement.total)).toEqual([kzt(6_000n), kzt(100_000n)]);
  const journals = await billing.db.run(
    "test-1",
    `select credit.occurred_on, credit.booked_on, invoice.reference as reverses from journal as credit
     join journal as invoice on invoice.id = credit.reverses`,
  );
  // It belongs to the 5th, which was closed by then, so it is posted on the first open day.
  expect(journals).toEqual([
    {
      occurred_on: today,
      booked_on: today.add({ days: 1 }),
      reverses: `accounts/${id}/invoices/1`,
    },
  ]);
});

test("refuses to close what lies ahead, what has nothing in it, and what nobody can date", async () => {
  await expect(close({ periodEnd: today.add({ days: 1 }) })).rejects.toThrow("PERIOD_NOT_OVER");
  await expect(close()).rejects.toThrow("NOTHING_TO_STATE");
  await expect(close({ currency: "XXX" })).rejects.toThrow("CURRENCY_UNKNOWN");
  await expect(close({}, caller("ministry", "DE"))).rejects.toThrow("CALENDAR_COUNTRY_UNKNOWN");
});

test("settles each invoice with the payment of its last line, in one commit with the payment", async () => {
  const [first, second] = [await accepted(), await accepted()].toSorted();
  await close();
  const id = await onlyStatement();
  billing.told.length = 0;
  await pay(id, { reference: "PAY-1", amountMinor: 219_999n });
  expect(billing.told.map(({ kind }) => kind)).toEqual(["PaymentRecorded", "InvoiceSettled"]);
  expect(billing.told[1]).toMatchObject({
    invoice: `accounts/${first}/invoices/1`,
    statement: `statements/${id}`,
  });
  await pay(id, { reference: "PAY-2", amountMinor: 1n });
  expect(billing.told.at(-1)).toMatchObject({
    kind: "InvoiceSettled",
    invoice: `accounts/${second}/invoices/1`,
  });
  expect((await billing.queries.getAccount(second as Uuid, payer)).account.invoice?.isSettled).toBe(
    true,
  );
});

test("names the statement under which a payment's reference was used, and pays once for a repeat", async () => {
  await accepted();
  await close();
  const id = await onlyStatement();
  const asked = {
    ...command(creditor),
    id,
    payment: { reference: "PAY-1", amount: kzt(1n), valueDate: today },
  };
  const first = await billing.statements.recordPayment(asked);
  expect(await billing.statements.recordPayment(asked)).toEqual(first);
  await expect(pay(id, { reference: "PAY-1", amountMinor: 1n })).rejects.toMatchObject({
    reason: "PAYMENT_REFERENCE_TAKEN",
    metadata: { name: `statements/${id}` },
  });
  expect((await billing.queries.getStatement(id, payer)).statement.paidMinor).toBe(1n);
});

test("shows a statement to its two parties, and lets only its creditor record a payment", async () => {
  await accepted();
  await close();
  const id = await onlyStatement();
  const stranger = caller("ministry", "KG");
  await expect(billing.queries.getStatement(id, stranger)).rejects.toThrow("STATEMENT_NOT_FOUND");
  expect((await billing.queries.listStatements(firstPage, stranger)).items).toEqual([]);
  expect((await billing.queries.listBalances(firstPage, stranger)).items).toEqual([]);
  for (const who of [payer, stranger]) {
    await expect(pay(id, { reference: "PAY-1", amountMinor: 1n }, who)).rejects.toThrow(
      "STATEMENT_NOT_FOUND",
    );
  }
});

test("lists what is owed by pair and currency, in pages", async () => {
  await accepted();
  await accepted([], { currency: "USD", prices: usd() });
  const page = await billing.queries.listBalances({ pageSize: 1, pageToken: "" }, creditor);
  const rest = await billing.queries.listBalances(
    { pageSize: 1, pageToken: page.nextPageToken },
    creditor,
  );
  expect([...page.items, ...rest.items]).toMatchObject([
    {
      debtor,
      creditor: "parties/KZ",
      currency: "KZT",
      invoicedMinor: 110_000n,
      outstandingMinor: 110_000n,
    },
    {
      debtor,
      creditor: "parties/KZ",
      currency: "USD",
      invoicedMinor: 110_000n,
      outstandingMinor: 110_000n,
    },
  ]);
  expect(rest.nextPageToken).toBe("");
});

async function accepted(
  sequences: number[] = [],
  over: Parameters<typeof invoiced>[1] = {},
): Promise<Uuid> {
  const id = await invoiced(billing, over);
  await billing.accounts.acceptInvoice({ ...command(payer), id, number: 1, sequences });
  return id;
}

function close(
  over: { periodEnd?: Temporal.PlainDate; currency?: string } = {},
  who = creditor,
): Promise<Uint8Array> {
  const { periodEnd = today, currency = "KZT" } = over;
  const { etag: _, ...asked } = command(who);
  return billing.statements.closeStatement({ ...asked, debtor, currency, periodEnd });
}

function pay(
  id: Uuid,
  { reference, amountMinor }: { reference: string; amountMinor: bigint },
  who = creditor,
): Promise<Uint8Array> {
  const payment = { reference, amount: kzt(amountMinor), valueDate: today };
  return billing.statements.recordPayment({ ...command(who), id, payment });
}

async function onlyStatement(): Promise<Uuid> {
  const { items } = await billing.queries.listStatements(firstPage, creditor);
  expect(items).toHaveLength(1);
  return items[0]?.statement.id as Uuid;
}

function usd() {
  const unitPrice = (amountMinor: bigint) => ({ amountMinor, currency: "USD" as const });
  return [
    { serviceCode: "operation", unitPrice: unitPrice(100_000n) },
    { serviceCode: "intensive-care-day", unitPrice: unitPrice(1_000n) },
  ];
}
