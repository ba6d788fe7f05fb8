import { createHash } from "node:crypto";
import { zoneOf } from "@carehub/calendar/country";
import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import {
  type AggregateOutcome,
  LostRaceError,
  type Transaction,
  transact,
} from "@carehub/database/transact";
import { parseCurrency } from "@carehub/money/currency";
import type { Uuid } from "@carehub/rules/ids";
import { payLines } from "../domain/invoice.ts";
import { type Pair, paymentJournal } from "../domain/ledger.ts";
import { countryOf, type PartyName, statementName } from "../domain/names.ts";
import { refusal } from "../domain/refusal.ts";
import {
  type AccountPayment,
  closeStatement,
  type Payment,
  recordPayment,
  type Statement,
  type StatementEvent,
} from "../domain/statement.ts";
import type { StoredStatement } from "../domain/stored-statement.ts";
import { dayAt } from "../domain/terms.ts";
import { lockAccounts } from "../storage/account-store.ts";
import { lockPair, postJournal } from "../storage/ledger-store.ts";
import {
  findPayment,
  insertPayment,
  insertStatement,
  lockStatementOf,
  readStatableLines,
} from "../storage/statement-store.ts";
import type { Command, Deps } from "./billing-app.ts";
import { keepDecision } from "./change-account.ts";
import { notFound, partyOf, requireEtag } from "./visibility.ts";

/** A period between two parties to close; the caller is the creditor. */
export type Closing = Omit<Command<StoredStatement>, "etag"> & {
  readonly debtor: PartyName;
  readonly currency: string;
  readonly periodEnd: Temporal.PlainDate;
};

/** What creditors may do; each answers the bytes of its first response. */
export type StatementCommands = ReturnType<typeof createStatementCommands>;

/** The use cases of creditors. */
export function createStatementCommands(deps: Deps) {
  const run = async (transaction: Transaction<StoredStatement>) =>
    responseOf(await deps.inTurn(() => transact(deps.db, transaction)));
  return {
    closeStatement: ({ source, actor, ...closing }: Closing) =>
      run({
        name: "close-statement",
        source,
        actor,
        work: (tx, { now }) => close(deps, { tx, now }, closing),
      }),

    recordPayment: (
      command: Command<StoredStatement> & { readonly id: Uuid; readonly payment: Payment },
    ) =>
      run({
        name: "record-payment",
        source: command.source,
        actor: command.actor,
        work: (tx, { now }) => pay(deps, { tx, now }, command),
      }),
  };
}

type At = { readonly tx: Tx; readonly now: Temporal.Instant };

// The pair's lock makes closers of a pair follow each other; a line's second entry is refused by its key.
async function close(deps: Deps, { tx, now }: At, closing: Omit<Closing, "source" | "actor">) {
  const { caller, debtor, periodEnd, respond } = closing;
  const creditor = partyOf(caller);
  const pair: Pair = { debtor, creditor, currency: parseCurrency(closing.currency) };
  const today = dayAt(creditor, now);
  if (debtor === creditor) throw refusal("NOTHING_TO_STATE", { periodEnd: periodEnd.toString() });
  const { closedUntil } = await lockPair(tx, pair);
  const { state: statement, events } = closeStatement({
    id: deps.newId(),
    pair,
    periodEnd,
    today,
    closedUntil,
    lines: await readStatableLines(tx, pair, endOf(periodEnd, creditor)),
    hash: (text) => createHash("sha256").update(text).digest("hex"),
  });
  const closedAt = await insertStatement(tx, statement, now);
  const state: StoredStatement = { statement, revision: events.length, closedAt };
  return {
    state,
    aggregates: [told(deps, { statement, events, revision: 0, now })],
    response: respond(state),
  };
}

// Locks: the statement, then the accounts in one order, then the pair's book.
async function pay(
  deps: Deps,
  at: At,
  command: Command<StoredStatement> & { readonly id: Uuid; readonly payment: Payment },
) {
  const { tx, now } = at;
  const { id, caller, payment, etag, respond } = command;
  const creditor = partyOf(caller);
  const stored = await lockStatementOf(tx, id, creditor);
  if (stored === undefined) throw notFound("STATEMENT_NOT_FOUND", statementName(id));
  const { reference, amount, valueDate } = payment;
  const existing = await findPayment(tx, creditor, reference);
  if (existing !== undefined) {
    throw refusal("PAYMENT_REFERENCE_TAKEN", { name: statementName(existing), reference });
  }
  requireEtag(etag, stored.revision);
  const {
    state: statement,
    events,
    parts,
  } = recordPayment(stored.statement, payment, dayAt(creditor, now));
  const revision = stored.revision + events.length;
  const state: StoredStatement = { ...stored, statement, revision };
  const { amountMinor } = amount;
  if (!(await insertPayment(tx, state, { reference, amountMinor, valueDate }))) {
    throw new LostRaceError("another statement took the reference");
  }
  const recorded = told(deps, { statement, events, revision: stored.revision, now });
  const accounts = await payAccounts(deps, at, { parts, statement });
  const document = `${statementName(id)}/payments/${reference}`;
  await postJournal(tx, paymentJournal(statement.pair, document, amount), valueDate);
  return {
    state,
    aggregates: [recorded, ...accounts],
    response: respond(state),
  };
}

async function payAccounts(
  deps: Deps,
  at: At,
  {
    parts,
    statement,
  }: { readonly parts: readonly AccountPayment[]; readonly statement: Statement },
): Promise<AggregateOutcome[]> {
  const paymentsById = new Map(parts.map(({ account, payments }) => [account, payments]));
  const outcomes: AggregateOutcome[] = [];
  for (const stored of await lockAccounts(at.tx, [...paymentsById.keys()])) {
    const payments = paymentsById.get(stored.account.id) ?? [];
    const decision = payLines(stored.account, payments, statementName(statement.id));
    outcomes.push((await keepDecision(deps, at, { stored, decision })).outcome);
  }
  return outcomes;
}

function told(
  { publish }: Deps,
  change: {
    readonly statement: Statement;
    readonly events: readonly StatementEvent[];
    readonly revision: number;
    readonly now: Temporal.Instant;
  },
): AggregateOutcome {
  const { statement, events, revision, now } = change;
  return {
    aggregate: statementName(statement.id),
    revision,
    events: events.map((event, index) =>
      publish.statementEvent(event, {
        statement,
        revision: revision + index + 1,
        occurredAt: now,
      }),
    ),
  };
}

// The first instant after the day, where the creditor is.
function endOf(day: Temporal.PlainDate, creditor: PartyName): Temporal.Instant {
  return day
    .add({ days: 1 })
    .toZonedDateTime(zoneOf(countryOf(creditor)))
    .toInstant();
}
