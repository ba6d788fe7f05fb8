import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type BalanceSchema,
  type StatementSchema,
  Statement_State as WireState,
} from "@carehub/contracts/gen/carehub/billing/v1/statement_pb.ts";
import * as api from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Queries } from "../app/queries.ts";
import type { StatementCommands } from "../app/statement-commands.ts";
import { etagOf } from "../app/visibility.ts";
import { invoiceName, parseParty, parseStatementName, statementName } from "../domain/names.ts";
import { type StatementState, statementState } from "../domain/statement.ts";
import type { Balance, StoredStatement } from "../domain/stored-statement.ts";
import { readMoney, toWireMoney } from "../wire/money.ts";
import { readDate, toWireDate } from "../wire/times.ts";
import { responder, toCommand } from "./commands.ts";

/** The API of statements: parse the request, run the command, answer the statement. */
export function implementStatementService(
  commands: StatementCommands,
  queries: Queries,
): Implementation {
  return implement(api.StatementService, {
    closeStatement: (request, call) =>
      commands.closeStatement({
        ...toCommand(api.CloseStatementRequestSchema, { request, call }, showClosed),
        debtor: parseParty(request.debtor, "debtor"),
        currency: request.currencyCode,
        periodEnd: readDate(request.periodEndDate, "period_end_date"),
      }),
    getStatement: async ({ name }, { caller }) => ({
      statement: toWireStatement(await queries.getStatement(parseStatementName(name), caller)),
    }),
    listStatements: async (page, { caller }) => {
      const { items, nextPageToken } = await queries.listStatements(page, caller);
      return { statements: items.map(toWireStatement), nextPageToken };
    },
    recordPayment: (request, call) =>
      commands.recordPayment({
        ...toCommand(api.RecordPaymentRequestSchema, { request, call }, showPaid),
        id: parseStatementName(request.name),
        payment: {
          reference: request.reference,
          amount: readMoney(request.amount, "amount"),
          valueDate: readDate(request.valueDate, "value_date"),
        },
      }),
    listBalances: async (page, { caller }) => {
      const { items, nextPageToken } = await queries.listBalances(page, caller);
      return { balances: items.map(toWireBalance), nextPageToken };
    },
  });
}

const show = (stored: StoredStatement) => ({ statement: toWireStatement(stored) });
const showClosed = responder(api.CloseStatementResponseSchema, show);
const showPaid = responder(api.RecordPaymentResponseSchema, show);

const wireStates: Readonly<Record<StatementState, WireState>> = {
  CLOSED: WireState.CLOSED,
  PART_PAID: WireState.PART_PAID,
  PAID: WireState.PAID,
};

function toWireStatement({
  statement,
  revision,
  closedAt,
}: StoredStatement): MessageInitShape<typeof StatementSchema> {
  const { id, pair, periodEnd, entries, total, paidMinor, entriesHash } = statement;
  const { debtor, creditor, currency } = pair;
  return {
    name: statementName(id),
    closeTime: toTimestamp(closedAt),
    etag: etagOf(revision),
    state: wireStates[statementState(statement)],
    debtor,
    creditor,
    periodEndDate: toWireDate(periodEnd),
    entries: entries.map(({ account, invoiceNumber, sequence, amountMinor }) => ({
      invoice: invoiceName(account, invoiceNumber),
      lineSequence: sequence,
      amount: toWireMoney({ amountMinor, currency }),
    })),
    total: toWireMoney(total),
    paid: toWireMoney({ amountMinor: paidMinor, currency }),
    entriesHash,
  };
}

function toWireBalance(balance: Balance): MessageInitShape<typeof BalanceSchema> {
  const { debtor, creditor, currency: currencyCode } = balance;
  const amount = (amountMinor: bigint) => ({ amountMinor, currencyCode });
  return {
    debtor,
    creditor,
    invoiced: amount(balance.invoicedMinor),
    credited: amount(balance.creditedMinor),
    settled: amount(balance.settledMinor),
    outstanding: amount(balance.outstandingMinor),
  };
}
