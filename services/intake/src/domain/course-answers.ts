import type { CourseAnswer } from "./answers.ts";
import { type CaseFacts, roundOf, withRound } from "./facts.ts";

/** Adds an answer of capacity to the facts; one that says nothing new gives back the very same facts. */
export function applyCourseAnswer(facts: CaseFacts, answer: CourseAnswer): CaseFacts {
  switch (answer.kind) {
    case "CourseHeld": {
      const { round, hold } = answer;
      if (roundOf(facts, round).hold !== undefined) return facts;
      return withRound(facts, round, isOver(facts, round) ? { hold, isHoldLate: true } : { hold });
    }
    case "CourseUnavailable": {
      const { round, waitlisted, reason } = answer;
      const { hold, unavailable } = roundOf(facts, round);
      const isKnown = unavailable !== undefined && (!unavailable.waitlisted || waitlisted);
      if (hold !== undefined || isKnown) return facts;
      return withRound(facts, round, { unavailable: { waitlisted, reason } });
    }
    case "CourseHoldLapsed": {
      const { lapsed, booked } = roundOf(facts, answer.round);
      if (lapsed !== undefined || booked !== undefined) return facts;
      return withRound(facts, answer.round, { lapsed: { reason: answer.reason } });
    }
    case "CourseBooked": {
      const { round, firstDate, lastDate } = answer;
      if (roundOf(facts, round).booked !== undefined) return facts;
      const booked = { firstDate, lastDate };
      return withRound(
        facts,
        round,
        isOver(facts, round) ? { booked, isHoldLate: true } : { booked },
      );
    }
    case "CourseReleased": {
      if (roundOf(facts, answer.round).released !== undefined) return facts;
      return withRound(facts, answer.round, { released: { reason: answer.reason } });
    }
    case "CourseStarted":
      if (facts.startedOn !== undefined) return facts;
      return { ...withoutDeferral(facts), startedOn: answer.startedOn };
    case "SessionDelivered":
    case "SessionMissed":
    case "SessionCorrected":
    case "SessionPostponed":
    case "CourseDisplaced":
      return { ...facts };
    case "CourseMoved":
      return applyMove(facts, answer);
    case "CourseInterrupted": {
      const since = facts.interruptedSince;
      const isKnown = since !== undefined && Temporal.PlainDate.compare(since, answer.since) === 0;
      return isKnown ? facts : { ...facts, interruptedSince: answer.since };
    }
    case "CourseResumed": {
      const { interruptedSince, ...resumed } = facts;
      return interruptedSince === undefined ? facts : resumed;
    }
    case "StayExtended":
      return applyExtendedStay(facts, answer.lastDate);
    case "CourseStopPending":
    case "CourseStopDeclined":
      return applyStopAnswer(facts, answer.kind);
    case "CourseEnded":
      return facts.ended === undefined ? { ...facts, ended: answer.end } : facts;
    default:
      return answer satisfies never;
  }
}

type Moved = Extract<CourseAnswer, { kind: "CourseMoved" }>;

/** Told even where the days are the same: its times are not. What waits for the payer waits as long as before. */
function applyMove(facts: CaseFacts, answer: Moved): CaseFacts {
  const { round, firstDate, lastDate, serviceItems } = answer;
  const { hold, booked } = roundOf(facts, round);
  return withRound(facts, round, {
    ...(hold && { hold: { ...hold, firstDate, lastDate, serviceItems } }),
    ...(booked && { booked: { firstDate, lastDate } }),
  });
}

/** A patient who stays longer is awaited later at the discharge; one who leaves earlier is not expected sooner. */
function applyExtendedStay(facts: CaseFacts, lastDate: Temporal.PlainDate): CaseFacts {
  const { booked } = roundOf(facts, facts.round);
  if (booked === undefined) return { ...facts };
  const isLater = Temporal.PlainDate.compare(lastDate, booked.lastDate) > 0;
  return withRound(facts, facts.round, { booked: isLater ? { ...booked, lastDate } : booked });
}

/** The hub has a stop of a treatment before it, or declined that one: then the case goes on as if nobody had asked. */
function applyStopAnswer(
  facts: CaseFacts,
  kind: "CourseStopPending" | "CourseStopDeclined",
): CaseFacts {
  const { stop, ...rest } = facts;
  if (stop === undefined || facts.ended !== undefined || facts.closed !== undefined) return facts;
  const isPending = stop.isPending === true;
  if (kind === "CourseStopPending") {
    return isPending ? facts : { ...facts, stop: { ...stop, isPending: true } };
  }
  return isPending ? { ...rest, declinedStops: (facts.declinedStops ?? 0) + 1 } : facts;
}

/** Treatment began before capacity heard of the deferral: it is void, and the round goes on. */
function withoutDeferral({ deferred: _, ...facts }: CaseFacts): CaseFacts {
  const { isGivenBack, ...round } = roundOf(facts, facts.round);
  if (isGivenBack !== true) return facts;
  return { ...facts, rounds: { ...facts.rounds, [facts.round]: round } };
}

/** Whether what is taken in that round can no longer be used. */
function isOver(facts: CaseFacts, round: number): boolean {
  const { lapsed, released } = roundOf(facts, round);
  return round !== facts.round || lapsed !== undefined || released !== undefined;
}
