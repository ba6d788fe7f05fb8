import { calendarVersion } from "@carehub/calendar/table";
import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Source } from "@carehub/database/source";
import type { Outcome } from "@carehub/database/transact";
import {
  type DecisionOutcome,
  type Entitlement,
  type EntitlementEvent,
  type NewDecision,
  priorityRank,
} from "../domain/entitlement.ts";
import type { Facts } from "../domain/facts.ts";
import { type Evaluation, evaluateEntitlement, type GrantTerms } from "../domain/grant.ts";
import { promisedDate } from "../domain/promise.ts";
import type { Seat } from "../domain/seat.ts";
import { lockForDecision } from "../storage/entitlement-store.ts";
import type { QuotaPeriodKey, Waiting } from "../storage/seat-store.ts";
import { type Agreements, settle, transactInTurn, unchanged } from "./agreements.ts";
import { giveBack, isSame, leaveOrder, lockHolding, takeSeat } from "./seat-keeping.ts";

/** Intake asks whether a case is entitled. */
export type EntitlementRequest = {
  /** The referral's uuid. */
  readonly id: string;
  readonly round: number;
  readonly sendingParty: string;
  readonly hub: string;
  readonly programme: string;
  readonly facts: Facts;
  readonly referralDate: Temporal.PlainDate;
};

/**
 * Decides whether the case is entitled, and reserves a seat, lets it wait, or refuses it, in one
 * commit. A round that was answered is not answered again; a newer one replaces what was reserved.
 */
export function requestEntitlement(
  app: Agreements,
  request: EntitlementRequest,
  source: Source,
): Promise<Changed<Entitlement>> {
  return transactInTurn<Entitlement>(app, {
    name: "request-entitlement",
    source,
    work: async (tx, { now }) => {
      const before = await lockForDecision(tx, request.id, now);
      if (request.round <= before.round) return unchanged(before);
      return await decide(app, tx, { before, request, now });
    },
  });
}

type Asked = {
  readonly before: Entitlement;
  readonly request: EntitlementRequest;
  readonly now: Temporal.Instant;
};

async function decide(app: Agreements, tx: Tx, asked: Asked): Promise<Outcome<Entitlement>> {
  const { before, request, now } = asked;
  const knownAt = inMilliseconds(now);
  const evaluation = before.closed ? closedCase : await evaluate(app, tx, { request, knownAt });
  const decision = app.newId();
  const given = await assignSeat(tx, { ...asked, evaluation });
  const { seat, waiting } = given;
  const outcome: DecisionOutcome = evaluation.refusal ? "REFUSED" : waiting ? "PENDED" : "GRANTED";
  const record: NewDecision = {
    id: decision,
    entitlement: before.id,
    kind: "ENTITLEMENT",
    outcome,
    reason: evaluation.refusal?.reason,
    validOn: request.referralDate,
    lastDate: undefined,
    knownAt,
    calendarVersion,
    facts: request.facts,
    findings: evaluation.findings,
    granting: evaluation.terms?.agreement,
    grant: evaluation.terms,
    confirmed: undefined,
  };
  const { sendingParty, hub, programme, facts, round } = request;
  const after: Entitlement = {
    ...before,
    ...{ sendingParty, hub, programme, facts, round, decision, state: outcome, seat },
    grant: evaluation.terms,
    refusal: evaluation.refusal?.reason,
  };
  const event = tell({ round, decision, evaluation, seat, waiting });
  return await settle(app, tx, {
    before,
    after,
    events: [event],
    now,
    freed: given.freed,
    decision: record,
    waiting,
  });
}

const closedCase: Evaluation<GrantTerms> = { findings: [], refusal: { reason: "CASE_CLOSED" } };

async function evaluate(
  { readTexts }: Agreements,
  tx: Tx,
  { request, knownAt }: { request: EntitlementRequest; knownAt: Temporal.Instant },
): Promise<Evaluation<GrantTerms>> {
  const { sendingParty: party, referralDate: day, facts } = request;
  return evaluateEntitlement(await readTexts(tx, { party, day, knownAt }), facts, day);
}

type Assigned = {
  readonly seat: Seat | undefined;
  readonly waiting?: Waiting;
  readonly freed: readonly QuotaPeriodKey[];
};

// What an older round had is kept where it fits, else given back, before anything is taken.
async function assignSeat(
  tx: Tx,
  { before, request, evaluation, now }: Asked & { evaluation: Evaluation<GrantTerms> },
): Promise<Assigned> {
  const source = evaluation.terms?.seat;
  const { seat } = before;
  const { pendTime } = evaluation.terms ?? {};
  // Counted before the quota is locked.
  const promised = pendTime && promisedDate(pendTime, now);
  if (seat?.state === "COMMITTED" || seat?.state === "CONSUMED") return { seat, freed: [] };
  if (source === undefined && before.state === "UNKNOWN") return { seat: undefined, freed: [] };
  const locked = await lockHolding(tx, before, source === undefined ? [] : [source]);
  const holding = await leaveOrder(tx, locked);
  if (
    seat?.state === "RESERVED" &&
    source &&
    isSame(seat, source) &&
    source.parts.includes(seat.part)
  ) {
    return { seat, freed: [] };
  }
  const freed = seat?.state === "RESERVED" ? await giveBack(tx, holding, { seat, now }) : [];
  const released = seat && ({ ...seat, state: "RELEASED" } as const);
  if (source === undefined) return { seat: released, freed };
  const taken = await takeSeat(tx, holding, { source, now });
  if (taken !== undefined) return { seat: taken, freed };
  const priority = priorityRank(request.facts.priority);
  const waiting = { entitlement: before.id, source, priority, promisedDate: promised };
  return { seat: released, waiting, freed };
}

function tell({
  round,
  decision,
  evaluation: { findings, terms, refusal },
  seat,
  waiting,
}: {
  round: number;
  decision: string;
  evaluation: Evaluation<GrantTerms>;
  seat: Seat | undefined;
  waiting: Waiting | undefined;
}): EntitlementEvent | ((place: number) => EntitlementEvent) {
  const clauses = findings.flatMap((found) => found.clauses);
  if (refusal !== undefined) {
    return { kind: "Refused", round, decision, reason: refusal.reason, clauses };
  }
  if (waiting !== undefined) {
    const { source, promisedDate } = waiting;
    const pended = { kind: "Pended", round, decision, quota: source.quota, promisedDate } as const;
    return (place) => ({ ...pended, place });
  }
  const deciding = clauses.filter(({ clause }) => terms.deciding.includes(clause));
  return { kind: "Granted", round, decision, terms, clauses: deciding, seat: liveSeat(seat) };
}

/** The seat, unless it was given back. */
export function liveSeat(seat: Seat | undefined): Seat | undefined {
  return seat?.state === "RELEASED" ? undefined : seat;
}

/** The time in whole milliseconds, as decisions keep it and as it is told. */
export function inMilliseconds(now: Temporal.Instant): Temporal.Instant {
  return now.round({ smallestUnit: "millisecond", roundingMode: "floor" });
}
