import { moveClock } from "@carehub/database/clock";
import { openDatabase } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Billing,
  command,
  creditor,
  expectWhole,
  guarantee,
  intakeOf,
  invoiced,
  newId,
  openBilling,
  payer,
  start,
} from "../billing.builder.ts";
import { kzt } from "../domain/account.builder.ts";
import { parseParty, parseStatementName } from "../domain/names.ts";

const answeredWithinMs = 5_000;
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
  await expectWhole(billing);
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
  await expectWhole(billing);
});

test("takes 200 concurrent payments up to the statement's total and not one tiyn more", async () => {
  const { items } = await billing.queries.listStatements({ pageSize: 1, pageToken: "" }, creditor);
  const statement = items[0]?.statement;
  if (statement === undefined) throw new Error("a statement was closed before");
  const part = statement.total.amountMinor / 100n;
  const outcomes = await race(200, (at) => pay(statement.id, `PAY-${at}`, part));
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
  await expectWhole(billing);
});

test("takes one of 200 concurrent payments of a statement's last amount", async () => {
  await accepted();
  await moveClock(billing.db, { to: start.add({ hours: 24 }) });
  const debtor = parseParty("parties/UZ", "debtor");
  const period = { debtor, currency: "KZT", periodEnd: today.add({ days: 1 }) };
  await billing.statements.closeStatement({ ...command(creditor), ...period });
  const { items } = await billing.queries.listStatements({ pageSize: 1, pageToken: "" }, creditor);
  const statement = items[0]?.statement;
  if (statement === undefined) throw new Error("a statement was closed just now");
  const last = 1n;
  await pay(statement.id, "FIRST", statement.total.amountMinor - last);
  const outcomes = await race(200, (at) => pay(statement.id, `LAST-${at}`, last));
  expect(outcomes).toEqual({ done: 1, PAYMENT_ABOVE_STATEMENT: 199 });
  const name = parseStatementName(`statements/${statement.id}`);
  const paid = await billing.queries.getStatement(name, creditor);
  expect(paid.statement.paidMinor).toBe(statement.total.amountMinor);
  await expectWhole(billing);
});

// Last, since it ends the connections: each hands its counts in when it goes.
test("ran into no deadlock in any of these races", async () => {
  await billing.disconnect();
  const observer = openDatabase({ url: billing.url, applicationName: "billing-observer" });
  try {
    const count = async (what: string, sql: string) =>
      Number((await observer.run<{ count: bigint }>(what, sql))[0]?.count);
    await until(async () => (await count("test-open", openSql)) === 0, {
      what: "the races' connections to end",
    });
    expect(await count("test-commits", commitsSql)).toBeGreaterThan(0);
    expect(await count("test-deadlocks", deadlocksSql)).toBe(0);
  } finally {
    await observer.close();
  }
});

const openSql = `select count(*) as count from pg_stat_activity
  where datname = current_database() and application_name = 'billing-test'`;
const commitsSql =
  "select xact_commit as count from pg_stat_database where datname = current_database()";
const deadlocksSql =
  "select deadlocks as count from pg_stat_database where datname = current_database()";

function pay(id: Uuid, reference: string, amountMinor: bigint): Promise<Uint8Array> {
  const payment = { reference, amount: kzt(amountMinor), valueDate: today };
  return billing.statements.recordPayment({ ...command(creditor), id, payment });
}

async function accepted(): Promise<void> {
  const id = await invoiced(billing);
  await billing.accounts.acceptInvoice({ ...command(payer), id, number: 1, sequences: [] });
}

type Outcomes = { done?: number; [reason: string]: number | undefined };

/** Starts all at once and counts how they ended, all within the limit: done, or refused for which reason. */
async function race(count: number, act: (at: number) => Promise<unknown>): Promise<Outcomes> {
  const startedMs = performance.now();
  const ends = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      act(at).then(
        () => "done",
        (error: unknown) => {
          if (error instanceof DomainError) return error.reason;
          throw error;
        },
      ),
    ),
  );
  expect(performance.now() - startedMs).toBeLessThan(answeredWithinMs);
  const outcomes: Outcomes = {};
  for (const end of ends) outcomes[end] = (outcomes[end] ?? 0) + 1;
  return outcomes;
}
