import type { Account, AccountDecision, Estimate } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { issueInvoice } from "./charges.ts";
import { guaranteeName } from "./names.ts";
import { isPassing, setAside } from "./setting-aside.ts";
import type { ServiceItem } from "./terms.ts";

type Ending = { readonly round: number; readonly reason: string; readonly now: Temporal.Instant };

/**
 * Gives back what a stopped round has of billing, and always answers: EstimateWithdrawn for an open
 * estimate, GuaranteeReleased for a guarantee that stands, and one of them where there is nothing.
 * Charges that were recorded before the stop are invoiced; the rest of the guarantee is released. A
 * case that goes on after the stop is only set aside.
 */
export function stopAccount(account: Account, ending: Ending): AccountDecision {
  const { round, reason } = ending;
  // An older round has nothing of its own any more, and the newer one is not meant.
  if (round < (account.terms?.round ?? 0)) {
    return { state: account, events: [{ kind: "EstimateWithdrawn", round, reason }] };
  }
  if (isPassing(reason) && account.invoice === undefined) return setAside(account, ending);
  const { state, events } = giveBack(account, ending);
  const stopped = { ...state, stoppedRound: Math.max(state.stoppedRound, round) };
  const isAnswered = events.some(({ kind }) => kind !== "InvoiceIssued");
  const answers = isAnswered ? events : [...events, nothingLeft(account, round, reason)];
  return { state: stopped, events: answers };
}

/**
 * Withdraws the estimate of a round that nobody answered in time. A guarantee that stands was given in time, and its news
 * is on the way: it stays, and nothing is answered.
 */
export function withdrawUnanswered(
  account: Account,
  { round, reason }: { readonly round: number; readonly reason: string },
): AccountDecision {
  const { estimate } = account;
  const withdrawn: AccountEvent = { kind: "EstimateWithdrawn", round, reason };
  if (estimate?.round !== round) return { state: account, events: [withdrawn] };
  if (estimate.standing !== "OPEN") return { state: account, events: [] };
  const ended: Estimate = { ...estimate, standing: "WITHDRAWN", endReason: reason };
  return { state: { ...account, estimate: ended }, events: [withdrawn] };
}

/** Marks the case as closed, and gives back whatever it still has. */
export function closeAccount(account: Account, now: Temporal.Instant): AccountDecision {
  const round = account.terms?.round ?? 0;
  const { state, events } = giveBack(account, { round, reason: "CASE_CLOSED", now });
  return { state: { ...state, isClosed: true }, events };
}

/**
 * Charges what was delivered, once. Where nothing was delivered or recorded there is no invoice: the
 * guarantee is released instead.
 */
export function requestCharges(
  account: Account,
  { round, items, now }: { round: number; items: readonly ServiceItem[]; now: Temporal.Instant },
): AccountDecision {
  if (account.invoice !== undefined) return { state: account, events: [] };
  const isEmpty = items.length === 0 && account.charges.length === 0;
  if (!isEmpty && !account.isClosed) return issueInvoice(account, { items, now });
  const reason = account.isClosed ? "CASE_CLOSED" : "NOTHING_DELIVERED";
  const { state, events } = giveBack(account, { round, reason, now });
  const isAnswered = events.some(({ kind }) => kind === "GuaranteeReleased");
  return { state, events: isAnswered ? events : [...events, released(account, round, reason)] };
}

function giveBack(account: Account, { round, reason, now }: Ending): AccountDecision {
  const events: AccountEvent[] = [];
  let state = account;
  const { estimate, guarantee } = account;
  if (estimate?.standing === "OPEN") {
    state = { ...state, estimate: { ...estimate, standing: "WITHDRAWN", endReason: reason } };
    events.push({ kind: "EstimateWithdrawn", round, reason });
  }
  const isStanding = guarantee?.standing === "STANDING";
  // Also what was recorded under a guarantee that was given back since: the patient had it.
  if (account.charges.length > 0 && account.invoice === undefined) {
    const charged = issueInvoice(state, { items: [], now });
    state = charged.state;
    events.push(...charged.events);
  } else if (isStanding) {
    state = { ...state, guarantee: { ...guarantee, standing: "RELEASED" } };
  }
  if (isStanding) events.push(released(account, round, reason));
  return { state, events };
}

function nothingLeft(account: Account, round: number, reason: string): AccountEvent {
  if (account.guarantee !== undefined) return released(account, round, reason);
  return { kind: "EstimateWithdrawn", round, reason };
}

function released({ id, guarantee }: Account, round: number, reason: string): AccountEvent {
  const name = guarantee === undefined ? "" : guaranteeName(id, guarantee.reference);
  return { kind: "GuaranteeReleased", round, guarantee: name, reason };
}
