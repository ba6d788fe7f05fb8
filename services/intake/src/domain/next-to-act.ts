import type { Side, Unblocker } from "./actions.ts";
import { isAwaitingInformation } from "./care-state.ts";
import { type CaseFacts, currentRound, isOpen, isWaiting, roundOf } from "./facts.ts";

/** Who pays as a ministry's own party is not; the hub records what the patient decides. */
export const privatePayer = "parties/private";

/** The party that pays; undefined before agreements has told. */
export function payerOf({ entitlement }: CaseFacts): string | undefined {
  return entitlement.granted?.payers[0]?.party;
}

/** The side that decides for the payer. */
export function payerSide(facts: CaseFacts): Side {
  return payerOf(facts) === privatePayer ? "hub" : "ministry";
}

/** Where the last estimate of a case stands, as billing has told. */
export type EstimateStanding = "NONE" | "OPEN" | "GUARANTEED" | "DECLINED" | "WITHDRAWN";

/** The last round that billing has priced, and where its estimate stands. */
export function lastEstimate(facts: CaseFacts): {
  readonly round: number;
  readonly standing: EstimateStanding;
} {
  const rounds = Object.keys(facts.rounds).map(Number);
  const round = Math.max(
    0,
    ...rounds.filter((known) => roundOf(facts, known).estimate !== undefined),
  );
  if (round === 0) return { round, standing: "NONE" };
  const { guarantee } = facts;
  if (guarantee !== undefined && guarantee.round >= round) {
    return { round, standing: guarantee.isReleased === true ? "WITHDRAWN" : "GUARANTEED" };
  }
  return { round, standing: roundOf(facts, round).estimateEnd?.how ?? "OPEN" };
}

/** Who has to act for the case to go on; undefined once it is over. */
export function nextToAct(facts: CaseFacts): Unblocker | undefined {
  const { stop, ended, closed, deferred, acceptance, startedOn, entitlement } = facts;
  if (closed !== undefined || ended !== undefined) return undefined;
  if (stop !== undefined) return stop.isPending === true ? "hub" : "service";
  if (deferred !== undefined) return "ministry";
  if (acceptance === undefined) return isAwaitingInformation(facts) ? "ministry" : "hub";
  if (startedOn !== undefined || currentRound(facts).booked !== undefined) return "hub";
  if (entitlement.granted === undefined || isWaiting(facts)) return "service";
  const { round, standing } = lastEstimate(facts);
  const isPayersTurn = standing === "OPEN" && roundOf(facts, round).isAnswerOverdue !== true;
  return isPayersTurn ? payerSide(facts) : "service";
}

/** The same for a command that comes too early; one that comes while the case is being stopped comes too late. */
export function unblockedByGoingOn(facts: CaseFacts): Unblocker | undefined {
  return isOpen(facts) ? nextToAct(facts) : undefined;
}
