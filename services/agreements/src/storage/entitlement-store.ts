import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Entitlement, EntitlementState, NewDecision } from "../domain/entitlement.ts";
import type { Facts } from "../domain/facts.ts";
import type { GrantTerms } from "../domain/grant.ts";
import type { AgreementFinding } from "../domain/layers.ts";
import type { RefusalReason } from "../domain/reasons.ts";
import type { SeatState } from "../domain/seat.ts";
import { registryLock } from "./registry-store.ts";
import { type Waiting, waitSql, waitValues } from "./seat-store.ts";

type Runner = Pick<Tx, "run">;

type EntitlementRow = {
  readonly id: string;
  readonly revision: number;
  readonly state: EntitlementState;
  readonly sending_party: string;
  readonly hub: string;
  readonly programme: string;
  readonly facts: Facts;
  readonly round: number;
  readonly decision: string | null;
  readonly confirm_round: number;
  readonly confirm_decision: string | null;
  readonly grant_terms: GrantTerms | null;
  readonly refusal: RefusalReason | null;
  readonly quota: string | null;
  readonly period: string | null;
  readonly part: string | null;
  readonly seat: number | null;
  readonly seat_state: SeatState | null;
  readonly closed: boolean;
};

/**
 * Locks the case's row, made first where nothing is known of it: UNKNOWN, revision 0. For the
 * service's own use cases only.
 */
export async function lockEntitlement(
  tx: Runner,
  id: string,
  now: Temporal.Instant,
): Promise<Entitlement> {
  const rows = await tx.run<EntitlementRow>(
    "entitlement-lock",
    `insert into entitlement as found (id, updated_at) values ($1, $2)
     on conflict (id) do update set revision = found.revision returning *`,
    [id, now],
  );
  return toEntitlement(must(rows[0], "an upsert has a row"));
}

/**
 * The same for a decision by the register's texts: keeps publications out until the end of the
 * transaction, too.
 */
export async function lockForDecision(
  tx: Runner,
  id: string,
  now: Temporal.Instant,
): Promise<Entitlement> {
  // A statement before the one that reads the texts, so that its snapshot has what was waited for.
  const rows = await tx.run<EntitlementRow>(
    "entitlement-lock-shared",
    `insert into entitlement as found (id, updated_at)
     select $1::uuid, $2::timestamptz from pg_advisory_xact_lock_shared(${registryLock})
     on conflict (id) do update set revision = found.revision returning *`,
    [id, now],
  );
  return toEntitlement(must(rows[0], "an upsert has a row"));
}

const saveSql = `
  update entitlement set revision = $2, state = $3, sending_party = $4, hub = $5, programme = $6,
    facts = $7, round = $8, decision = $9, confirm_round = $10, confirm_decision = $11,
    grant_terms = $12, refusal = $13, quota = $14, period = $15, part = $16, seat = $17,
    seat_state = $18, closed = $19, updated_at = $20, closed_state = coalesce(closed_state, $21)
  where id = $1`;

const decideSql = `
  insert into decision (id, entitlement, kind, outcome, reason, valid_on, last_date, known_at,
    calendar_version, facts, findings, granting, grant_terms, confirmed_terms)
  values ($22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32::jsonb, $33, $34, $35)`;
const decidedSql = `with saved as (${saveSql}) ${decideSql}`;
const pendedSql = `with saved as (${saveSql}), decided as (${decideSql}), ${waitSql(35)}`;

/** A decision that is made now, and for a pended case how it waits; both are kept with the row. */
export type Decided = { readonly decision?: NewDecision; readonly waiting?: Waiting | undefined };

/**
 * Writes the row that is locked, at the revision of its last event, and keeps the decision that led
 * to it for ever; answers the place of a case that waits. One statement, since the quota is locked.
 */
export async function saveEntitlement(
  tx: Runner,
  entitlement: Entitlement,
  saved: Decided & { readonly now: Temporal.Instant; readonly closedState?: string | undefined },
): Promise<number | undefined> {
  const { decision, waiting, now } = saved;
  const values = entitlementValues(entitlement, saved);
  if (decision === undefined) {
    await tx.run("entitlement-save", saveSql, values);
    return undefined;
  }
  values.push(...decisionValues(decision));
  if (waiting === undefined) {
    await tx.run("entitlement-decide", decidedSql, values);
    return undefined;
  }
  values.push(...waitValues(waiting, now));
  const rows = await tx.run<{ place: number }>("entitlement-pend", pendedSql, values);
  return must(rows[0], "a case that waits has a place").place;
}

function entitlementValues(
  entitlement: Entitlement,
  { now, closedState }: { now: Temporal.Instant; closedState?: string | undefined },
): unknown[] {
  const { seat } = entitlement;
  return [
    ...[entitlement.id, entitlement.revision, entitlement.state, entitlement.sendingParty],
    ...[entitlement.hub, entitlement.programme, entitlement.facts, entitlement.round],
    ...[entitlement.decision ?? null, entitlement.confirmRound],
    ...[entitlement.confirmDecision ?? null, entitlement.grant ?? null],
    ...[entitlement.refusal ?? null, seat?.quota ?? null, seat?.period ?? null],
    ...[seat?.part ?? null, seat?.number ?? null, seat?.state ?? null],
    ...[entitlement.closed, now, closedState ?? null],
  ];
}

function decisionValues(decision: NewDecision): unknown[] {
  return [
    ...[decision.id, decision.entitlement, decision.kind, decision.outcome],
    ...[decision.reason ?? null, decision.validOn, decision.lastDate ?? null, decision.knownAt],
    ...[decision.calendarVersion, decision.facts, JSON.stringify(decision.findings)],
    ...[decision.granting ?? null, decision.grant ?? null, decision.confirmed ?? null],
  ];
}

/**
 * Keeps the grant of a freed seat as a decision of its own, on what the pended one found; answers
 * that.
 */
export async function insertOffer(
  tx: Runner,
  { id, pended }: { id: string; pended: string },
): Promise<readonly AgreementFinding[]> {
  const rows = await tx.run<{ findings: readonly AgreementFinding[] }>(
    "decision-offer",
    `insert into decision (id, entitlement, kind, outcome, valid_on, known_at, calendar_version,
       facts, findings, granting, grant_terms)
     select $1::uuid, entitlement, 'OFFER', 'GRANTED', valid_on, known_at, calendar_version,
       facts, findings, granting, grant_terms from decision where id = $2::uuid
     returning findings`,
    [id, pended],
  );
  return must(rows[0], "the pended decision is kept").findings;
}

function toEntitlement(row: EntitlementRow): Entitlement {
  return {
    id: row.id,
    revision: row.revision,
    state: row.state,
    sendingParty: row.sending_party,
    hub: row.hub,
    programme: row.programme,
    facts: row.facts,
    round: row.round,
    decision: row.decision ?? undefined,
    confirmRound: row.confirm_round,
    confirmDecision: row.confirm_decision ?? undefined,
    grant: row.grant_terms ?? undefined,
    refusal: row.refusal ?? undefined,
    seat: seatOf(row),
    closed: row.closed,
  };
}

function seatOf({ quota, period, part, seat, seat_state: state }: EntitlementRow) {
  if (quota === null || period === null || part === null || seat === null || state === null) {
    return undefined;
  }
  return { quota, period, part, number: seat, state };
}
