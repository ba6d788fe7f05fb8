import { OperationalError } from "@carehub/database/operational-error";
import { DomainError } from "@carehub/rules/domain-error";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Billing,
  command,
  creditor,
  guarantee,
  intakeOf,
  invoiced,
  newId,
  openBilling,
  payer,
} from "../billing.builder.ts";
import { kzt } from "../domain/account.builder.ts";
import { parseParty, parseStatementName } from "../domain/names.ts";

const attemptsMax = 20;
const today = Temporal.PlainDate.from("2026-01-05");
let billing: Billing;

beforeAll(async () => {
  billing = await openBilling();
});
afterAll(() => billing.close());

test("gives one of 200 concurrent guarantees the account, and tells the others why not", async () => {
  const id = newId();
  await intakeOf(billing, id).estimate();
  const outcomes = await race(200, (at) => guarantee(billing, id, { reference: `RACE-${at}` }));
  expect(outcomes).toEqual({ done: 1, ESTIMATE_NOT_OPEN: 199 });
  const taken = await billing.db.run(
    "test-1",
    "select from guarantee_reference where account = $1",
    [id],
  );
  expect(taken).toHaveLength(1);
});

test("gives one of 50 accounts a reference that all are guaranteed under at once", async () => {
  const ids = Array.from({ length: 50 }, newId);
  for (const id of ids) await intakeOf(billing, id).estimate();
  const outcomes = await race(50, (at) =>
    guarantee(billing, ids[at] ?? newId(), { reference: "ONE" }),
  );
  expect(outcomes).toEqual({ done: 1, GUARANTEE_REFERENCE_TAKEN: 49 });
});

test("lets each line be accepted or contested once by 50 concurrent payers' clerks", async () => {
  const id = await invoiced(billing);
  const outcomes = await race(50, (at) => {
    const asked = { ...command(payer), id, number: 1, sequences: [1, 2] };
    return at % 2 === 0
      ? billing.accounts.acceptInvoice(asked)
      : billing.accounts.contestInvoiceLines({ ...asked, reason: "PRICE" });
  });
  expect(outcomes).toEqual({ done: 1, LINE_NOT_OPEN: 49 });
  const states = new Set(
    (await billing.queries.getAccount(id, payer)).account.invoice?.lines.map(({ state }) => state),
  );
  expect(states.size).toBe(1);
});

test("does a request that is sent 50 times at once, once", async () => {
  const id = await invoiced(billing);
  const asked = { ...command(payer), id, number: 1, sequences: [] };
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => billing.accounts.acceptInvoice(asked)),
  );
  expect(new Set(replies.map((reply) => Buffer.from(reply).toString())).size).toBe(1);
  const events = await billing.db.run(
    "test-2",
    "select from log.event where aggregate = $1 and type like '%InvoiceAccepted'",
    [`accounts/${id}`],
  );
  expect(events).toHaveLength(1);
});

test("puts each accepted line on one statement, whoever closes how often at once", async () => {
  for (let count = 0; count < 3; count += 1) await accepted();
  const period = {
    debtor: parseParty("parties/UZ", "debtor"),
    currency: "KZT",
  };
  const outcomes = await race(40, async (at) => {
    const { etag: _, ...asked } = command(creditor);
    const periodEnd = today.subtract({ days: at % 2 });
    return billing.statements.closeStatement({ ...asked, ...period, periodEnd });
  });
  expect(outcomes.done).toBe(1);
  const entries = await billing.db.run<{ account: string; sequence: number }>(
    "test-3",
    "select account, sequence from statement_entry",
  );
  expect(new Set(entries.map((entry) => `${entry.account} ${entry.sequence}`)).size).toBe(
    entries.length,
  );
  expect(entries.length).toBeGreaterThanOrEqual(6);
});

test("takes 200 concurrent payments up to the statement's total and not one tiyn more", async () => {
  const { items } = await billing.queries.listStatements({ pageSize: 1, pageToken: "" }, creditor);
  const statement = items[0]?.statement;
  if (statement === undefined) throw new Error("a statement was closed before");
  const part = statement.total.amountMinor / 100n;
  const outcomes = await race(200, (at) =>
    billing.statements.recordPayment({
      ...command(creditor),
      id: statement.id,
      payment: { reference: `PAY-${at}`, amount: kzt(part), valueDate: today },
    }),
  );
  expect(outcomes).toEqual({ done: 100, PAYMENT_ABOVE_STATEMENT: 100 });
  const paid = await billing.queries.getStatement(
    parseStatementName(`statements/${statement.id}`),
    creditor,
  );
  expect(paid.statement.paidMinor).toBe(statement.total.amountMinor);
  const { items: balances } = await billing.queries.listBalances(
    { pageSize: 0, pageToken: "" },
    payer,
  );
  expect(balances.find(({ currency }) => currency === "KZT")?.settledMinor).toBe(
    statement.total.amountMinor,
  );
  const settled = await billing.db.run<{ count: number }>(
    "test-4",
    "select count(*)::integer as count from log.event where type like '%InvoiceSettled'",
  );
  expect(settled[0]?.count).toBe(new Set(statement.entries.map(({ account }) => account)).size);
});

async function accepted(): Promise<void> {
  const id = await invoiced(billing);
  await billing.accounts.acceptInvoice({ ...command(payer), id, number: 1, sequences: [] });
}

/** Comes back, as a client does, when all connections are busy for too long: nothing has happened then. */
async function persist(act: () => Promise<unknown>): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      const isBusy =
        error instanceof OperationalError && error.sqlState === undefined && !error.outcomeUnknown;
      if (!isBusy || attempt === attemptsMax) throw error;
    }
  }
}

type Outcomes = { done?: number; [reason: string]: number | undefined };

/** Starts all at once and counts how they ended: done, or refused for which reason. */
async function race(count: number, act: (at: number) => Promise<unknown>): Promise<Outcomes> {
  const ends = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      persist(() => act(at)).then(
        () => "done",
        (error: unknown) => {
          if (error instanceof DomainError) return error.reason;
          throw error;
        },
      ),
    ),
  );
  const outcomes: Outcomes = {};
  for (const end of ends) outcomes[end] = (outcomes[end] ?? 0) + 1;
  return outcomes;
}
