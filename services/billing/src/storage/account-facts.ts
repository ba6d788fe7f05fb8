import { type CurrencyCode, parseCurrency } from "@carehub/money/currency";
import { z } from "zod";
import type { Account, Invoice } from "../domain/account.ts";
import { type HubName, type PartyName, parseHub, parseParty, parsePayer } from "../domain/names.ts";

/** What of an account stands in its jsonb column: all but the lines of its invoice. */
export type AccountFacts = Omit<
  Account,
  "id" | "isClosed" | "stoppedRound" | "sender" | "invoice"
> & {
  readonly invoice?: Omit<Invoice, "lines">;
};

/** Reads the column; a document that does not hold is a bug of whoever wrote it. */
export function decodeFacts(column: unknown): AccountFacts {
  return z.decode(factsSchema, column as z.input<typeof factsSchema>);
}

/** Writes the column: amounts as decimal text, dates and instants as ISO 8601. */
export function encodeFacts(facts: AccountFacts): unknown {
  // A schema cannot say readonly; encoding only reads.
  return z.encode(factsSchema, facts as z.output<typeof factsSchema>);
}

const minor = z.codec(z.string(), z.bigint(), { decode: BigInt, encode: String });
const date = z.codec(z.string(), z.instanceof(Temporal.PlainDate), {
  decode: (text) => Temporal.PlainDate.from(text),
  encode: (value) => value.toString(),
});
const instant = z.codec(z.string(), z.instanceof(Temporal.Instant), {
  decode: (text) => Temporal.Instant.from(text),
  encode: (value) => value.toString(),
});
const currency = z.codec(z.string(), z.custom<CurrencyCode>(), {
  decode: parseCurrency,
  encode: String,
});
const party = z.codec(z.string(), z.custom<PartyName>(), {
  decode: (text) => parseParty(text, "facts"),
  encode: String,
});
const payer = z.codec(z.string(), z.custom<PartyName>(), {
  decode: (text) => parsePayer(text, "facts"),
  encode: String,
});
const hub = z.codec(z.string(), z.custom<HubName>(), {
  decode: (text) => parseHub(text, "facts"),
  encode: String,
});
const money = z.object({ amountMinor: minor, currency });
const item = z.object({ serviceCode: z.string(), quantity: z.int() });
const answerTime = z.object({
  workingDays: z.int(),
  calendars: z.array(z.string()),
  graceHours: z.int(),
  clause: z.string(),
});
const deadline = z.object({
  date,
  expireAt: instant,
  answerTime,
  calendarVersion: z.string(),
  estimated: z.boolean(),
});
const line = z.object({
  sequence: z.int(),
  serviceCode: z.string(),
  quantity: z.int(),
  unitPrice: money,
  amount: money,
});
const terms = z.object({
  round: z.int(),
  serviceItems: z.array(item),
  tariff: z.string(),
  tariffVersion: z.int(),
  prices: z.array(z.object({ serviceCode: z.string(), unitPrice: money })),
  currency,
  payer,
  creditor: party,
  hub,
  answerBy: deadline,
  firstDate: date,
  lastDate: date,
  contestTime: answerTime,
});
const estimate = z.object({
  round: z.int(),
  lines: z.array(line),
  total: money,
  answerBy: deadline,
  standing: z.enum(["OPEN", "GUARANTEED", "DECLINED", "WITHDRAWN"]),
  endReason: z.exactOptional(z.string()),
});
const guarantee = z.object({
  reference: z.string(),
  round: z.int(),
  cap: money,
  validUntil: date,
  toleranceBasisPoints: z.int(),
  budgetReference: z.string(),
  estimateTotal: money,
  standing: z.enum(["STANDING", "USED", "RELEASED"]),
});
const deposit = z.object({
  currency,
  receivedMinor: minor,
  appliedMinor: minor,
  refundableMinor: minor,
  receipt: z.string(),
  entryCount: z.int(),
});
const invoice = z.object({
  number: z.int(),
  total: money,
  issuedAt: instant,
  contestBy: deadline,
  creditNoteCount: z.int(),
  isSettled: z.boolean(),
});
const factsSchema = z.object({
  terms: z.exactOptional(terms),
  estimate: z.exactOptional(estimate),
  guarantee: z.exactOptional(guarantee),
  deposit: z.exactOptional(deposit),
  charges: z.array(z.object({ reference: z.string(), item, deliveredOn: date })).default([]),
  invoice: z.exactOptional(invoice),
});
