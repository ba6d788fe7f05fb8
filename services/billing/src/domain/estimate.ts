import type { Account, AccountDecision, Estimate } from "./account.ts";
import type { AccountEvent, DeclineReason } from "./account-events.ts";
import { openEstimate, paymentGuaranteed, staysInside } from "./guarantee.ts";
import { estimateName, guaranteeName } from "./names.ts";
import { priceItems, sumLines } from "./pricing.ts";
import type { Terms } from "./terms.ts";

/**
 * Prices a course. A newer round takes the place of the older; a guarantee goes on when total and
 * dates stay inside it, else it is released and the payer is asked anew. The same round again gets
 * the same answers again; an older one, or one of a case that is stopped or over, gets none that binds.
 */
export function requestEstimate(account: Account, terms: Terms): AccountDecision {
  const { round } = terms;
  if (account.isClosed || account.invoice !== undefined) {
    return { state: account, events: [withdrawn(round, "CASE_CLOSED")] };
  }
  if (round <= account.stoppedRound) {
    return { state: account, events: [withdrawn(round, "STOPPED")] };
  }
  const known = account.terms?.round ?? 0;
  if (round === known) return { state: account, events: repeatAnswers(account) };
  if (round < known) return { state: account, events: [withdrawn(round, "SUPERSEDED")] };
  return openRound(account, terms);
}

/** Says no to the open estimate, in time. */
export function declineEstimate(
  account: Account,
  reason: DeclineReason,
  now: Temporal.Instant,
): AccountDecision {
  const estimate = openEstimate(account, now);
  return {
    state: { ...account, estimate: { ...estimate, standing: "DECLINED", endReason: reason } },
    events: [{ kind: "EstimateDeclined", round: estimate.round, reason }],
  };
}

function openRound(account: Account, terms: Terms): AccountDecision {
  const { round, answerBy, currency, lastDate, payer } = terms;
  const lines = priceItems(terms.serviceItems, terms);
  const total = sumLines(lines, currency);
  const { estimate: older, guarantee } = account;
  const opened: Estimate = { round, lines, total, answerBy, standing: "OPEN" };
  const events: AccountEvent[] = [];
  if (older?.standing === "OPEN") events.push(withdrawn(older.round, "SUPERSEDED"));
  if (guarantee?.standing !== "STANDING") {
    const state = { ...account, terms, estimate: opened };
    return { state, events: [...events, estimateIssued(state, opened)] };
  }
  if (account.terms?.payer === payer && staysInside(guarantee, { total, lastDate })) {
    const carried = { ...guarantee, round };
    const estimate: Estimate = { ...opened, standing: "GUARANTEED" };
    const state = { ...account, terms, estimate, guarantee: carried };
    events.push(estimateIssued(state, estimate), paymentGuaranteed(account, carried, terms));
    return { state, events };
  }
  // Told before the estimate, so that nobody takes the old promise for the new round.
  events.push({
    kind: "GuaranteeReleased",
    round: guarantee.round,
    guarantee: guaranteeName(account.id, guarantee.reference),
    reason: "OUTSIDE_GUARANTEE",
  });
  const released = { ...guarantee, standing: "RELEASED" as const };
  const state = { ...account, terms, estimate: opened, guarantee: released };
  return { state, events: [...events, estimateIssued(state, opened)] };
}

function repeatAnswers(account: Account): AccountEvent[] {
  const { estimate, guarantee, terms, id } = account;
  if (estimate === undefined || terms === undefined) return [];
  const issued = estimateIssued({ id, terms }, estimate);
  const { round, standing, endReason = "" } = estimate;
  switch (standing) {
    case "OPEN":
      return [issued];
    case "DECLINED":
      return [issued, { kind: "EstimateDeclined", round, reason: endReason }];
    case "WITHDRAWN":
      return [issued, withdrawn(round, endReason)];
    case "GUARANTEED":
      if (guarantee?.standing !== "STANDING") return [issued];
      return [issued, paymentGuaranteed(account, guarantee, terms)];
    default:
      return standing satisfies never;
  }
}

function estimateIssued(
  { id, terms }: { readonly id: Account["id"]; readonly terms: Terms },
  { round, lines, total, answerBy }: Estimate,
): AccountEvent {
  const { payer } = terms;
  const estimate = estimateName(id, round);
  return { kind: "EstimateIssued", round, estimate, lines, total, answerBy, payer };
}

function withdrawn(round: number, reason: string): AccountEvent {
  return { kind: "EstimateWithdrawn", round, reason };
}
