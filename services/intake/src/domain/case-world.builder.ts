import type { Answer } from "./answers.ts";
import { answers } from "./case.builder.ts";
import type { CaseEvent } from "./events.ts";

/**
 * A small model of the three other services, as their events say that they behave, for tests over every order in which
 * messages can pass. Each answers intake's requests in their order; what each holds is its own truth, not intake's.
 */
export type Services = {
  readonly seat: "NONE" | "PLACE" | "RESERVED" | "COMMITTED" | "CONSUMED" | "RELEASED";
  readonly isEntitlementRefused: boolean;
  readonly course: { readonly state: CourseState; readonly round: number };
  readonly estimate: { readonly state: "NONE" | "ISSUED" | "ENDED"; readonly round: number };
  readonly guarantee: "NONE" | "GIVEN" | "RELEASED" | "CHARGED";
  readonly closed: readonly string[];
};

type CourseState =
  | "NONE"
  | "WAITING"
  | "HELD"
  | "LAPSED"
  | "BOOKED"
  | "STARTED"
  | "ENDED"
  | "RELEASED"
  | "UNAVAILABLE";

/** How the services answer in one scenario. */
export type Scenario = {
  readonly entitlement?: "grant" | "pend" | "refuse";
  readonly course?: "hold" | "waitlist" | "unavailable";
  readonly confirmation?: "confirm" | "refuse";
  /** The total of the estimate in each round. */
  readonly totals?: readonly bigint[];
  /** The rounds that billing cannot price. */
  readonly unpriced?: readonly number[];
  /** Whether capacity tells of a release of what it holds no longer. */
  readonly isTalkative?: boolean;
};

export const nothingHeld: Services = {
  seat: "NONE",
  isEntitlementRefused: false,
  course: { state: "NONE", round: 0 },
  estimate: { state: "NONE", round: 0 },
  guarantee: "NONE",
  closed: [],
};

export type ServiceName = "agreements" | "capacity" | "billing";

type Reply = { readonly services: Services; readonly answers: readonly Answer[] };

/** What one service does on one event of intake. */
export function handle(
  services: Services,
  { service, event, scenario }: { service: ServiceName; event: CaseEvent; scenario: Scenario },
): Reply {
  const silent = { services, answers: [] };
  if (event.kind === "CaseClosed") {
    return { services: { ...services, closed: [...services.closed, service] }, answers: [] };
  }
  switch (service) {
    case "agreements":
      return agreements(services, event, scenario) ?? silent;
    case "capacity":
      return capacity(services, event, scenario) ?? silent;
    case "billing":
      return billing(services, event, scenario) ?? silent;
    default:
      return service satisfies never;
  }
}

function agreements(services: Services, event: CaseEvent, scenario: Scenario): Reply | undefined {
  const { seat } = services;
  if (event.kind === "EntitlementRequested") {
    if (scenario.entitlement === "refuse") {
      return {
        services: { ...services, isEntitlementRefused: true },
        answers: [answers.refused()],
      };
    }
    if (scenario.entitlement === "pend") {
      return { services: { ...services, seat: "PLACE" }, answers: [answers.pended()] };
    }
    return { services: { ...services, seat: "RESERVED" }, answers: [answers.granted()] };
  }
  if (event.kind === "EntitlementConfirmRequested") {
    const isRefused = scenario.confirmation === "refuse" || seat === "RELEASED";
    const { round } = event;
    return { services, answers: [isRefused ? answers.refused(round) : answers.confirmed(round)] };
  }
  if (event.kind !== "SeatRequested") return undefined;
  const isFinal = seat === "CONSUMED" || seat === "RELEASED";
  const moved = { COMMIT: "COMMITTED", CONSUME: "CONSUMED", RELEASE: "RELEASED" } as const;
  const next = isFinal ? seat : moved[event.move];
  const kinds = { COMMITTED: "SeatCommitted", CONSUMED: "SeatConsumed", RELEASED: "SeatReleased" };
  const kind = kinds[next] as "SeatCommitted" | "SeatConsumed" | "SeatReleased";
  return { services: { ...services, seat: next }, answers: [answers.seat(kind)] };
}

function capacity(services: Services, event: CaseEvent, scenario: Scenario): Reply | undefined {
  const { state, round } = services.course;
  const become = (next: CourseState, ...said: Answer[]): Reply => ({
    services: { ...services, course: { state: next, round: "round" in event ? event.round : 0 } },
    answers: said,
  });
  if (event.kind === "CourseRequested") {
    if (scenario.course === "unavailable") {
      return become("UNAVAILABLE", answers.unavailable(event.round));
    }
    if (scenario.course === "waitlist") {
      return become("WAITING", answers.unavailable(event.round, true));
    }
    return become("HELD", answers.held(event.round));
  }
  if (event.kind === "BookingRequested") {
    const isHeld = state === "HELD" && round === event.round;
    if (isHeld) return become("BOOKED", answers.booked(event.round));
    return { services, answers: [answers.lapsed(event.round, "NOT_HELD")] };
  }
  if (event.kind !== "CourseStopRequested" || event.round !== round) return undefined;
  if (state === "HELD" || state === "WAITING" || state === "BOOKED") {
    return become("RELEASED", answers.released(round, event.reason));
  }
  if (state === "STARTED") return become("ENDED", answers.ended({ outcome: "STOPPED" }));
  const isEnded = state === "ENDED" || scenario.isTalkative !== true;
  return isEnded ? undefined : become(state, answers.released(round, event.reason));
}

function billing(services: Services, event: CaseEvent, scenario: Scenario): Reply | undefined {
  const { guarantee, estimate } = services;
  if (event.kind === "EstimateRequested") {
    const total = scenario.totals?.[event.round - 1] ?? 100n;
    const issued = { ...services, estimate: { state: "ISSUED", round: event.round } as const };
    const older = estimate.state === "ISSUED" ? [answers.withdrawn(estimate.round)] : [];
    if (scenario.unpriced?.includes(event.round)) {
      const ended = { ...services, estimate: { state: "ENDED", round: event.round } as const };
      return { services: ended, answers: [...older, answers.withdrawn(event.round)] };
    }
    return { services: issued, answers: [...older, answers.estimated(event.round, total)] };
  }
  if (event.kind === "ChargesRequested") {
    return { services: { ...services, guarantee: "CHARGED" }, answers: [answers.invoiced()] };
  }
  if (event.kind !== "AccountStopRequested") return undefined;
  const ended = { ...services, estimate: { ...estimate, state: "ENDED" } as const };
  const withdrawn = answers.withdrawn(event.round);
  if (guarantee !== "GIVEN") return { services: ended, answers: [withdrawn] };
  const released = answers.guaranteeReleased(event.round);
  return { services: { ...ended, guarantee: "RELEASED" }, answers: [withdrawn, released] };
}
