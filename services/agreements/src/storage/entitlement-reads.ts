import type { Database } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import type { ConfirmedTerms } from "../domain/confirmation.ts";
import type { DecisionRecord, EntitlementState } from "../domain/entitlement.ts";
import type { Facts } from "../domain/facts.ts";
import type { GrantTerms } from "../domain/grant.ts";
import type { AgreementFinding } from "../domain/layers.ts";
import type { RefusalReason } from "../domain/reasons.ts";
import type { SeatState } from "../domain/seat.ts";
import type { PrismaClient } from "./generated/client.ts";
import type { DecisionModel, SeatAccountModel } from "./generated/models.ts";
import { dateOf, instantOf, type Page, visibleEntitlements, visibleTexts } from "./reads.ts";

/** An entitlement as it is told. */
export type EntitlementView = {
  readonly id: string;
  readonly revision: number;
  readonly state: EntitlementState;
  readonly sendingParty: string;
  readonly hub: string;
  readonly programme: string;
  readonly decision: string | null;
  readonly confirmDecision: string | null;
  readonly quota: string | null;
  readonly period: string | null;
  readonly part: string | null;
  readonly seatState: SeatState | null;
  readonly closed: boolean;
  readonly updatedAt: Temporal.Instant;
  /** Its place in the order, and until when it is promised an answer. */
  readonly waiting:
    | { readonly place: number; readonly promisedDate: Temporal.PlainDate | undefined }
    | undefined;
};

/** An entitlement that the caller may see. */
export async function findEntitlement(
  reads: PrismaClient,
  caller: Caller,
  id: string,
): Promise<EntitlementView | undefined> {
  const row = await reads.entitlement.findFirst({
    where: { id, AND: [visibleEntitlements(caller)] },
    include: { wait: true },
  });
  if (row === null) return undefined;
  const { wait } = row;
  const promisedDate = wait?.promisedDate ? dateOf(wait.promisedDate) : undefined;
  return {
    ...row,
    state: row.state as EntitlementState,
    seatState: row.seatState as SeatState | null,
    updatedAt: instantOf(row.updatedAt),
    waiting: wait === null ? undefined : { place: await placeOf(reads, wait), promisedDate },
  };
}

type Wait = { quota: string; period: string; priority: number; arrival: bigint };

async function placeOf(reads: PrismaClient, { quota, period, priority, arrival }: Wait) {
  const ahead = { OR: [{ priority: { gt: priority } }, { priority, arrival: { lt: arrival } }] };
  return 1 + (await reads.seatWait.count({ where: { quota, period, ...ahead } }));
}

/** A decision on an entitlement that the caller may see. */
export async function findDecision(
  reads: PrismaClient,
  caller: Caller,
  id: string,
): Promise<DecisionRecord | undefined> {
  const row = await reads.decision.findFirst({ where: { id, of: visibleEntitlements(caller) } });
  return row === null ? undefined : toDecision(row);
}

function toDecision(row: DecisionModel): DecisionRecord {
  return {
    id: row.id,
    entitlement: row.entitlement,
    kind: row.kind as DecisionRecord["kind"],
    outcome: row.outcome as DecisionRecord["outcome"],
    reason: (row.reason ?? undefined) as RefusalReason | undefined,
    validOn: dateOf(row.validOn),
    lastDate: row.lastDate === null ? undefined : dateOf(row.lastDate),
    knownAt: instantOf(row.knownAt),
    decidedAt: instantOf(row.decidedAt),
    calendarVersion: row.calendarVersion,
    facts: row.facts as Facts,
    findings: row.findings as unknown as readonly AgreementFinding[],
    granting: row.granting ?? undefined,
    grant: (row.grantTerms ?? undefined) as GrantTerms | undefined,
    confirmed: (row.confirmedTerms ?? undefined) as ConfirmedTerms | undefined,
  };
}

/** A quota in one period with its parts, the general one first. */
export type QuotaView = {
  readonly quota: string;
  readonly period: string;
  readonly days: {
    readonly first: Temporal.PlainDate;
    readonly last: Temporal.PlainDate | undefined;
  };
  readonly parts: readonly SeatAccountModel[];
  /** Whether every counter is the sum of its postings. */
  readonly balanced: boolean;
};

type Reads = { readonly reads: PrismaClient; readonly db: Database };
type QuotaKey = { readonly quota: string; readonly period: string };

/** The quotas of agreements that the caller may see, by name and period. */
export async function listQuotas(
  { reads, db }: Reads,
  caller: Caller,
  asked: Page<QuotaKey> & { readonly agreement?: string; readonly only?: QuotaKey },
): Promise<QuotaView[]> {
  const { after, size, agreement, only } = asked;
  const keys = await reads.seatAccount.findMany({
    where: {
      part: "",
      of: visibleTexts(caller),
      ...only,
      ...(agreement !== undefined && { agreement }),
      ...(after && {
        OR: [{ quota: { gt: after.quota } }, { quota: after.quota, period: { gt: after.period } }],
      }),
    },
    orderBy: [{ quota: "asc" }, { period: "asc" }],
    take: size,
  });
  if (keys.length === 0) return [];
  const or = keys.map(({ quota, period }) => ({ quota, period }));
  const parts = await reads.seatAccount.findMany({ where: { OR: or }, orderBy: { part: "asc" } });
  const unbalanced = await readUnbalanced(db, or);
  return keys.map(({ quota, period, firstDate, lastDate }) => ({
    ...{ quota, period },
    days: { first: dateOf(firstDate), last: lastDate === null ? undefined : dateOf(lastDate) },
    parts: parts.filter((part) => part.quota === quota && part.period === period),
    balanced: !unbalanced.some((key) => key.quota === quota && key.period === period),
  }));
}

/**
 * Those quotas of which a counter is not the sum of its postings; counters and postings in one
 * statement.
 */
export async function readUnbalanced(
  db: Pick<Database, "run">,
  keys: readonly QuotaKey[],
): Promise<QuotaKey[]> {
  return await db.run<QuotaKey>(
    "seats-unbalanced",
    `select distinct quota, period from seat_balance
     where not balanced and (quota, period) in (select * from unnest($1::text[], $2::text[]))`,
    [keys.map(({ quota }) => quota), keys.map(({ period }) => period)],
  );
}
