import type { Answer } from "./answers.ts";
import { aReferral, now, told } from "./case.builder.ts";
import type { StopReason } from "./case-terms.ts";
import {
  handle,
  nothingHeld,
  type Scenario,
  type ServiceName,
  type Services,
} from "./case-world.builder.ts";
import type { CaseEvent } from "./events.ts";
import type { CaseFacts } from "./facts.ts";
import { peopleMoves } from "./people-moves.builder.ts";
import { takeAnswer } from "./progress.ts";

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
  readonly inform: number;
  readonly guarantee: number;
  readonly decline: number;
  readonly take: number;
  readonly repeat: number;
  readonly stop: readonly StopReason[];
  /** How many stops; the hub may decline those of a treatment as often as `declineStop` says. */
  readonly stops: number;
  readonly declineStop: number;
  /** How often the hub moves a course that is held or booked, and how often it interrupts a treatment. */
  readonly move: number;
  readonly interrupt: number;
  readonly defer: number;
  readonly overdue: number;
  readonly end: readonly ("COMPLETED" | "STOPPED" | "UNTREATED" | "DIED" | "NO_SHOW")[];
};

/** What an exploration came through. */
export type Explored = {
  readonly worlds: number;
  readonly stops: readonly Stopped[];
};

/** A stop, the world in which it came, and how many orders everything after it can take. */
export type Stopped = {
  readonly before: World;
  readonly reason: StopReason;
  readonly orders: bigint;
};

const serviceNames = ["agreements", "capacity", "billing"] as const;
const worldsMax = 600_000;

/** Visits every world that a scenario can come to, and gives those at rest to `atRest`. */
export function explore(
  scenario: Scenario,
  left: Partial<Left>,
  atRest: (world: World, isEnd: boolean) => void,
): Explored {
  const ordersFrom = new Map<string, bigint>();
  const stops: Stopped[] = [];
  // As deep as the longest way of a case, some tens of moves; every move uses something up, so that no way leads back.
  const visit = (world: World): bigint => {
    const key = idOf(world);
    const known = ordersFrom.get(key);
    if (known !== undefined) return known;
    if (ordersFrom.size >= worldsMax) throw new Error(`more than ${worldsMax} worlds`);
    const moves = [...messageMoves(world, scenario), ...peopleMoves(world)];
    if (isAtRest(world)) atRest(world, moves.length === 0);
    let orders = moves.length === 0 ? 1n : 0n;
    for (const next of moves) {
      const after = visit(next);
      orders += after;
      const reason = next.facts.stop?.reason;
      if (reason === undefined || world.facts.stop !== undefined) continue;
      stops.push({ before: world, reason, orders: after });
    }
    ordersFrom.set(key, orders);
    return orders;
  };
  visit(firstWorld(left));
  return { worlds: ordersFrom.size, stops };
}

/** Everything that tells two worlds apart, as text. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
}

const idByText = new Map<string, number>();
const idByObject = new WeakMap<object, string>();

/**
 * Values that say the same have one id, whatever order their fields came in. Almost every part of a world is a part of the
 * one before it, and is looked at once.
 */
function idOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  const known = idByObject.get(value);
  if (known !== undefined) return known;
  const text = describe(value);
  const number = idByText.get(text) ?? idByText.size;
  idByText.set(text, number);
  const id = `#${number.toString(36)}`;
  idByObject.set(value, id);
  return id;
}

function describe(value: object): string {
  if (value instanceof Temporal.Instant || value instanceof Temporal.PlainDate) return `${value}`;
  if (Array.isArray(value)) return `[${value.map(idOf).join()}]`;
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, field]) => `${name}:${idOf(field)}`).join()}}`;
}

function firstWorld(left: Partial<Left>): World {
  const { facts } = aReferral();
  const none: Left = {
    ...{ accept: 1, inform: 0, guarantee: 1, decline: 0, take: 0, repeat: 0 },
    ...{
      stop: [],
      stops: 1,
      declineStop: 0,
      move: 0,
      interrupt: 0,
      defer: 0,
      overdue: 0,
      end: ["COMPLETED"],
    },
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

/** The world in which a service has said something. */
export function tell(world: World, service: ServiceName, said: readonly Answer[]): World {
  return { ...world, told: { ...world.told, [service]: [...world.told[service], ...said] } };
}

/** The world in which people may do less. */
export function spend(world: World, left: Partial<Left>): World {
  return { ...world, left: { ...world.left, ...left } };
}

const undoKinds = ["AnswerTaken", "CourseStopRequested", "SeatRequested", "AccountStopRequested"];

/** The world after a decision of intake: what it tells goes to every service. */
export function decide(
  world: World,
  rule: (facts: CaseFacts) => { state: CaseFacts; events: readonly CaseEvent[] },
): World {
  const { facts } = world;
  const { state, events } = rule(facts);
  const requests = events.filter((event) => "round" in event || event.kind === "CaseClosed");
  const isUndo = events.every(({ kind }) => undoKinds.includes(kind));
  if (facts.closed !== undefined && (!isUndo || state.closed !== facts.closed)) {
    throw new Error(`a closed case does more than undo: ${textOf(events)}`);
  }
  const news = Object.keys(state.sent).length - Object.keys(facts.sent).length;
  const closes = requests.filter(({ kind }) => kind === "CaseClosed").length;
  if (requests.length !== news + closes) throw new Error(`asked twice: ${textOf(requests)}`);
  if (requests.length === 0) return { ...world, facts: state };
  const asked = Object.fromEntries(
    serviceNames.map((name) => [name, [...world.asked[name], ...requests]]),
  ) as unknown as World["asked"];
  return { ...world, facts: state, asked };
}
