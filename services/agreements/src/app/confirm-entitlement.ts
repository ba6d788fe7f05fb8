import { calendarVersion } from "@carehub/calendar/table";
import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Source } from "@carehub/database/source";
import type { Outcome } from "@carehub/database/transact";
import { must } from "@carehub/rules/fault";
import {
  type ConfirmedTerms,
  type CourseDays,
  evaluateConfirmation,
} from "../domain/confirmation.ts";
import {
  type Entitlement,
  type EntitlementEvent,
  type NewDecision,
  reasonNotConfirmable,
} from "../domain/entitlement.ts";
import type { Facts } from "../domain/facts.ts";
import type { Evaluation } from "../domain/grant.ts";
import { type AgreementFinding, explainFailing } from "../domain/layers.ts";
import type { Seat } from "../domain/seat.ts";
import { lockForDecision } from "../storage/entitlement-store.ts";
import type { QuotaPeriodKey } from "../storage/seat-store.ts";
import { type Agreements, settle, transactInTurn, unchanged } from "./agreements.ts";
import { inMilliseconds, liveSeat } from "./request-entitlement.ts";
import { giveBack, isSame, lockHolding, takeSeat } from "./seat-keeping.ts";

/** Intake asks whether the entitlement holds on the days of the course. */
export type ConfirmationRequest = {
  /** The referral's uuid. */
  readonly id: string;
  readonly round: number;
  readonly hub: string;
  readonly days: CourseDays;
  /** What is known of the person now. */
  readonly person: Facts;
};

/**
 * Confirms an entitlement on the days of its course, or refuses it. A seat of another period is
 * given back and one of the right period reserved in the same commit. A round that was answered
 * stays so.
 */
export function confirmEntitlement(
  app: Agreements,
  request: ConfirmationRequest,
  source: Source,
): Promise<Changed<Entitlement>> {
  return transactInTurn<Entitlement>(app, {
    name: "confirm-entitlement",
    source,
    work: async (tx, { now }) => {
      const before = await lockForDecision(tx, request.id, now);
      if (request.round <= before.confirmRound) return unchanged(before);
      return await decide(app, tx, { before, request, now });
    },
  });
}

type Asked = {
  readonly before: Entitlement;
  readonly request: ConfirmationRequest;
  readonly now: Temporal.Instant;
};

async function decide(app: Agreements, tx: Tx, asked: Asked): Promise<Outcome<Entitlement>> {
  const { before, request, now } = asked;
  const knownAt = inMilliseconds(now);
  const facts = { ...before.facts, ...request.person, hub: request.hub };
  const blocked = reasonNotConfirmable(before);
  const found: Evaluation<ConfirmedTerms> = blocked
    ? { findings: [], refusal: { reason: blocked } }
    : await evaluate(app, tx, { before, request, facts, knownAt });
  const { evaluation, seat, freed } = await moveToPeriod(tx, { ...asked, evaluation: found });
  const decision = app.newId();
  const confirmed = evaluation.terms;
  const record: NewDecision = {
    id: decision,
    entitlement: before.id,
    kind: "CONFIRMATION",
    outcome: confirmed ? "CONFIRMED" : "REFUSED",
    reason: evaluation.refusal?.reason,
    validOn: request.days.first,
    lastDate: request.days.last,
    knownAt,
    calendarVersion,
    facts,
    findings: evaluation.findings,
    // Refused for where the case stands, not for what a text says: there is nothing to make again.
    granting: blocked ? undefined : before.grant?.agreement,
    grant: undefined,
    confirmed,
  };
  const { round } = request;
  const after: Entitlement = {
    ...before,
    ...{ facts: blocked ? before.facts : facts, confirmRound: round, confirmDecision: decision },
    ...{ state: confirmed ? "CONFIRMED" : before.state, seat },
  };
  const event: EntitlementEvent = confirmed
    ? { kind: "Confirmed", round, decision, terms: confirmed, seat: liveSeat(seat) }
    : {
        ...{ kind: "Refused", round, decision },
        reason: must(evaluation.refusal, "what is not confirmed is refused").reason,
        clauses: evaluation.findings.flatMap(({ clauses }) => clauses),
      };
  return await settle(app, tx, { before, after, events: [event], now, freed, decision: record });
}

async function evaluate(
  { readTexts }: Agreements,
  tx: Tx,
  {
    before,
    request: { days },
    facts,
    knownAt,
  }: Omit<Asked, "now"> & { facts: Facts; knownAt: Temporal.Instant },
): Promise<Evaluation<ConfirmedTerms>> {
  const texts = await readTexts(tx, { party: before.sendingParty, day: days.first, knownAt });
  const granting = must(before.grant, "what is granted has its terms").agreement;
  return evaluateConfirmation(texts, facts, { granting, days });
}

type Moved = {
  readonly evaluation: Evaluation<ConfirmedTerms>;
  readonly seat: Seat | undefined;
  readonly freed: readonly QuotaPeriodKey[];
};

// A seat that is committed or used stays where it is: it moves one way only.
async function moveToPeriod(
  tx: Tx,
  { before, evaluation, now }: Asked & { evaluation: Evaluation<ConfirmedTerms> },
): Promise<Moved> {
  const { seat } = before;
  const kept = { evaluation, seat, freed: [] };
  const source = evaluation.terms?.seat;
  if (source === undefined || seat?.state === "COMMITTED" || seat?.state === "CONSUMED")
    return kept;
  const live = liveSeat(seat);
  if (live !== undefined && isSame(live, source)) return kept;
  const holding = await lockHolding(tx, before, [source]);
  const taken = await takeSeat(tx, holding, { source, now });
  if (taken === undefined) return { ...kept, evaluation: withoutSeat(evaluation.findings) };
  const freed = live === undefined ? [] : await giveBack(tx, holding, { seat: live, now });
  return { evaluation, seat: taken, freed };
}

/** The refusal of a course in whose period no seat is left; the clause of the quota is marked. */
export function withoutSeat(findings: readonly AgreementFinding[]): Evaluation<ConfirmedTerms> {
  const clauses = findings
    .flatMap((found) => found.clauses)
    .filter(({ kind, result, overriddenBy }) => {
      return kind === "QUOTA_RULE" && result === "SATISFIED" && overriddenBy === "";
    })
    .map(({ clause }) => clause);
  const failing = { clauses, missing: "seat" };
  return { findings: explainFailing(findings, failing), refusal: { reason: "PERIOD_CLOSED" } };
}
