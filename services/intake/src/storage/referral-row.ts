import type { Uuid } from "@carehub/rules/ids";
import type { CaseFacts } from "../domain/facts.ts";
import type { Document, Note, Referral } from "../domain/referral.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { fromFactsJson } from "./facts-json.ts";

/** The columns of a referral that a rule or a reply needs. */
export type ReferralRow = {
  readonly id: string;
  readonly revision: number;
  readonly placerNumber: string;
  readonly consentReference: string;
  readonly consentDate: Temporal.PlainDate;
  readonly facts: unknown;
  readonly documents: unknown;
  readonly notes: unknown;
  readonly traceparent: string | null;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
  readonly closedAt: Temporal.Instant | null;
};

export const referralColumns = `id, revision, placer_number as "placerNumber",
  consent_reference as "consentReference", consent_date as "consentDate", facts, documents, notes,
  traceparent, created_at as "createdAt", updated_at as "updatedAt", closed_at as "closedAt"`;

/** Reads a row back into the domain. */
export function toStoredReferral(row: ReferralRow): StoredReferral {
  const { revision, traceparent, updatedAt, closedAt } = row;
  const referral: Referral = {
    id: row.id as Uuid,
    placerNumber: row.placerNumber,
    consent: { reference: row.consentReference, date: row.consentDate },
    documents: fromFactsJson<readonly Document[]>(row.documents),
    notes: fromFactsJson<readonly Note[]>(row.notes),
    createdAt: row.createdAt,
    facts: fromFactsJson<CaseFacts>(row.facts),
  };
  return { referral, revision, traceparent, updatedAt, closedAt };
}
