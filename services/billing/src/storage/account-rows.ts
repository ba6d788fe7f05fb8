import { parseCurrency } from "@carehub/money/currency";
import type { Uuid } from "@carehub/rules/ids";
import { z } from "zod";
import { type Account, contestReasons, type InvoiceLine, lineStates } from "../domain/account.ts";
import { parseParty } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { decodeFacts } from "./account-facts.ts";

/** The columns of an account, by the names that Prisma gives them. */
export type AccountRow = {
  readonly id: string;
  readonly revision: number;
  readonly version: number;
  readonly closed: boolean;
  readonly stoppedRound: number;
  readonly sender: string | null;
  readonly facts: unknown;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};

/** The columns of a line, by the names that Prisma gives them. */
export type LineRow = {
  readonly sequence: number;
  readonly serviceCode: string;
  readonly quantity: number;
  readonly unitPriceMinor: bigint;
  readonly amountMinor: bigint;
  readonly state: string;
  readonly beyondGuarantee: boolean;
  readonly contestReason: string | null;
  readonly creditedMinor: bigint;
  readonly paidMinor: bigint;
  readonly acceptedAt: Temporal.Instant | null;
};

/** Makes the account of its row and the rows of its lines, in the order of their numbers. */
export function toStoredAccount(row: AccountRow, lineRows: readonly LineRow[]): StoredAccount {
  const { revision, version, createdAt, updatedAt } = row;
  const { invoice, ...facts } = decodeFacts(row.facts);
  const account: Account = {
    id: row.id as Uuid,
    isClosed: row.closed,
    stoppedRound: row.stoppedRound,
    ...(row.sender === null ? {} : { sender: parseParty(row.sender, "sender") }),
    ...facts,
    ...(invoice === undefined
      ? {}
      : {
          invoice: {
            ...invoice,
            lines: lineRows.map((line) => toLine(line, invoice.total.currency)),
          },
        }),
  };
  return { account, revision, version, createdAt, updatedAt };
}

const lineState = z.enum(lineStates);
const contestReason = z.enum(contestReasons);

function toLine(row: LineRow, code: string): InvoiceLine {
  const { sequence, serviceCode, quantity, creditedMinor, paidMinor } = row;
  const currency = parseCurrency(code);
  return {
    sequence,
    serviceCode,
    quantity,
    unitPrice: { amountMinor: row.unitPriceMinor, currency },
    amount: { amountMinor: row.amountMinor, currency },
    state: lineState.parse(row.state),
    isBeyondGuarantee: row.beyondGuarantee,
    creditedMinor,
    paidMinor,
    ...(row.contestReason === null
      ? {}
      : { contestReason: contestReason.parse(row.contestReason) }),
    ...(row.acceptedAt === null ? {} : { acceptedAt: row.acceptedAt }),
  };
}
