import { expect } from "vitest";
import type { Answer } from "./answers.ts";
import { answers, aReferral, now, plan, told } from "./case.builder.ts";
import type { StopReason } from "./case-terms.ts";
import {
  handle,
  nothingHeld,
  type Scenario,
  type ServiceName,
  type Services,
} from "./case-world.builder.ts";
import { stopDues } from "./dues.ts";
import type { CaseEvent } from "./events.ts";
import type { CaseFacts } from "./facts.ts";
import { askStop, progress, takeAnswer } from "./progress.ts";

/** A case between all messages that are on their way; everything that can happen next is a move. */
export type World = {
  readonly facts: CaseFacts;
  readonly services: Services;
  /** Events of intake that a service has not handled, and answers that intake has not, both in their order. */
  readonly asked: Readonly<Record<ServiceName, readonly CaseEvent[]>>;
  readonly told: Readonly<Record<ServiceName, readonly Answer[]>>;
  readonly left: Left;
};

/** What people, and bad luck, may still do in a scenario: how often each. */
export type Left = {
  readonly accept: number;
  readonly guarantee: number;
  readonly decline: number;
  readonly take: number;
  readonly repeat: number;
  readonly stop: readonly StopReason[];
  readonly overdue: number;
  readonly end: readonly ("COMPLETED" | "STOPPED" | "DIED" | "NO_SHOW")[];
};

const serviceNames = ["agreements", "capacity", "billing"] as const;
const worldsMax = 400_000;

/** Visits every world that a scenario can come to; gives those at rest to `atRest`, and answers how many there were. */
export function explore(
  scenario: Scenario,
  left: Partial<Left>,
  atRest: (world: World) => void,
): number {
  const seen = new Set<string>();
  const open = [firstWorld(left)];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const key = keyOf(world);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > worldsMax) throw new Error(`more than ${worldsMax} worlds`);
    if (isAtRest(world)) atRest(world);
    open.push(...messageMoves(world, scenario), ...peopleMoves(world));
  }
  return seen.size;
}

/** Everything that tells two worlds apart, as text. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
}

const factsKeys = new WeakMap<CaseFacts, string>();

/** Worlds with one key are one: messages are told apart by kind, round and reason, all that differs in a scenario. */
function keyOf({ facts, services, asked, told, left }: World): string {
  const known = factsKeys.get(facts);
  const { submission: _, triageBy: __, sent, ...rest } = facts;
  const factsKey = known ?? textOf([rest, Object.keys(sent).sort()]);
  factsKeys.set(facts, factsKey);
  const messages = [asked, told].flatMap((queues) =>
    serviceNames.map((name) => queues[name].map(messageKey).join()),
  );
  return [factsKey, textOf(services), ...messages, textOf(left)].join("|");
}

function messageKey(message: CaseEvent | Answer): string {
  const { kind, round, reason, move } = message as Record<
    "kind" | "round" | "reason" | "move",
    unknown
  >;
  const end = message.kind === "CourseEnded" ? message.end.outcome : "";
  return `${kind} ${round} ${reason} ${move} ${end}`;
}

function firstWorld(left: Partial<Left>): World {
  const { facts } = aReferral();
  const none: Left = {
    accept: 1,
    guarantee: 1,
    decline: 0,
    take: 0,
    repeat: 0,
    stop: [],
    overdue: 0,
    end: ["COMPLETED"],
  };
  const submitted: CaseEvent = {
    kind: "EntitlementRequested",
    round: 1,
    submission: facts.submission,
  };
  const asked = { agreements: [submitted], capacity: [], billing: [] };
  return {
    facts,
    services: nothingHeld,
    asked,
    told: { agreements: [], capacity: [], billing: [] },
    left: { ...none, ...left },
  };
}

function isAtRest({ asked, told }: World): boolean {
  return serviceNames.every((name) => asked[name].length === 0 && told[name].length === 0);
}

function messageMoves(world: World, scenario: Scenario): World[] {
  return serviceNames.flatMap((service) => {
    const moves: World[] = [];
    const [event, ...later] = world.asked[service];
    if (event !== undefined) {
      const reply = handle(world.services, { service, event, scenario });
      const asked = { ...world.asked, [service]: later };
      moves.push(tell({ ...world, services: reply.services, asked }, service, reply.answers));
    }
    const [answer, ...rest] = world.told[service];
    if (answer !== undefined) {
      const taken = decide(world, (facts) => takeAnswer(facts, { answer, told, now }));
      moves.push({ ...taken, told: { ...taken.told, [service]: rest } });
      // The same answer comes once more, later than it was taken in.
      if (world.left.repeat > 0) moves.push(spend(taken, { repeat: world.left.repeat - 1 }));
    }
    return moves;
  });
}

