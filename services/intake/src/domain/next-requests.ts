import { isCovered } from "./coverage.ts";
import { type CaseFacts, currentRound, isOpen, liveHold, roundOf } from "./facts.ts";
import { type Request, requestKey } from "./requests.ts";
import { windDown } from "./wind-down.ts";

/**
 * What is to be asked of the other services now: everything that the facts call for and that was not sent. The order in
 * which facts came, and how often, makes no difference to what has been sent in the end.
 */
export function nextRequests(facts: CaseFacts): readonly Request[] {
  const called = [...(isOpen(facts) ? wayForward(facts) : []), ...windDown(facts)];
  return called.filter((request) => !Object.hasOwn(facts.sent, requestKey(request)));
}

/** Everything that an open case has called for so far. */
function wayForward(facts: CaseFacts): Request[] {
  const { submission, round, acceptance, entitlement } = facts;
  const requests: Request[] = [
    { kind: "EntitlementRequested", round: 1, submission },
    ...withdrawRequests(facts),
  ];
  if (acceptance === undefined || entitlement.granted === undefined) return requests;
  if (facts.deferred !== undefined || roundOf(facts, round).isGivenBack === true) return requests;
  const { hub, sendingParty, priority } = submission;
  const { answerTime } = entitlement.granted;
  const { plan } = acceptance;
  requests.push({ kind: "CourseRequested", round, hub, sendingParty, plan, priority, answerTime });
  if (liveHold(facts) !== undefined) requests.push(...forHeldCourse(facts));
  const { booked, isHoldLate } = currentRound(facts);
  if (booked !== undefined && isHoldLate !== true) {
    requests.push({ kind: "SeatRequested", round, move: "COMMIT", reason: "BOOKED" });
  }
  return requests;
}

/** Only billing knows whether a payer answered whose time is over: the news may still be on its way. */
function withdrawRequests({ rounds }: CaseFacts): Request[] {
  return Object.entries(rounds)
    .filter(([, { isAnswerOverdue }]) => isAnswerOverdue === true)
    .map(([round]) => ({
      kind: "EstimateWithdrawRequested",
      round: Number(round),
      reason: "ANSWER_OVERDUE",
    }));
}

function forHeldCourse(facts: CaseFacts): Request[] {
  const { round, submission, entitlement, guarantee } = facts;
  const hold = liveHold(facts);
  const { granted } = entitlement;
  if (hold === undefined || granted === undefined) return [];
  const { firstDate, lastDate, answerBy, releaseAt, serviceItems } = hold;
  const { hub, sendingParty, person } = submission;
  const dates = { firstDate, lastDate };
  const requests: Request[] = [
    {
      kind: "EntitlementConfirmRequested",
      round,
      decision: granted.decision,
      hub,
      person,
      ...dates,
    },
  ];
  const { confirmation } = currentRound(facts);
  if (confirmation !== undefined) {
    const { payers, creditor } = granted;
    // The prices are the tariff's, and so is their currency; what the agreement names is of another year's.
    const currency = confirmation.prices[0]?.unitPrice.currency ?? granted.currency;
    const asked = { round, hub, sendingParty, payers, creditor, currency, serviceItems };
    const times = { answerBy, releaseAt, ...dates };
    requests.push({ kind: "EstimateRequested", ...asked, ...times, ...confirmation });
  }
  if (guarantee !== undefined && isCovered(facts)) {
    requests.push({ kind: "BookingRequested", round, guarantee: guarantee.guarantee });
  }
  return requests;
}
