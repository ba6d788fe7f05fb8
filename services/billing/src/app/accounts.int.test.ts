import { moveClock } from "@carehub/database/clock";
import { startSweeper } from "@carehub/database/due";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Billing,
  caller,
  command,
  creditor,
  guarantee,
  hub,
  intakeOf,
  invoiced,
  newId,
  openBilling,
  payer,
} from "../billing.builder.ts";
import { answerBy, aPromise, kzt } from "../domain/account.builder.ts";

let billing: Billing;

beforeAll(async () => {
  billing = await openBilling();
});
afterAll(() => billing.close());

test("leads a course from its estimate to its invoice, and reads it back as it was answered", async () => {
  const id = newId();
  const intake = intakeOf(billing, id);
  await intake.estimate();
  await guarantee(billing, id);
  const charge = {
    reference: "U-1",
    item: { serviceCode: "ultrasound", quantity: 2 },
    deliveredOn: Temporal.PlainDate.from("2026-02-03"),
  };
  await billing.accounts.recordCharges({ ...command(hub), id, charges: [charge] });
  await intake.charge();
  await intake.close();
  const { account, revision, version } = await billing.queries.getAccount(id, payer);
  expect(account).toMatchObject({
    isClosed: true,
    charges: [charge],
    guarantee: { standing: "USED", cap: kzt(120_000n) },
    invoice: { total: kzt(111_000n), lines: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }] },
  });
  // Estimate, guarantee and invoice were told; a charge and the close are writes only.
  expect([revision, version]).toEqual([3, 5]);
});

test("shows an account to its payer, its creditor, its hub and operators, and to nobody else", async () => {
  const id = await invoiced(billing);
  for (const who of [payer, creditor, hub, caller("operator", "desk")]) {
    expect((await billing.queries.getAccount(id, who)).account.id).toBe(id);
  }
  for (const stranger of [caller("ministry", "KG"), caller("hub", "astana-proton")]) {
    await expect(billing.queries.getAccount(id, stranger)).rejects.toThrow("ACCOUNT_NOT_FOUND");
    expect((await billing.queries.listAccounts(firstPage, stranger)).items).toEqual([]);
  }
});

test("changes nothing for who has no such part in an account, and says only that it is not there", async () => {
  const id = await invoiced(billing);
  const { accounts } = billing;
  for (const who of [creditor, caller("ministry", "KG"), caller("hub", "astana-proton")]) {
    const asked = { ...command(who), id };
    const line = { ...asked, number: 1, sequences: [1] };
    const promise = aPromise();
    await expect(accounts.guaranteePayment({ ...asked, promise })).rejects.toThrow(
      "ACCOUNT_NOT_FOUND",
    );
    await expect(accounts.declineEstimate({ ...asked, reason: "OTHER" })).rejects.toThrow(
      "ACCOUNT_NOT_FOUND",
    );
    await expect(accounts.recordCharges({ ...asked, charges: [] })).rejects.toThrow(
      "ACCOUNT_NOT_FOUND",
    );
    await expect(accounts.acceptInvoice(line)).rejects.toThrow("INVOICE_NOT_FOUND");
    await expect(accounts.contestInvoiceLines({ ...line, reason: "PRICE" })).rejects.toThrow(
      "INVOICE_NOT_FOUND",
    );
    await expect(
      accounts.replyToContest({ ...line, sequence: 1, credit: kzt(0n) }),
    ).rejects.toThrow("INVOICE_NOT_FOUND");
  }
  await expect(
    accounts.acceptInvoice({ ...command(payer), id, number: 2, sequences: [] }),
  ).rejects.toThrow("INVOICE_NOT_FOUND");
});

test("keeps a closed case of which nothing else is known, and shows it to nobody", async () => {
  const id = newId();
  await intakeOf(billing, id).close();
  await expect(billing.queries.getAccount(id, caller("operator", "desk"))).rejects.toThrow(
    "ACCOUNT_NOT_FOUND",
  );
  const [row] = await billing.db.run("test-1", "select closed from account where id = $1", [id]);
  expect(row).toEqual({ closed: true });
});

