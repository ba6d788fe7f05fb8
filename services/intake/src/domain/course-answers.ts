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
      return { ...facts };
    case "CourseStopPending":
    case "CourseStopDeclined":
      return applyStopAnswer(facts, answer.kind);
    case "CourseEnded":
      return facts.ended === undefined ? { ...facts, ended: answer.end } : facts;
    default:
      return answer satisfies never;
  }
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
