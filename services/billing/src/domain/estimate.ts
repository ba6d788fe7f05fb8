import type { Money } from "@carehub/money/money";
import { DomainError } from "@carehub/rules/domain-error";
import type { Account, AccountDecision, Estimate } from "./account.ts";
import type { AccountEvent, DeclineReason } from "./account-events.ts";
import { openEstimate, paymentGuaranteed, staysInside } from "./guarantee.ts";
import { estimateName, guaranteeName } from "./names.ts";
import { type PricedLine, priceItems, sumLines } from "./pricing.ts";
import { isSetAside } from "./setting-aside.ts";
import type { Terms } from "./terms.ts";

/**
 * Prices a course. A newer round takes the place of the older; a guarantee goes on when total and
 * dates stay inside it, else it is released and the payer is asked anew. The same round again gets
 * the same answers again, or a new estimate where it was set aside for a time; an older one, or one of a case that is stopped or over, gets none that binds. Nor does one that
 * cannot be priced: it is answered with the reason, since asking again would not help.
 */
export function requestEstimate(account: Account, terms: Terms): AccountDecision {
  return answerRound(account, terms.round, () => openRound(account, terms));
}

/** Answers a request whose terms do not hold, with the reason; where the account stands counts first. */
export function refuseEstimate(account: Account, refused: Refused): AccountDecision {
  return answerRound(account, refused.round, () => withoutPrice(account, refused));
}

/** A round that has no price, and why, as a code. */
export type Refused = { readonly round: number; readonly reason: string };

function answerRound(
  account: Account,
  round: number,
  answer: () => AccountDecision,
): AccountDecision {
  if (account.isClosed || account.invoice !== undefined) {
    return { state: account, events: [withdrawn(round, "CASE_CLOSED")] };
  }
  if (round <= account.stoppedRound) {
    return { state: account, events: [withdrawn(round, "STOPPED")] };
  }
  const known = account.terms?.round ?? 0;
  if (round === known && !isSetAside(account))
    return { state: account, events: repeatAnswers(account) };
  if (round < known) return { state: account, events: [withdrawn(round, "SUPERSEDED")] };
  return answer();
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
  const { round, answerBy, lastDate, payer } = terms;
  const priced = price(terms);
  if ("reason" in priced) return withoutPrice(account, { round, reason: priced.reason });
  const { lines, total } = priced;
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

type Priced = { readonly lines: readonly PricedLine[]; readonly total: Money };

function price(terms: Terms): Priced | { readonly reason: string } {
  try {
    const lines = priceItems(terms.serviceItems, terms);
    return { lines, total: sumLines(lines, terms.currency) };
  } catch (error) {
    if (error instanceof DomainError) return { reason: error.reason };
    throw error;
  }
}

/** A guarantee stays until intake's stop gives it back; the older round's estimate is of no use any more. */
function withoutPrice(account: Account, { round, reason }: Refused): AccountDecision {
  const { estimate } = account;
  if (estimate?.standing !== "OPEN") {
    return { state: account, events: [withdrawn(round, reason)] };
  }
  const ended: Estimate = { ...estimate, standing: "WITHDRAWN", endReason: "SUPERSEDED" };
  const events = [withdrawn(estimate.round, "SUPERSEDED"), withdrawn(round, reason)];
  return { state: { ...account, estimate: ended }, events };
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
