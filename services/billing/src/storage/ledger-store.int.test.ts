import { OperationalError } from "@carehub/database/operational-error";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Billing, expectWhole, openBilling } from "../billing.builder.ts";
import { kazakhstan, kzt, uzbekistan } from "../domain/account.builder.ts";
import { type Journal, type Leg, type Pair, paymentJournal } from "../domain/ledger.ts";
import { parseParty } from "../domain/names.ts";
import { readFigures } from "./figures.ts";
import { lockPair, postJournal } from "./ledger-store.ts";

const pair: Pair = { debtor: uzbekistan, creditor: kazakhstan, currency: "KZT" };
const today = Temporal.PlainDate.from("2026-01-05");
let billing: Billing;

beforeAll(async () => {
  billing = await openBilling();
});
afterAll(() => billing.close());

test("keeps every journal at zero and every balance the sum of its legs, as a model has them", async () => {
  const pairs: Pair[] = (["KZT", "UZS"] as const).flatMap((currency) => [
    { debtor: uzbekistan, creditor: kazakhstan, currency },
    { debtor: parseParty("parties/KG", "debtor"), creditor: kazakhstan, currency },
  ]);
  const step = fc.record({
    at: fc.nat({ max: pairs.length - 1 }),
    kind: fc.constantFrom("INVOICE" as const, "CREDIT_NOTE" as const, "PAYMENT" as const),
    amountMinor: fc.bigInt({ min: 1n, max: 10n ** 12n }),
  });
  const [steps = []] = fc.sample(fc.array(step, { minLength: 150, maxLength: 150 }), {
    seed: 3,
    numRuns: 1,
  });
  const model = pairs.map(() => ({ invoiced: 0n, outstanding: 0n, last: "" }));
  for (const [count, { at, kind, amountMinor }] of steps.entries()) {
    const [book, kept] = [pairs[at], model[at]];
    if (book === undefined || kept === undefined) continue;
    const isInvoice = kind === "INVOICE" || kept.last === "";
    const amount = isInvoice || amountMinor < kept.outstanding ? amountMinor : kept.outstanding;
    if (amount === 0n) continue;
    const reference = `document ${count}`;
    await post(
      journalOf(isInvoice ? "INVOICE" : kind, { book, reference, amount, reverses: kept.last }),
    );
    if (isInvoice) kept.last = reference;
    kept.invoiced += isInvoice ? amount : 0n;
    kept.outstanding += isInvoice ? amount : -amount;
  }
  await expectWhole(billing);
  const { items } = await billing.queries.listBalances(
    { pageSize: 0, pageToken: "" },
    { role: "operator", id: "desk", name: "operator/desk" },
  );
  for (const [at, { invoiced, outstanding }] of model.entries()) {
    const found = items.find(
      (item) => item.debtor === pairs[at]?.debtor && item.currency === pairs[at]?.currency,
    );
    expect([found?.invoicedMinor ?? 0n, found?.outstandingMinor ?? 0n]).toEqual([
      invoiced,
      outstanding,
    ]);
    expect(found && found.invoicedMinor - found.creditedMinor - found.settledMinor).toBe(
      outstanding,
    );
  }
  const sums = Map.groupBy(model.entries(), ([at]) => pairs[at]?.currency);
  for (const { currency, outstandingMinor } of (await readFigures(billing.db)).outstanding) {
    const expected = sums
      .get(currency as "KZT")
      ?.reduce((sum, [, kept]) => sum + kept.outstanding, 0n);
    expect(outstandingMinor).toBe(expected);
  }
});

test("posts a document once", async () => {
  const journal = journalOf("INVOICE", { book: pair, reference: "once", amount: 5n, reverses: "" });
  await post(journal);
  await expect(post(journal)).rejects.toMatchObject({ sqlState: "23505" });
});

