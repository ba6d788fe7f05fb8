import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import { StatementEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/statement_events_pb.ts";
import type { PublishedEvent } from "@carehub/database/change";
import { topics } from "@carehub/events/topics";
import { toTimestamp } from "@carehub/grpc/instants";
import type { Uuid } from "@carehub/rules/ids";
import type { AccountEvent } from "../domain/account-events.ts";
import { accountName, countryOf, statementName } from "../domain/names.ts";
import type { Statement, StatementEvent } from "../domain/statement.ts";
import { toWireLine, toWireMoney } from "../wire/money.ts";
import { toWireDate, toWireDeadline } from "../wire/times.ts";

type Context = { readonly revision: number; readonly occurredAt: Temporal.Instant };

/** An account's event in the published language, keyed by the referral's uuid. */
export function publishAccountEvent(
  event: AccountEvent,
  { account, revision, occurredAt }: Context & { readonly account: Uuid },
): PublishedEvent {
  const message = create(AccountEventSchema, {
    account: accountName(account),
    revision: BigInt(revision),
    eventTime: toTimestamp(occurredAt),
    event: toWireAccountEvent(event),
  });
  return {
    topic: topics.accounts,
    key: account,
    type: `carehub.billing.v1.${event.kind}`,
    payload: toBinary(AccountEventSchema, message),
  };
}

/** A statement's event in the published language, keyed by its pair of parties: `UZ-KZ`. */
export function publishStatementEvent(
  event: StatementEvent,
  { statement, revision, occurredAt }: Context & { readonly statement: Statement },
): PublishedEvent {
  const { debtor, creditor } = statement.pair;
  const message = create(StatementEventSchema, {
    statement: statementName(statement.id),
    revision: BigInt(revision),
    eventTime: toTimestamp(occurredAt),
    debtor,
    creditor,
    event: toWireStatementEvent(event),
  });
  return {
    topic: topics.statements,
    key: `${countryOf(debtor)}-${countryOf(creditor)}`,
    type: `carehub.billing.v1.${event.kind}`,
    payload: toBinary(StatementEventSchema, message),
  };
}

type WireAccountEvent = NonNullable<MessageInitShape<typeof AccountEventSchema>["event"]>;

function toWireAccountEvent(event: AccountEvent): WireAccountEvent {
  switch (event.kind) {
    case "EstimateIssued": {
      const { round, estimate, lines, total, answerBy, payer } = event;
      const priced = { lines: lines.map(toWireLine), total: toWireMoney(total) };
      const value = { round, estimate, ...priced, answerBy: toWireDeadline(answerBy), payer };
      return { case: "estimateIssued", value };
    }
    case "EstimateDeclined":
      return { case: "estimateDeclined", value: { round: event.round, reason: event.reason } };
    case "EstimateWithdrawn":
      return { case: "estimateWithdrawn", value: { round: event.round, reason: event.reason } };
    case "PaymentGuaranteed":
      return { case: "paymentGuaranteed", value: toWireGuarantee(event) };
    case "GuaranteeReleased": {
      const { round, guarantee, reason } = event;
      return { case: "guaranteeReleased", value: { round, guarantee, reason } };
    }
    case "InvoiceIssued": {
      const { invoice, lines, total, debtor, creditor, contestBy } = event;
      const priced = { lines: lines.map(toWireLine), total: toWireMoney(total) };
      const value = { invoice, ...priced, debtor, creditor, contestBy: toWireDeadline(contestBy) };
      return { case: "invoiceIssued", value };
    }
    case "InvoiceAccepted": {
      const { invoice, accepted, contested } = event;
      const sums = { accepted: toWireMoney(accepted), contested: toWireMoney(contested) };
      return { case: "invoiceAccepted", value: { invoice, ...sums } };
    }
    case "InvoiceContested": {
      const { invoice, sequences, reason, contested } = event;
      const lineSequences = [...sequences];
      const value = { invoice, lineSequences, reason, contested: toWireMoney(contested) };
      return { case: "invoiceContested", value };
    }
    case "CreditNoteIssued": {
      const { invoice, creditNote, amount, contested } = event;
      const sums = { amount: toWireMoney(amount), contested: toWireMoney(contested) };
      return { case: "creditNoteIssued", value: { invoice, creditNote, ...sums } };
    }
    case "InvoiceSettled": {
      const { invoice, paid, statement } = event;
      return { case: "invoiceSettled", value: { invoice, paid: toWireMoney(paid), statement } };
    }
    default:
      return event satisfies never;
  }
}

function toWireGuarantee(event: Extract<AccountEvent, { kind: "PaymentGuaranteed" }>) {
  const { round, guarantee, cap, validUntil, toleranceBasisPoints, firstDate, lastDate } = event;
  return {
    round,
    guarantee,
    cap: toWireMoney(cap),
    validUntilDate: toWireDate(validUntil),
    toleranceBasisPoints,
    firstDate: toWireDate(firstDate),
    lastDate: toWireDate(lastDate),
  };
}

type WireStatementEvent = NonNullable<MessageInitShape<typeof StatementEventSchema>["event"]>;

function toWireStatementEvent(event: StatementEvent): WireStatementEvent {
  switch (event.kind) {
    case "StatementClosed": {
      const { periodEnd, total, entryCount, entriesHash } = event;
      const head = { periodEndDate: toWireDate(periodEnd), total: toWireMoney(total) };
      return { case: "statementClosed", value: { ...head, entryCount, entriesHash } };
    }
    case "PaymentRecorded": {
      const { reference, amount, valueDate } = event;
      const value = { reference, amount: toWireMoney(amount), valueDate: toWireDate(valueDate) };
      return { case: "paymentRecorded", value };
    }
    default:
      return event satisfies never;
  }
}