function peopleMoves(world: World): World[] {
  const { left, services, facts } = world;
  const { course, estimate } = services;
  const moves: World[] = [];
  const isUndecided = facts.acceptance === undefined && facts.stop === undefined;
  if (left.accept > 0 && isUndecided && facts.closed === undefined) {
    const accepted = decide(world, (known) =>
      progress({ ...known, acceptance: { plan } }, [{ kind: "ReferralAccepted", plan }], now),
    );
    moves.push(spend(accepted, { accept: left.accept - 1 }));
  }
  for (const reason of left.stop) {
    moves.push(
      spend(
        decide(world, (known) => askStop(known, { reason, now })),
        { stop: [] },
      ),
    );
  }
  const [due] = left.overdue > 0 ? stopDues(facts) : [];
  if (due !== undefined) {
    const { reason } = due;
    moves.push(
      spend(
        decide(world, (known) => askStop(known, { reason, now })),
        { overdue: 0 },
      ),
    );
  }
  if (services.seat === "PLACE") {
    moves.push(tell(withServices(world, { seat: "RESERVED" }), "agreements", [answers.granted()]));
  }
  if (estimate.state === "ISSUED" && services.guarantee === "NONE") {
    if (left.guarantee > 0) {
      const given = withServices(world, { guarantee: "GIVEN" });
      const said = answers.guaranteed(estimate.round);
      moves.push(spend(tell(given, "billing", [said]), { guarantee: left.guarantee - 1 }));
    }
    if (left.decline > 0) {
      const said = withServices(world, { estimate: { ...estimate, state: "ENDED" } });
      moves.push(tell(said, "billing", [answers.declined(estimate.round)]));
    }
  }
  const { round, state } = course;
  if (state === "WAITING") moves.push(moveCourse(world, "HELD", answers.held(round)));
  if (state === "HELD" && left.take > 0) {
    const taken = moveCourse(world, "LAPSED", answers.lapsed(round));
    moves.push(spend(taken, { take: left.take - 1 }));
  }
  if (state === "BOOKED") {
    moves.push(moveCourse(world, "STARTED", answers.started(round)));
    if (left.end.includes("NO_SHOW")) {
      moves.push(moveCourse(world, "RELEASED", answers.released(round, "NO_SHOW")));
    }
  }
  if (state === "STARTED") {
    const outcomes = left.end.filter((outcome) => outcome !== "NO_SHOW");
    moves.push(
      ...outcomes.map((outcome) => moveCourse(world, "ENDED", answers.ended({ outcome }))),
    );
  }
  return moves;
}

function moveCourse(world: World, state: Services["course"]["state"], answer: Answer): World {
  const { round } = world.services.course;
  return tell(withServices(world, { course: { state, round } }), "capacity", [answer]);
}

function withServices(world: World, more: Partial<Services>): World {
  return { ...world, services: { ...world.services, ...more } };
}

function tell(world: World, service: ServiceName, said: readonly Answer[]): World {
  return { ...world, told: { ...world.told, [service]: [...world.told[service], ...said] } };
}

function spend(world: World, left: Partial<Left>): World {
  return { ...world, left: { ...world.left, ...left } };
}

const undoKinds = ["AnswerTaken", "CourseStopRequested", "SeatRequested", "AccountStopRequested"];

function decide(
  world: World,
  rule: (facts: CaseFacts) => { state: CaseFacts; events: readonly CaseEvent[] },
): World {
  const { facts } = world;
  const { state, events } = rule(facts);
  if (facts.closed !== undefined) {
    for (const { kind } of events) expect(undoKinds).toContain(kind);
    expect(state.closed).toEqual(facts.closed);
  }
  const requests = events.filter((event) => "round" in event || event.kind === "CaseClosed");
  const news = Object.keys(state.sent).length - Object.keys(facts.sent).length;
  const closes = requests.filter(({ kind }) => kind === "CaseClosed").length;
  expect(requests.length).toBe(news + closes);
  const asked = Object.fromEntries(
    serviceNames.map((name) => [name, [...world.asked[name], ...requests]]),
  ) as unknown as World["asked"];
  return { ...world, facts: state, asked };
}