test.each([
  ["one leg is missing", (legs: readonly Leg[]) => legs.slice(0, 3)],
  [
    "a leg is a tiyn off",
    ([first, ...rest]: readonly Leg[]) => [{ ...first, amountMinor: 6n } as Leg, ...rest],
  ],
  ["there is no leg", () => []],
])("refuses at the commit a journal of which %s", async (_, change) => {
  const journal = journalOf("INVOICE", {
    book: pair,
    reference: "crooked",
    amount: 5n,
    reverses: "",
  });
  await expect(post({ ...journal, legs: change(journal.legs) })).rejects.toMatchObject({
    sqlState: "23514",
  });
  await expectWhole(billing);
});

test("refuses what would owe less than nothing", async () => {
  const journal = paymentJournal(pair, "too much", kzt(10n ** 18n));
  await expect(post(journal)).rejects.toMatchObject({ constraint: "ledger_account_has_its_side" });
});

test.each([
  "update journal set kind = 'PAYMENT'",
  "delete from leg",
  "truncate journal cascade",
  "update ledger_account set balance_minor = 0",
  "delete from ledger_account",
  `insert into leg select journal.id, 9, ledger_account.id, ledger_account.currency, 1
     from journal join ledger_account using (debtor, creditor, currency) limit 1`,
])("refuses to rewrite what was posted: %s", async (sql) => {
  await expect(billing.db.run(`rewrite ${sql.length}`, sql)).rejects.toBeInstanceOf(
    OperationalError,
  );
  await expectWhole(billing);
});

test("refuses a journal in a closed period, and to open the period again", async () => {
  const book = { ...pair, debtor: parseParty("parties/TJ", "debtor") };
  await billing.db.transaction("close", async (tx) => {
    await lockPair(tx, book);
    await tx.run(
      "test-close",
      "update pair set closed_until = '2026-01-31' where debtor = 'parties/TJ'",
    );
  });
  const posted = journalOf("INVOICE", { book, reference: "late", amount: 5n, reverses: "" });
  await post(posted);
  const [row] = await billing.db.run(
    "test-late",
    "select occurred_on, booked_on from journal where reference = 'late'",
  );
  expect(row).toEqual({ occurred_on: today, booked_on: Temporal.PlainDate.from("2026-02-01") });
  const sql = `insert into journal (kind, reference, debtor, creditor, currency, occurred_on, booked_on)
    values ('INVOICE', 'forced', 'parties/TJ', 'parties/KZ', 'KZT', '2026-01-31', '2026-01-31')`;
  await expect(billing.db.run("test-forced", sql)).rejects.toMatchObject({ sqlState: "23514" });
  await expect(
    billing.db.run(
      "test-reopen",
      "update pair set closed_until = '2026-01-30' where debtor = 'parties/TJ'",
    ),
  ).rejects.toMatchObject({ sqlState: "23001" });
});

function post(journal: Journal): Promise<void> {
  return billing.db.transaction("post", (tx) => postJournal(tx, journal, today));
}

function journalOf(
  kind: "INVOICE" | "CREDIT_NOTE" | "PAYMENT",
  document: { book: Pair; reference: string; amount: bigint; reverses: string },
): Journal {
  const { book, reference, amount, reverses } = document;
  const { debtor, creditor } = book;
  const legs = {
    INVOICE: ["RECEIVABLE", "CHARGES", "CHARGES", "PAYABLE"],
    CREDIT_NOTE: ["CREDIT_NOTES", "RECEIVABLE", "PAYABLE", "CREDIT_NOTES"],
    PAYMENT: ["CASH", "RECEIVABLE", "PAYABLE", "CASH"],
  } as const;
  return {
    kind,
    reference,
    ...(kind === "CREDIT_NOTE" ? { reverses } : {}),
    pair: book,
    legs: legs[kind].map((of, at) => ({
      owner: at < 2 ? creditor : debtor,
      kind: of,
      amountMinor: at % 2 === 0 ? amount : -amount,
    })),
  };
}
