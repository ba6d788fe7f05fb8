import type { Answer } from "./answers.ts";
import { answers } from "./case.builder.ts";
import { billing } from "./case-world-billing.builder.ts";
import type { CaseEvent } from "./events.ts";

/**
 * A small model of the three other services, as their events say that they behave, for tests over every order in which
 * messages can pass. Each answers intake's requests in their order; what each holds is its own truth, not intake's.
 */
export type Services = {
  readonly seat: "NONE" | "PLACE" | "RESERVED" | "COMMITTED" | "CONSUMED" | "RELEASED";
  readonly course: {
    readonly state: CourseState;
    readonly round: number;
    /** A stop of the treatment waits for the hub. */
    readonly isStopPending?: boolean;
    readonly isInterrupted?: boolean;
    readonly hasDelivered?: boolean;
  };
  readonly estimate: { readonly state: "NONE" | "ISSUED" | "ENDED"; readonly round: number };
  readonly guarantee: {
    readonly state: "NONE" | "GIVEN" | "RELEASED" | "CHARGED";
    /** The round that it was given on, which names it, and the one that it covers now. */
    readonly given: number;
    readonly round: number;
  };
  /** The last round of billing that was stopped for good. */
  readonly stopped: number;
  readonly closed: readonly string[];
};

export type CourseState =
  | "NONE"
  | "WAITING"
  | "HELD"
  | "LAPSED"
  | "BOOKED"
  | "STARTED"
  | "ENDED"
  | "RELEASED"
  | "UNAVAILABLE";

type CourseAnswer = "hold" | "waitlist" | "unavailable";

/** How the services answer in one scenario. */
export type Scenario = {
  readonly entitlement?: "grant" | "pend" | "refuse";
  /** In every round, or in each; in those after the last as in the first. */
  readonly course?: CourseAnswer | readonly CourseAnswer[];
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
  course: { state: "NONE", round: 0 },
  estimate: { state: "NONE", round: 0 },
  guarantee: { state: "NONE", given: 0, round: 0 },
  stopped: 0,
  closed: [],
};

export type ServiceName = "agreements" | "capacity" | "billing";

/** What a service is after an event, and what it says. */
export type Reply = { readonly services: Services; readonly answers: readonly Answer[] };

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
    if (scenario.entitlement === "refuse") return { services, answers: [answers.refused()] };
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
  if (event.move === "CONSUME" && seat === "RELEASED") throw new Error("a released seat is used");
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
    if (["BOOKED", "STARTED", "ENDED"].includes(state) || event.round <= round) return undefined;
    switch (answerOf(scenario, event.round)) {
      case "hold":
        return become("HELD", answers.held(event.round));
      case "waitlist":
        return become("WAITING", answers.unavailable(event.round, true));
      default:
        return become("UNAVAILABLE", answers.unavailable(event.round));
    }
  }
  if (event.kind === "BookingRequested") {
    const isHeld = state === "HELD" && round === event.round;
    if (isHeld) return become("BOOKED", answers.booked(event.round));
    return { services, answers: [answers.lapsed(event.round, "NOT_HELD")] };
  }
  if (event.kind !== "CourseStopRequested" || event.round < round || state === "ENDED") return;
  if (state === "STARTED") return stopTreatment(services, event.reason);
  const isKept = state === "HELD" || state === "WAITING" || state === "BOOKED";
  if (!isKept && scenario.isTalkative !== true) return undefined;
  return become("RELEASED", answers.released(event.round, event.reason));
}

function answerOf({ course = "hold" }: Scenario, round: number): CourseAnswer {
  if (typeof course === "string") return course;
  return course[round - 1] ?? course[0] ?? "hold";
}

/** Only death ends a treatment at once; a deferral that comes too late changes nothing. */
function stopTreatment(services: Services, reason: string): Reply | undefined {
  const { course } = services;
  if (reason === "DEFERRED") return undefined;
  if (reason === "DECEASED") {
    const ended = { ...course, state: "ENDED", hasDelivered: true } as const;
    const said = answers.ended({ outcome: "DIED" });
    return { services: { ...services, course: ended }, answers: [said] };
  }
  const pending = { ...course, isStopPending: true };
  return {
    services: { ...services, course: pending },
    answers: [answers.stopPending(course.round)],
  };
}
