import type { Database } from "@carehub/database/pool";
import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";

/** Why and by whom a patient's data is read. */
export type Reading = {
  readonly referralId: string;
  readonly reader: string;
  readonly actor: Actor;
  readonly purpose: string;
  readonly content: "IDENTITY" | "CLINICAL_RECORD";
  readonly traceId: string;
};

/** What a reading gives: everything sealed of a referral, still sealed. */
export type SealedRecord = {
  readonly disclosureId: string;
  readonly patientId: string;
  readonly identity: Buffer;
  readonly summary: Buffer | null;
};

/** Records the reading and gives what is sealed, in one statement: nobody gets the one without the other. */
export async function readSealed(db: Database, reading: Reading): Promise<SealedRecord> {
  const { referralId, reader, actor, purpose, content, traceId } = reading;
  const rows = await db.run<SealedRecord>(
    "disclosure-record",
    `with recorded as (
       insert into disclosure (referral_id, reader, actor, purpose, content, trace_id)
       values ($1, $2, $3::jsonb, $4, $5, $6) returning id, referral_id)
     select recorded.id as "disclosureId", patient_id as "patientId", sealed_identity as identity,
       sealed_summary as summary
     from recorded join referral on referral.id = recorded.referral_id`,
    [referralId, reader, JSON.stringify(actor), purpose, content, traceId],
  );
  return must(rows[0], "a referral that was loaded is there");
}
