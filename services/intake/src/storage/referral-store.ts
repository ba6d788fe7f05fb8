import type { Statement, WriteContext } from "@carehub/database/change";
import type { Database, Run } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { careStateOf, settlementStateOf } from "../domain/care-state.ts";
import { sideOf } from "../domain/parties.ts";
import type { Referral } from "../domain/referral.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import type { Standing } from "../domain/submit-referral.ts";
import { toFactsJson } from "./facts-json.ts";
import { type ReferralRow, referralColumns, toStoredReferral } from "./referral-row.ts";

type Runner = { readonly run: Run };

/** Reads a referral that the caller has a part in; any other, and an unknown one, is REFERRAL_NOT_FOUND. */
export async function loadReferral(db: Runner, id: Uuid, caller: Caller): Promise<StoredReferral> {
  const rows = await db.run<ReferralRow>(
    "referral-load",
    `select ${referralColumns} from referral where id = $1 and $2 in (sending_party, hub)`,
    [id, sideOf(caller) ?? ""],
  );
  const [row] = rows;
  if (row === undefined)
    throw new DomainError("REFERRAL_NOT_FOUND", { referral: `referrals/${id}` });
  return toStoredReferral(row);
}

/** Reads a referral for the service's own acts: answers taken in, due times, operators' timelines. */
export async function loadReferralUnseen(
  db: Runner,
  id: Uuid,
): Promise<StoredReferral | undefined> {
  const rows = await db.run<ReferralRow>(
    "referral-load-unseen",
    `select ${referralColumns} from referral where id = $1`,
    [id],
  );
  return rows[0] && toStoredReferral(rows[0]);
}

/** What stands in the way of a new referral of that number, patient and programme. */
export async function readStanding(
  db: Database,
  about: {
    readonly sendingParty: string;
    readonly placerNumber: string;
    readonly patientId: string;
    readonly programme: string;
  },
): Promise<Standing> {
  const { sendingParty, placerNumber, patientId, programme } = about;
  const rows = await db.run<{ referral: string; sendingParty: string; hasNumber: boolean }>(
    "referral-standing",
    `select 'referrals/' || id::text as referral, sending_party as "sendingParty",
       (sending_party, placer_number) = ($1, $2) as "hasNumber"
     from referral where (sending_party = $1 and placer_number = $2)
       or (patient_id = $3 and programme = $4 and closed_at is null)`,
    [sendingParty, placerNumber, patientId, programme],
  );
  return {
    withNumber: rows.find(({ hasNumber }) => hasNumber)?.referral,
    openForPatient: rows.find(({ hasNumber }) => !hasNumber),
  };
}

/** What is sealed of a new referral, and the span in which it was submitted. */
export type Sealed = {
  readonly patientId: string;
  readonly identity: Uint8Array;
  readonly summary: Uint8Array | null;
  readonly traceparent: string | null;
};

/** The insert of a new referral; no row where its number is used or its patient has an open one. */
export function insertReferral(
  referral: Referral,
  { sealed, context }: { sealed: Sealed; context: WriteContext },
): Statement {
  const { sendingParty, hub, programme } = referral.facts.submission;
  return {
    name: "referral-insert",
    sql: `insert into referral (id, revision, sending_party, hub, programme, placer_number, patient_id,
        consent_reference, consent_date, sealed_identity, sealed_summary, traceparent, created_at,
        updated_at, closed_at, care_state, settlement_state, facts, documents, notes)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17::jsonb,
        $18::jsonb, $19::jsonb)
      on conflict do nothing returning id`,
    values: [
      referral.id,
      context.nextRevision,
      sendingParty,
      hub,
      programme,
      referral.placerNumber,
      sealed.patientId,
      referral.consent.reference,
      referral.consent.date,
      sealed.identity,
      sealed.summary,
      sealed.traceparent,
      ...changingValues(referral, context.now),
    ],
  };
}

/** The update of a referral at the revision that was read. */
export function updateReferral(referral: Referral, context: WriteContext): Statement {
  return {
    name: "referral-update",
    sql: `update referral set revision = $3, updated_at = $4, closed_at = coalesce(closed_at, $5),
        care_state = $6, settlement_state = $7, facts = $8::jsonb, documents = $9::jsonb,
        notes = $10::jsonb
      where id = $1 and revision = $2 returning id`,
    values: [
      referral.id,
      context.revision,
      context.nextRevision,
      ...changingValues(referral, context.now),
    ],
  };
}

function changingValues({ facts, documents, notes }: Referral, now: Temporal.Instant): unknown[] {
  return [
    now,
    facts.closed === undefined ? null : now,
    careStateOf(facts),
    settlementStateOf(facts),
    toFactsJson(facts),
    toFactsJson(documents),
    toFactsJson(notes),
  ];
}
