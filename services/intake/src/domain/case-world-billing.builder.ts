import type { Answer } from "./answers.ts";
import { answers } from "./case.builder.ts";
import type { Reply, Scenario, Services } from "./case-world.builder.ts";
import type { CaseEvent } from "./events.ts";
import type { StopRequest } from "./requests.ts";

/** The most that a payer of the tests promises. */
export const cap = 120n;

/** What billing does on one event of intake: a guarantee is carried on while the total stays inside it. */
export function billing(
  services: Services,
  event: CaseEvent,
  scenario: Scenario,
): Reply | undefined {
  switch (event.kind) {
    case "EstimateRequested":
      return price(services, event.round, scenario);
    case "EstimateWithdrawRequested":
      return withdrawUnanswered(services, event.round);
    case "ChargesRequested": {
      const charged = { ...services.guarantee, state: "CHARGED" as const };
      if (services.guarantee.state !== "GIVEN") throw new Error("charged without a guarantee");
      return { services: { ...services, guarantee: charged }, answers: [answers.invoiced()] };
    }
    case "AccountStopRequested":
      return giveBack(services, event);
    default:
      return undefined;
  }
}

function price(services: Services, round: number, scenario: Scenario): Reply {
  const { estimate, guarantee, stopped } = services;
  if (round <= stopped) return { services, answers: [answers.withdrawn(round)] };
  const total = scenario.totals?.[round - 1] ?? 100n;
  const said: Answer[] = [];
  if (estimate.state === "ISSUED") said.push(answers.withdrawn(estimate.round));
  if (scenario.unpriced?.includes(round)) {
    const ended = { ...services, estimate: { ...estimate, state: "ENDED" as const } };
    return { services: ended, answers: [...said, answers.withdrawn(round)] };
  }
  const issued = answers.estimated(round, total);
  const opened = { ...services, estimate: { state: "ISSUED", round } as const };
  if (guarantee.state !== "GIVEN") return { services: opened, answers: [...said, issued] };
  if (total <= cap) {
    const carried = { ...guarantee, round };
    const ended = { ...services, estimate: { state: "ENDED", round } as const };
    return {
      services: { ...ended, guarantee: carried },
      answers: [...said, issued, answers.guaranteed(round, { guarantee: nameOf(guarantee) })],
    };
  }
  const released = { ...guarantee, state: "RELEASED" as const };
  return {
    services: { ...opened, guarantee: released },
    answers: [...said, answers.guaranteeReleased(guarantee.round, nameOf(guarantee)), issued],
  };
}

/** A guarantee that stands was told before, and so was the end of an estimate that has one: nothing is answered. */
function withdrawUnanswered(services: Services, round: number): Reply {
  const { estimate } = services;
  const withdrawn = answers.withdrawn(round, "ANSWER_OVERDUE");
  if (estimate.round !== round) return { services, answers: [withdrawn] };
  if (estimate.state !== "ISSUED") return { services, answers: [] };
  const ended = { ...services, estimate: { state: "ENDED", round } as const };
  return { services: ended, answers: [withdrawn] };
}

/** A payer's promise on the open estimate. */
export function guarantee(services: Services): Reply {
  const { round } = services.estimate;
  const given = {
    ...services,
    estimate: { state: "ENDED", round } as const,
    guarantee: { state: "GIVEN", given: round, round } as const,
  };
  return { services: given, answers: [answers.guaranteed(round)] };
}

function nameOf({ given }: Services["guarantee"]): string {
  return `accounts/x/guarantees/${given}`;
}

function giveBack(services: Services, { round, reason }: StopRequest): Reply {
  const { estimate, guarantee, stopped } = services;
  // An older round has nothing of its own any more, and the newer one is not meant.
  if (round < estimate.round) return { services, answers: [answers.withdrawn(round)] };
  const isPassing = reason === "WAITLISTED" || reason === "ROUNDS_USED_UP";
  const said: Answer[] = [];
  let state: Services = { ...services, stopped: Math.max(stopped, isPassing ? round - 1 : round) };
  if (estimate.state === "ISSUED") {
    state = { ...state, estimate: { ...estimate, state: "ENDED" } };
    said.push(answers.withdrawn(round));
  }
  if (guarantee.state === "GIVEN") {
    state = { ...state, guarantee: { ...guarantee, state: "RELEASED" } };
    said.push(answers.guaranteeReleased(round, nameOf(guarantee)));
  }
  // A case that goes on always hears of its guarantee, one that is over of anything.
  const isAnswered = isPassing ? guarantee.state === "GIVEN" : said.length > 0;
  if (!isAnswered) {
    const isKnown = guarantee.state !== "NONE";
    const name = isKnown ? nameOf(guarantee) : "";
    const isTold = isPassing || isKnown;
    said.push(isTold ? answers.guaranteeReleased(round, name) : answers.withdrawn(round));
  }
  return { services: state, answers: said };
}