test("takes back what is asked of a case after its close", async () => {
  const id = newId();
  const intake = intakeOf(billing, id);
  await intake.close();
  billing.told.length = 0;
  await intake.estimate();
  expect(billing.told).toEqual([{ kind: "EstimateWithdrawn", round: 1, reason: "CASE_CLOSED" }]);
});

test("names the guarantee whose reference a payer uses again, on any account and for ever", async () => {
  const [first, second] = [newId(), newId()];
  for (const id of [first, second]) await intakeOf(billing, id).estimate();
  await guarantee(billing, first, { reference: "TAKEN" });
  const name = `accounts/${first}/guarantees/TAKEN`;
  for (const id of [first, second]) {
    await expect(guarantee(billing, id, { reference: "TAKEN" })).rejects.toMatchObject({
      reason: "GUARANTEE_REFERENCE_TAKEN",
      metadata: { name },
    });
  }
});

test("answers a repeated request with the first response, and refuses an old etag", async () => {
  const id = await invoiced(billing);
  const asked = { ...command(payer), id, number: 1, sequences: [1] };
  const first = await billing.accounts.acceptInvoice(asked);
  expect(await billing.accounts.acceptInvoice(asked)).toEqual(first);
  await expect(
    billing.accounts.acceptInvoice({
      ...command(payer, { etag: 'W/"3"' }),
      id,
      number: 1,
      sequences: [2],
    }),
  ).rejects.toMatchObject({ reason: "ETAG_MISMATCH", metadata: { etag: 'W/"4"' } });
  await billing.accounts.acceptInvoice({
    ...command(payer, { etag: 'W/"4"' }),
    id,
    number: 1,
    sequences: [2],
  });
});

test("lists accounts by pages, the newest first, with tokens that fit one query only", async () => {
  const kyrgyzstan = caller("ministry", "KG");
  const made: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    const id = newId();
    await intakeOf(billing, id).estimate({ payer: "parties/KG" as never });
    made.unshift(id);
  }
  const seen: string[] = [];
  let pageToken = "";
  do {
    const page = await billing.queries.listAccounts({ pageSize: 2, pageToken }, kyrgyzstan);
    seen.push(...page.items.map(({ account }) => account.id));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
    await expect(billing.queries.listAccounts({ pageSize: 2, pageToken }, payer)).rejects.toThrow(
      "PAGE_TOKEN_INVALID",
    );
  } while (seen.length < 10);
  expect(new Set(seen)).toEqual(new Set(made));
  expect(seen).toHaveLength(5);
  await expect(
    billing.queries.listAccounts({ pageSize: 2, pageToken: "nonsense" }, kyrgyzstan),
  ).rejects.toThrow("PAGE_TOKEN_INVALID");
});

// The clock moves from here on.
test("takes a guarantee until the answer-by time on the database's clock, and none from it on", async () => {
  const [early, late] = [newId(), newId()];
  for (const id of [early, late]) await intakeOf(billing, id).estimate();
  await moveClock(billing.db, { to: answerBy.expireAt.subtract({ seconds: 30 }) });
  await guarantee(billing, early);
  await moveClock(billing.db, { to: answerBy.expireAt });
  await expect(guarantee(billing, late)).rejects.toThrow("ANSWER_TOO_LATE");
});

test("accepts what nobody contested when the contest-by time comes, once", async () => {
  const id = await invoiced(billing, {
    answerBy: { ...answerBy, expireAt: answerBy.expireAt.add({ hours: 24 }) },
  });
  const { account } = await billing.queries.getAccount(id, payer);
  const contestBy = account.invoice?.contestBy.expireAt ?? answerBy.expireAt;
  await moveClock(billing.db, { to: contestBy });
  const sweeper = startSweeper(billing.db, { raise: billing.requests.raise, intervalMs: 20 });
  const lines = await until(
    async () => {
      const found = (await billing.queries.getAccount(id, payer)).account.invoice?.lines;
      return found?.every(({ state }) => state === "ACCEPTED") && found;
    },
    { what: "the lines to be accepted" },
  );
  await sweeper.close();
  expect(lines).toHaveLength(2);
  const left = await billing.db.run("test-2", "select from log.due where aggregate = $1", [
    `accounts/${id}`,
  ]);
  expect(left).toEqual([]);
});

const firstPage = { pageSize: 0, pageToken: "" };
