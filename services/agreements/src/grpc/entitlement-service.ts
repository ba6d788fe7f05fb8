import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type DecisionSchema,
  type EntitlementSchema,
  Decision_Kind as Kind,
  Decision_Outcome as Outcome,
  type QuotaUsageSchema,
  Entitlement_SeatState as SeatState,
  Entitlement_State as State,
} from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_pb.ts";
import { EntitlementService } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_service_pb.ts";
import { toInstant, toTimestamp } from "@carehub/grpc/instants";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { parseName } from "@carehub/rules/ids";
import type { Agreements } from "../app/agreements.ts";
import {
  getDecision,
  getEntitlement,
  getQuotaUsage,
  pageQuotas,
  type Queries,
} from "../app/queries.ts";
import { replayDecision } from "../app/replay.ts";
import { toCivilDate } from "../domain/dates.ts";
import type { DecisionRecord } from "../domain/entitlement.ts";
import { showFacts } from "../domain/facts.ts";
import type { AgreementFinding } from "../domain/layers.ts";
import { showTime } from "./agreement-showing.ts";

/** The API of entitlements, decisions and quotas; see the proto for what each method promises. */
export function implementEntitlements(app: Agreements, queries: Queries): Implementation {
  return implement(EntitlementService, {
    getEntitlement: async ({ name }, { caller }) => {
      const id = parseName(name, "entitlements", "name");
      return { entitlement: showEntitlement(await getEntitlement(queries, caller, id)) };
    },
    getDecision: async ({ name }, { caller }) => {
      const id = parseName(name, "decisions", "name");
      return { decision: showDecision(await getDecision(queries, caller, id)) };
    },
    replayDecision: async ({ name, knownAtTime }, { caller }) => {
      const stored = await getDecision(queries, caller, parseName(name, "decisions", "name"));
      const known = knownAtTime && toInstant(knownAtTime);
      const { decision, same } = await replayDecision(app, stored, known);
      return { decision: showDecision(decision), same };
    },
    listQuotas: async ({ agreement, pageSize, pageToken }, { caller }) => {
      const page = await pageQuotas(queries, caller, { agreement, pageSize, pageToken });
      return { quotas: page.items.map(showUsage), nextPageToken: page.nextPageToken };
    },
    getQuotaUsage: async ({ quota, period }, { caller }) => ({
      usage: showUsage(await getQuotaUsage(queries, caller, { quota, period })),
    }),
  });
}

const states = {
  UNKNOWN: State.UNSPECIFIED,
  GRANTED: State.GRANTED,
  PENDED: State.PENDED,
  REFUSED: State.REFUSED,
  CONFIRMED: State.CONFIRMED,
  RELEASED: State.RELEASED,
} as const;

function showEntitlement(
  view: Awaited<ReturnType<typeof getEntitlement>>,
): MessageInitShape<typeof EntitlementSchema> {
  const { sendingParty, hub, programme, closed, quota, period, part, waiting } = view;
  return {
    ...{ sendingParty, hub, programme, closed },
    name: `entitlements/${view.id}`,
    referral: `referrals/${view.id}`,
    state: states[view.state],
    decision: decisionName(view.decision),
    confirmDecision: decisionName(view.confirmDecision),
    ...(quota !== null && { seat: { quota, period: period ?? "", setAside: part ?? "" } }),
    seatState: view.seatState === null ? SeatState.UNSPECIFIED : SeatState[view.seatState],
    place: waiting?.place ?? 0,
    ...(waiting?.promisedDate && { promisedDate: toCivilDate(waiting.promisedDate) }),
    updateTime: toTimestamp(view.updatedAt),
    etag: String(view.revision),
  };
}

function showDecision(decision: DecisionRecord): MessageInitShape<typeof DecisionSchema> {
  const { grant, facts } = decision;
  return {
    name: decisionName(decision.id),
    entitlement: `entitlements/${decision.entitlement}`,
    kind: Kind[decision.kind],
    outcome: Outcome[decision.outcome],
    reason: decision.reason ?? "",
    validOnDate: toCivilDate(decision.validOn),
    knownAtTime: toTimestamp(decision.knownAt),
    decideTime: toTimestamp(decision.decidedAt),
    calendarVersion: decision.calendarVersion,
    facts: showFacts(facts, Object.keys(facts) as (keyof typeof facts)[]),
    agreements: decision.findings.map(showFinding),
    agreement: decision.granting ?? "",
    payers: grant?.payers.map((payer) => ({ ...payer })) ?? [],
    ...(grant && { answerTime: showTime(grant.answerTime, grant.answerTime.clause) }),
  };
}

function showFinding({ agreement, version, layer, covers, clauses }: AgreementFinding) {
  return {
    ...{ agreement, version, layer, covers },
    clauses: clauses.map(({ clause, result, summary, missing, kind, overriddenBy, facts }) => ({
      result: { clause, result, summary, missingFacts: [...missing] },
      ...{ kind, overriddenBy, facts: { ...facts } },
    })),
  };
}

function showUsage({
  quota,
  period,
  days,
  parts,
  balanced,
}: Awaited<ReturnType<typeof getQuotaUsage>>): MessageInitShape<typeof QuotaUsageSchema> {
  return {
    ...{ quota, period, balanced },
    firstDate: toCivilDate(days.first),
    ...(days.last && { lastDate: toCivilDate(days.last) }),
    // Whoever waits could use a general seat, so the general part counts them all.
    waitingCount: parts.find(({ part }) => part === "")?.waiting ?? 0,
    parts: parts.map((count) => ({
      setAside: count.part,
      grantedCount: count.granted,
      availableCount: count.available,
      reservedCount: count.reserved,
      committedCount: count.committed,
      consumedCount: count.consumed,
      releasedCount: count.released,
    })),
  };
}

function decisionName(id: string | null): string {
  return id === null ? "" : `decisions/${id}`;
}
