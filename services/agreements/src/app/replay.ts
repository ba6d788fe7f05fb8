import { isDeepStrictEqual } from "node:util";
import { must } from "@carehub/rules/fault";
import { evaluateConfirmation } from "../domain/confirmation.ts";
import type { DecisionRecord } from "../domain/entitlement.ts";
import { evaluateEntitlement } from "../domain/grant.ts";
import type { Agreements } from "./agreements.ts";
import { withoutSeat } from "./confirm-entitlement.ts";
import { inMilliseconds } from "./request-entitlement.ts";

/** A decision made again. */
export type Replay = {
  readonly decision: DecisionRecord;
  /** Whether reason, terms and every clause are those of the stored one. */
  readonly same: boolean;
};

/**
 * Makes a stored decision again from its facts, as known when it was made or at another time.
 * Stores nothing. Whether a seat was free then is taken from the stored decision, since seats have
 * no past.
 */
export async function replayDecision(
  { db, readTexts }: Agreements,
  stored: DecisionRecord,
  known?: Temporal.Instant,
): Promise<Replay> {
  // Refused for where the case stood, not for what any text says: there is nothing to make again.
  const isConfirmation = stored.kind === "CONFIRMATION";
  if (stored.reason === "CASE_CLOSED" || (isConfirmation && stored.granting === undefined)) {
    return { decision: stored, same: true };
  }
  const knownAt = known === undefined ? stored.knownAt : inMilliseconds(known);
  const party = must(stored.facts.sending_party, "a decision knows who sent");
  const texts = await readTexts(db, { party, day: stored.validOn, knownAt });
  const { facts, validOn } = stored;
  if (!isConfirmation) {
    const { findings, terms, refusal } = evaluateEntitlement(texts, facts, validOn);
    return compare(stored, {
      ...{ ...stored, knownAt, findings, grant: terms, granting: terms?.agreement },
      ...{ reason: refusal?.reason, outcome: refusal ? "REFUSED" : granted(stored) },
    });
  }
  const granting = must(stored.granting, "a confirmation rests on an agreement");
  const days = { first: validOn, last: must(stored.lastDate, "a course has a last day") };
  const found = evaluateConfirmation(texts, facts, { granting, days });
  const { findings, terms, refusal } =
    hadNoSeat(stored) && found.terms ? withoutSeat(found.findings) : found;
  return compare(stored, {
    ...{ ...stored, knownAt, findings, confirmed: terms },
    ...{ reason: refusal?.reason, outcome: refusal ? "REFUSED" : "CONFIRMED" },
  });
}

function granted({ outcome }: DecisionRecord): DecisionRecord["outcome"] {
  return outcome === "PENDED" ? "PENDED" : "GRANTED";
}

function hadNoSeat({ findings }: DecisionRecord): boolean {
  return findings.some(({ clauses }) => clauses.some(({ missing }) => missing.includes("seat")));
}

function compare(stored: DecisionRecord, decision: DecisionRecord): Replay {
  return { decision, same: isDeepStrictEqual(essence(stored), essence(decision)) };
}

// Through JSON, as it is stored, so that an absent field and an undefined one are the same.
function essence({ reason, outcome, findings, grant, confirmed }: DecisionRecord): unknown {
  return JSON.parse(JSON.stringify({ reason, outcome, findings, grant, confirmed }));
}
