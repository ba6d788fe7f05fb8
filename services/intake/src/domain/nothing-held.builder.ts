import { expect } from "vitest";
import { awaitedAnswers } from "./awaited.ts";
import { careStateOf } from "./care-state.ts";
import { explore, type Left, type Stopped, textOf, type World } from "./case-explorer.builder.ts";
import type { Scenario } from "./case-world.builder.ts";
import { stopDues } from "./dues.ts";

/** Explores a scenario, checks every world at rest, and answers the states in which the case was closed. */
export function closedStates(scenario: Scenario, left: Partial<Left>): string[] {
  const states = new Set<string>();
  const { stops } = explore(scenario, left, (world) => {
    expectSound(world);
    if (world.facts.closed !== undefined) states.add(careStateOf(world.facts));
  });
  stops.forEach(expectInTime);
  return [...states].sort();
}

/** A case at rest is closed with nothing left over, or waits for people. */
export function expectSound(world: World): void {
  if (world.facts.closed === undefined) expectWaiting(world);
  else expectNothingHeld(world);
}

/** No case expires for want of a guarantee that billing has and was not asked to release, wherever its news may be. */
export function expectInTime({ before, reason }: Stopped): void {
  const { state, round } = before.services.guarantee;
  if (reason !== "ANSWER_OVERDUE" || state !== "GIVEN") return;
  const asked = Object.keys(before.facts.sent)
    .filter((key) => key.startsWith("AccountStopRequested.RELEASE@"))
    .map((key) => Number(key.split("@")[1]));
  if (!asked.some((released) => released >= round)) fail(before);
}

function expectNothingHeld({ services, facts }: World): void {
  const { seat, course, guarantee, estimate, closed } = services;
  const isTreated = course.state === "ENDED" && course.hasDelivered === true;
  const isHeld =
    !["NONE", "CONSUMED", "RELEASED"].includes(seat) ||
    ["HELD", "WAITING", "BOOKED", "STARTED"].includes(course.state) ||
    guarantee.state === "GIVEN" ||
    estimate.state === "ISSUED";
  const isWrong =
    (seat === "CONSUMED") !== isTreated || (guarantee.state === "CHARGED") !== isTreated;
  const isToldOnce = closed.length === 3 && new Set(closed).size === 3;
  if (isHeld || isWrong || !isToldOnce) fail({ services, facts });
}

/** A case at rest that is not closed waits for people, never for a message, and has what it waits with. */
function expectWaiting({ facts, services }: World): void {
  const { course, guarantee, seat } = services;
  const awaited = awaitedAnswers(facts).length;
  if (facts.stop !== undefined) {
    // The hub is to confirm or decline, and nothing else is awaited.
    if (facts.stop.isPending !== true || !course.isStopPending || awaited !== 1) {
      fail({ services, facts });
    }
    return;
  }
  const careState = careStateOf(facts);
  const hasDue =
    ["IN_TREATMENT", "INTERRUPTED", "PENDED"].includes(careState) || stopDues(facts).length > 0;
  const isBound = careState !== "WAITLISTED" || guarantee.state !== "GIVEN";
  const isKept = careState !== "DEFERRED" || !isHeldBy(course.state);
  if (!hasDue || awaited > 0 || !isBound || !isKept || seat === "RELEASED") {
    fail({ services, facts });
  }
}

function isHeldBy(state: World["services"]["course"]["state"]): boolean {
  return ["HELD", "WAITING", "BOOKED", "STARTED"].includes(state);
}

function fail({ services, facts }: Pick<World, "services" | "facts">): never {
  const { submission: _, triageBy: __, sent, ...rest } = facts;
  expect.fail(textOf({ services, ...rest, sent: Object.keys(sent) }));
}
