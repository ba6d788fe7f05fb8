import { blockerOf } from "./actions.ts";
import type { Answer } from "./answers.ts";
import { answers, aReferral, day, now, plan } from "./case.builder.ts";
import { decide, spend, tell, type World } from "./case-explorer.builder.ts";
import type { CourseState, Services } from "./case-world.builder.ts";
import { guarantee } from "./case-world-billing.builder.ts";
import { deferReferral, resumeReferral } from "./deferral.ts";
import { stopDues } from "./dues.ts";
import type { CaseFacts } from "./facts.ts";
import { askStop, passTime } from "./progress.ts";
import { acceptReferral, type Referral, requestInformation } from "./referral.ts";

/** Everything that people, and time, can do next, at intake and at each service. */
export function peopleMoves(world: World): World[] {
  return [
    ...[...stopMoves(world), ...triageMoves(world), ...deferralMoves(world)],
    ...[...payerMoves(world), ...capacityMoves(world)],
  ];
}

const template = aReferral();

function command(world: World, rule: (referral: Referral) => ReturnType<typeof acceptReferral>) {
  return decide(world, (facts) => {
    const { state, events } = rule({ ...template, facts });
    return { state: state.facts, events };
  });
}

const mayDo = (facts: CaseFacts, action: Parameters<typeof blockerOf>[1]) =>
  blockerOf(facts, action, now) === undefined;

function triageMoves(world: World): World[] {
  const { left, facts } = world;
  const moves: World[] = [];
  if (left.accept > 0 && mayDo(facts, "AcceptReferral")) {
    const accepted = command(world, (referral) => acceptReferral(referral, { plan, now }));
    moves.push(spend(accepted, { accept: left.accept - 1 }));
  }
  if (left.inform > 0 && mayDo(facts, "RequestInformation")) {
    const asked = { documentCodes: ["ECHO_REPORT"], now };
    const waiting = command(world, (referral) => requestInformation(referral, asked));
    moves.push(spend(waiting, { inform: left.inform - 1 }));
  }
  if (world.services.seat === "PLACE") {
    const services = { ...world.services, seat: "RESERVED" as const };
    moves.push(tell({ ...world, services }, "agreements", [answers.granted()]));
  }
  return moves;
}

function deferralMoves(world: World): World[] {
  const { left, facts } = world;
  const moves: World[] = [];
  if (left.defer > 0 && mayDo(facts, "DeferReferral")) {
    const reason = "NOT_FIT_TO_TRAVEL";
    const deferred = command(world, (referral) => deferReferral(referral, { reason, now }));
    moves.push(spend(deferred, { defer: left.defer - 1 }));
  }
  if (mayDo(facts, "ResumeReferral")) {
    const dates = { readyDate: day("02-01"), dueDate: undefined, now };
    moves.push(command(world, (referral) => resumeReferral(referral, dates)));
  }
  return moves;
}

const inTriageOnly = ["REJECTED", "RETURNED", "REDIRECTED"];

function stopMoves(world: World): World[] {
  const { left, facts } = world;
  const moves: World[] = [];
  const stops = left.stops > 0 ? left.stop : [];
  for (const reason of stops) {
    const action = inTriageOnly.includes(reason) ? "RejectReferral" : "CancelReferral";
    if (!mayDo(facts, action)) continue;
    const stopped = decide(world, (known) => askStop(known, { reason, now }));
    moves.push(spend(stopped, { stops: left.stops - 1 }));
  }
  for (const due of left.overdue > 0 ? stopDues(facts) : []) {
    const passed = decide(world, (known) => passTime(known, due, now));
    moves.push(spend(passed, { overdue: left.overdue - 1 }));
  }
  return moves;
}

function payerMoves(world: World): World[] {
  const { left, services } = world;
  const { estimate } = services;
  if (estimate.state !== "ISSUED") return [];
  const moves: World[] = [];
  if (left.guarantee > 0) {
    const given = guarantee(services);
    const told = tell({ ...world, services: given.services }, "billing", given.answers);
    moves.push(spend(told, { guarantee: left.guarantee - 1 }));
  }
  if (left.decline > 0) {
    const said = { ...services, estimate: { ...estimate, state: "ENDED" as const } };
    const declined = [answers.declined(estimate.round)];
    const told = tell({ ...world, services: said }, "billing", declined);
    moves.push(spend(told, { decline: left.decline - 1 }));
  }
  return moves;
}

function capacityMoves(world: World): World[] {
  return [...courseMoves(world), ...changeMoves(world)];
}

/** Another time, an interruption, and its end. */
function changeMoves(world: World): World[] {
  const { left, services } = world;
  const { course } = services;
  const { round, state, isInterrupted } = course;
  const moved = answers.moved(day("02-04"), day("02-12"), round);
  if (state === "STARTED" && isInterrupted === true) {
    const { isInterrupted: _, ...goesOn } = course;
    const resumed = { ...world, services: { ...services, course: goesOn } };
    return [tell(resumed, "capacity", [moved, answers.resumed()])];
  }
  if (state === "STARTED" && left.interrupt > 0) {
    const interrupted = { ...services, course: { ...course, isInterrupted: true } };
    const told = tell({ ...world, services: interrupted }, "capacity", [answers.interrupted()]);
    return [spend(told, { interrupt: left.interrupt - 1 })];
  }
  const isMovable = state === "HELD" || state === "BOOKED";
  if (!isMovable || left.move === 0) return [];
  return [spend(tell(world, "capacity", [moved]), { move: left.move - 1 })];
}

function courseMoves(world: World): World[] {
  const { left, services } = world;
  const { round, state, isStopPending } = services.course;
  switch (state) {
    case "WAITING":
      return [moveCourse(world, "HELD", answers.held(round))];
    case "HELD": {
      const taken = moveCourse(world, "LAPSED", answers.lapsed(round));
      return left.take > 0 ? [spend(taken, { take: left.take - 1 })] : [];
    }
    case "BOOKED": {
      const started = moveCourse(world, "STARTED", answers.started(round));
      const released = moveCourse(world, "RELEASED", answers.released(round, "NO_SHOW"));
      return left.end.includes("NO_SHOW") ? [started, released] : [started];
    }
    case "STARTED": {
      const moves = left.end.filter((how) => how !== "NO_SHOW").map((how) => end(world, how));
      if (isStopPending !== true) return moves;
      moves.push(end(world, "STOPPED"));
      if (left.declineStop === 0) return moves;
      const declined = moveCourse(world, "STARTED", answers.stopDeclined(round));
      return [...moves, spend(declined, { declineStop: left.declineStop - 1 })];
    }
    default:
      return [];
  }
}

function end(world: World, how: "COMPLETED" | "STOPPED" | "UNTREATED" | "DIED"): World {
  const isTreated = how !== "UNTREATED";
  const said = isTreated
    ? answers.ended({ outcome: how })
    : answers.ended({ outcome: "STOPPED", deliveredItems: [] });
  return moveCourse(world, "ENDED", said);
}

function moveCourse(world: World, state: CourseState, answer: Answer): World {
  const { round, isInterrupted } = world.services.course;
  const isDelivered = answer.kind === "CourseEnded" && answer.end.deliveredItems.length > 0;
  const goesOn = state === "STARTED" && isInterrupted === true;
  const course = {
    ...{ state, round },
    ...(isDelivered && { hasDelivered: true }),
    ...(goesOn && { isInterrupted }),
  };
  const services: Services = { ...world.services, course };
  return tell({ ...world, services }, "capacity", [answer]);
}
