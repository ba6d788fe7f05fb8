import { randomUUID, randomUUIDv7 } from "node:crypto";
import { fileURLToPath } from "node:url";
import { declareEnvironment, moveClock } from "@carehub/database/clock";
import { openDatabase } from "@carehub/database/pool";
import { type MessageSource, requestSource } from "@carehub/database/source";
import type { Caller, Role } from "@carehub/rules/caller";
import { parseUuid, type Uuid } from "@carehub/rules/ids";
import { testDatabase } from "@carehub/testing/database";
import pLimit from "p-limit";
import { expect } from "vitest";
import { createAccountCommands } from "./app/account-commands.ts";
import { changesAtOnceMax } from "./app/billing-app.ts";
import { createCaseRequests } from "./app/case-requests.ts";
import { createQueries } from "./app/queries.ts";
import { createStatementCommands } from "./app/statement-commands.ts";
import { aPromise, someTerms } from "./domain/account.builder.ts";
import type { AccountEvent } from "./domain/account-events.ts";
import type { GuaranteePayment } from "./domain/guarantee.ts";
import { parseParty } from "./domain/names.ts";
import type { StatementEvent } from "./domain/statement.ts";
import type { StoredAccount } from "./domain/stored-account.ts";
import type { StoredStatement } from "./domain/stored-statement.ts";
import type { Terms } from "./domain/terms.ts";
import { publishAccountEvent, publishStatementEvent } from "./events/published.ts";
import { openReads } from "./storage/reads.ts";

/** Where a test begins; later moments are reached by moving the clock. */
export const start = Temporal.Instant.from("2026-01-05T06:00:00Z");

const migrations = { service: fileURLToPath(new URL("../prisma/migrations", import.meta.url)) };

/** The service's use cases on a database of their own, with what was told kept in order. */
export async function openBilling() {
  const { url, drop } = await testDatabase({ migrations });
  const db = openDatabase({ url, applicationName: "billing-test" });
  await declareEnvironment(db, "sandbox");
  await moveClock(db, { to: start });
  const told: (AccountEvent | StatementEvent)[] = [];
  const deps = {
    db,
    inTurn: pLimit(changesAtOnceMax),
    newId,
    publish: {
      accountEvent: (event: AccountEvent, context: Parameters<typeof publishAccountEvent>[1]) => {
        told.push(event);
        return publishAccountEvent(event, context);
      },
      statementEvent: (
        event: StatementEvent,
        context: Parameters<typeof publishStatementEvent>[1],
      ) => {
        told.push(event);
        return publishStatementEvent(event, context);
      },
    },
  };
  const prisma = openReads(db);
  let ended: Promise<void> | undefined;
  const disconnect = () => {
    ended ??= prisma.$disconnect().then(() => db.close());
    return ended;
  };
  return {
    db,
    url,
    deps,
    told,
    accounts: createAccountCommands(deps),
    statements: createStatementCommands(deps),
    requests: createCaseRequests(deps),
    queries: createQueries(prisma),
    /** Ends the connections; what a test still has to see is seen through another. */
    disconnect,
    close: async () => {
      await disconnect();
      await drop();
    },
  };
}

export type Billing = Awaited<ReturnType<typeof openBilling>>;

/** A fresh id. */
export function newId(): Uuid {
  return parseUuid(randomUUIDv7(), "id");
}

/** A caller by role and id. */
export function caller(role: Role, id: string): Caller {
  return { role, id, name: `${role}/${id}` };
}

export const payer = caller("ministry", "UZ");
export const creditor = caller("ministry", "KZ");
export const hub = caller("hub", "umc-heart");

/** What is the same for every command of a test; each is a new request of its own. */
export function command(who: Caller, over: { requestId?: string; etag?: string } = {}) {
  const { requestId = randomUUID(), etag = "" } = over;
  return {
    caller: who,
    etag,
    actor: { reference: "E-1", role: "finance-officer" },
    source: requestSource({ caller: who.name, requestId, method: "test", body: new Uint8Array() }),
    respond: (view: StoredAccount | StoredStatement) => new TextEncoder().encode(shown(view)),
  };
}

/** A view as text: enough to tell one response from another. */
export function shown(view: unknown): string {
  return JSON.stringify(view, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

/** Plays intake towards one account: each request is the next message of its case. */
export function intakeOf({ requests }: Billing, id: Uuid) {
  let revision = 0;
  const message = (): MessageSource => {
    revision += 1;
    return {
      kind: "message",
      consumer: "billing.carehub.intake.cases",
      topic: "carehub.intake.cases",
      aggregate: `referrals/${id}`,
      revision,
    };
  };
  return {
    estimate: (over: Partial<Terms> = {}, sender = "parties/UZ") =>
      requests.requestEstimate(
        id,
        { terms: someTerms(over), sender: parseParty(sender, "sender") },
        message(),
      ),
    withdraw: (round = 1) =>
      requests.withdrawUnanswered(id, { round, reason: "ANSWER_OVERDUE" }, message()),
    charge: (items = someTerms().serviceItems) =>
      requests.requestCharges(id, { round: 1, items }, message()),
    stop: (round = 1, reason = "CANCELLED") =>
      requests.stopAccount(id, { round, reason }, message()),
    close: () => requests.closeAccount(id, message()),
  };
}

/** Guarantees an open estimate as its payer. */
export function guarantee(
  { accounts }: Billing,
  id: Uuid,
  over: Partial<GuaranteePayment> = {},
): Promise<Uint8Array> {
  const promise = aPromise({ reference: `MOH-${id}`, ...over });
  return accounts.guaranteePayment({ ...command(payer), id, promise });
}

/** A new account with an invoice of what was planned: line 1 of 100,000 and line 2 of 10,000. */
export async function invoiced(billing: Billing, over: Partial<Terms> = {}): Promise<Uuid> {
  const id = newId();
  const intake = intakeOf(billing, id);
  await intake.estimate(over);
  const cap = { amountMinor: 120_000n, currency: over.currency ?? "KZT" };
  await guarantee(billing, id, { cap });
  await intake.charge();
  return id;
}

/** Fails unless every journal sums to zero, every balance is the sum of its legs, and both sides of a pair agree. */
export async function expectWhole({ db }: Billing): Promise<void> {
  const crooked = await db.run(
    "test-whole",
    `select journal::text from leg group by journal, currency having sum(amount_minor) <> 0
     union all select ledger_account.id::text from ledger_account
       left join leg on leg.ledger_account = ledger_account.id
       group by ledger_account.id having balance_minor <> coalesce(sum(leg.amount_minor), 0)
     union all select debtor from ledger_account group by debtor, creditor, currency
       having sum(balance_minor) filter (where kind in ('RECEIVABLE', 'PAYABLE')) <> 0`,
  );
  expect(crooked).toEqual([]);
}
