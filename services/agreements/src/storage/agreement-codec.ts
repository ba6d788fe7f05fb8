import { z } from "zod";
import { type AgreementText, layers } from "../domain/agreement.ts";

/**
 * An agreement's text as JSON: dates as `2026-01-05`, amounts as text, since JSON knows neither.
 */
export function encodeAgreement(text: AgreementText): string {
  return JSON.stringify(text, (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
}

/**
 * Reads a text back; one that an older release wrote and this one cannot read is a bug that is
 * told.
 */
export function decodeAgreement(json: unknown): AgreementText {
  return agreement.parse(json);
}

const date = z.string().transform((text) => Temporal.PlainDate.from(text));
const interval = z.object({ first: date, last: date.optional().transform((last) => last) });
const time = z.object({
  workingDays: z.number(),
  calendars: z.array(z.string()),
  graceHours: z.number(),
});
const texts = z.array(z.string());

const terms = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("COVERAGE"),
    care: z.enum(["PLANNED", "EMERGENCY"]),
    hubs: texts,
    diagnosisPrefixes: texts,
  }),
  z.object({ kind: z.literal("EXCLUSION") }),
  z.object({
    kind: z.literal("PAYERS"),
    shares: z.array(z.object({ party: z.string(), shareBasisPoints: z.number() })),
  }),
  z.object({ kind: z.literal("ANSWER_TIME"), time }),
  z.object({ kind: z.literal("CONTEST_TIME"), time }),
  z.object({
    kind: z.literal("PERMITTED_STAY"),
    citizenships: texts,
    purposes: z.array(z.enum(["TREATMENT", "ACCOMPANIMENT"])),
    days: z.number(),
  }),
  z.object({ kind: z.literal("QUOTA_RULE"), quota: z.string(), pendTime: time }),
  z.object({ kind: z.literal("TARIFF_RULE"), tariff: z.string(), creditor: z.string() }),
]);

const clause = z.object({
  id: z.string(),
  summary: z.string(),
  article: z.string(),
  programmes: texts,
  condition: z.string(),
  terms,
});

const period = z.object({
  id: z.string(),
  days: interval,
  seatCount: z.number(),
  setAsides: z.array(z.object({ id: z.string(), seatCount: z.number(), condition: z.string() })),
});

const tariff = z.object({
  id: z.string(),
  version: z.number(),
  inForce: interval,
  currency: z.string(),
  prices: z.array(
    z.object({
      serviceCode: z.string(),
      amountMinor: z.string().transform((text) => BigInt(text)),
    }),
  ),
});

const agreement = z.object({
  name: z.string(),
  version: z.number(),
  layer: z.enum(layers),
  parties: texts,
  title: z.string(),
  legalSource: z.string(),
  signatureDate: date.optional().transform((day) => day),
  inForce: interval,
  clauses: z.array(clause),
  quotas: z.array(z.object({ id: z.string(), title: z.string(), periods: z.array(period) })),
  tariffs: z.array(tariff),
  accreditations: z.array(
    z.object({ hub: z.string(), programmes: texts, reference: z.string(), valid: interval }),
  ),
});
