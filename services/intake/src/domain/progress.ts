import type { Decision } from "@carehub/rules/decision";
import { type Answer, applyAnswer } from "./answers.ts";
import { finalCareState } from "./care-state.ts";
import type { StopReason } from "./case-terms.ts";
import type { StopDue } from "./dues.ts";
import type { CaseEvent, Told } from "./events.ts";
import { type CaseFacts, isOpen, roundOf, withRound } from "./facts.ts";
import { followUp } from "./follow-up.ts";
import { nextRequests } from "./next-requests.ts";
import { requestKey } from "./requests.ts";
import { endReason, isAllClear } from "./wind-down.ts";

/** Takes an answer in and decides what follows. An answer that says nothing new tells nothing. */
export function takeAnswer(
  facts: CaseFacts,
  { answer, told, now }: { answer: Answer; told: Told; now: Temporal.Instant },
): Decision<CaseFacts, CaseEvent> {
  const known = applyAnswer(facts, answer);
  if (known === facts) return { state: facts, events: [] };
  return progress(known, [{ kind: "AnswerTaken", told }], now);
}

/** Asks to stop a case, for a command or a time that passed; does nothing to one that is stopping or over. */
export function askStop(
  facts: CaseFacts,
  { reason, told = [], now }: { reason: StopReason; told?: CaseEvent[]; now: Temporal.Instant },
): Decision<CaseFacts, CaseEvent> {
  if (!isOpen(facts)) return { state: facts, events: [] };
  const stopped = { ...facts, stop: { reason } };
  return progress(stopped, [...told, { kind: "CaseStopAsked", reason }], now);
}

/**
 * Does what follows when a time has passed: the case is stopped. Where a payer may have answered in time, unheard, billing
 * is asked first, once; its answer decides.
 */
export function passTime(
  facts: CaseFacts,
  { reason, estimateRound }: StopDue,
  now: Temporal.Instant,
): Decision<CaseFacts, CaseEvent> {
  if (estimateRound === undefined) return askStop(facts, { reason, now });
  const isAsked = roundOf(facts, estimateRound).isAnswerOverdue === true;
  if (isAsked || !isOpen(facts)) return { state: facts, events: [] };
  return progress(withRound(facts, estimateRound, { isAnswerOverdue: true }), [], now);
}

/**
 * Adds to what was just told all that follows in the same commit: a stop or the next round, the requests that are now
 * called for, each once, and the close of the case when nothing is left held.
 */
export function progress(
  known: CaseFacts,
  told: readonly CaseEvent[],
  now: Temporal.Instant,
): Decision<CaseFacts, CaseEvent> {
  const events: CaseEvent[] = [...told];
  const followed = followUp(known);
  if (followed.stop !== undefined && known.stop === undefined) {
    events.push({ kind: "CaseStopAsked", reason: followed.stop.reason });
  }
  const requests = nextRequests(followed);
  const sent = Object.fromEntries(requests.map((request) => [requestKey(request), now]));
  const state = { ...followed, sent: { ...followed.sent, ...sent } };
  events.push(...requests);
  if (isOpen(state) || state.closed !== undefined || !isAllClear(state)) return { state, events };
  const closed = { careState: finalCareState(state), reason: endReason(state) };
  return { state: { ...state, closed }, events: [...events, { kind: "CaseClosed", ...closed }] };
}
