import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type AccountSchema,
  InvoiceLine_State as WireLineState,
  Account_State as WireState,
} from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { etagOf } from "../app/visibility.ts";
import {
  type Account,
  type AccountState,
  accountState,
  type Estimate,
  type Guarantee,
  type Invoice,
  type InvoiceLine,
  type LineState,
} from "../domain/account.ts";
import type { Deposit } from "../domain/deposit.ts";
import { outstandingOf } from "../domain/invoice.ts";
import { accountName, estimateName, guaranteeName, invoiceName } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { toWireLine, toWireMoney } from "../wire/money.ts";
import { toWireDate, toWireDeadline } from "../wire/times.ts";

type WireAccount = MessageInitShape<typeof AccountSchema>;

/** An account as its parties see it. */
export function toWireAccount({
  account,
  version,
  createdAt,
  updatedAt,
}: StoredAccount): WireAccount {
  const { id, terms, estimate, guarantee, deposit, invoice, charges } = account;
  return {
    name: accountName(id),
    createTime: toTimestamp(createdAt),
    updateTime: toTimestamp(updatedAt),
    etag: etagOf(version),
    state: wireStates[accountState(account)],
    ...(terms === undefined
      ? {}
      : { payer: terms.payer, creditor: terms.creditor, hub: terms.hub }),
    ...(estimate === undefined ? {} : { estimate: toWireEstimate(account, estimate) }),
    ...(guarantee === undefined ? {} : { guarantee: toWireGuarantee(account, guarantee) }),
    ...(invoice === undefined ? {} : { invoice: toWireInvoice(account, invoice) }),
    ...(deposit === undefined ? {} : { deposit: toWireDeposit(deposit) }),
    charges: charges.map(({ reference, item, deliveredOn }) => ({
      reference,
      item,
      deliveredDate: toWireDate(deliveredOn),
    })),
  };
}

const wireStates: Readonly<Record<AccountState, WireState>> = {
  ESTIMATED: WireState.ESTIMATED,
  GUARANTEED: WireState.GUARANTEED,
  CLOSED: WireState.CLOSED,
  INVOICED: WireState.INVOICED,
  PART_CONTESTED: WireState.PART_CONTESTED,
  ACCEPTED: WireState.ACCEPTED,
  SETTLED: WireState.SETTLED,
};

const wireLineStates: Readonly<Record<LineState, WireLineState>> = {
  OPEN: WireLineState.OPEN,
  ACCEPTED: WireLineState.ACCEPTED,
  CONTESTED: WireLineState.CONTESTED,
  CREDITED: WireLineState.CREDITED,
  PAID: WireLineState.PAID,
};

function toWireEstimate({ id }: Account, { round, lines, total, answerBy }: Estimate) {
  return {
    name: estimateName(id, round),
    round,
    lines: lines.map(toWireLine),
    total: toWireMoney(total),
    answerBy: toWireDeadline(answerBy),
  };
}

function toWireGuarantee({ id }: Account, guarantee: Guarantee) {
  const { reference, cap, validUntil, toleranceBasisPoints, budgetReference } = guarantee;
  return {
    name: guaranteeName(id, reference),
    cap: toWireMoney(cap),
    validUntilDate: toWireDate(validUntil),
    toleranceBasisPoints,
    budgetReference,
    released: guarantee.standing === "RELEASED",
  };
}

function toWireDeposit(deposit: Deposit) {
  const { currency, receivedMinor, appliedMinor, refundableMinor } = deposit;
  const money = (amountMinor: bigint) => toWireMoney({ amountMinor, currency });
  return {
    received: money(receivedMinor),
    applied: money(appliedMinor),
    refundable: money(refundableMinor),
  };
}

function toWireInvoice({ id }: Account, invoice: Invoice) {
  const { number, lines, total, issuedAt, contestBy } = invoice;
  return {
    name: invoiceName(id, number),
    lines: lines.map(toWireInvoiceLine),
    total: toWireMoney(total),
    issueTime: toTimestamp(issuedAt),
    contestBy: toWireDeadline(contestBy),
    outstanding: toWireMoney(outstandingOf(invoice)),
  };
}

function toWireInvoiceLine(line: InvoiceLine) {
  const { creditedMinor, amount } = line;
  return {
    priced: toWireLine(line),
    state: wireLineStates[line.state],
    contestReason: line.contestReason ?? "",
    beyondGuarantee: line.isBeyondGuarantee,
    ...(creditedMinor === 0n
      ? {}
      : { credited: toWireMoney({ amountMinor: creditedMinor, currency: amount.currency }) }),
  };
}
