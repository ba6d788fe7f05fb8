/*
 * A course as simply as it can be said: its state, and what it keeps, told by the events alone. An event that cannot
 * follow throws; what the tables say is compared with this after every run.
 */
import type {
  CourseEvent,
  CourseInterrupted,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Uuid } from "@carehub/rules/ids";
import type { CourseState } from "../domain/course.ts";
import {
  dayOf,
  type ModelSession,
  type ModelUse,
  msOf,
  type Planned,
  rowsOf,
  sessionsOf,
} from "./told-plan.builder.ts";

/** A course as the model has it. */
export type ModelCourse = {
  readonly id: Uuid;
  /** Of the hub's own patient. */
  readonly own: boolean;
  readonly template: string;
  state: CourseState;
  round: number;
  revision: number;
  /** The revision of its case's last message. */
  message: number;
  releaseAt: number;
  sessions: readonly ModelSession[];
  /** What is reserved, by the number of the session or step. */
  rows: Map<number, readonly ModelUse[]>;
  /** Bed-days by pool and day; undefined where what happened changed them. */
  beds: readonly string[] | undefined;
  /** An outage took times of it. */
  displaced: boolean;
  recorded: ReadonlySet<number>;
  missed: ReadonlySet<number>;
};

/** A course of which nothing was told yet. */
export function noCourse(id: Uuid, parts: { own: boolean; template: string }): ModelCourse {
  return {
    ...parts,
    displaced: false,
    ...{ id, state: "NONE", round: 0, revision: 0, message: 0, releaseAt: 0 },
    ...{ sessions: [], rows: new Map(), beds: [], recorded: new Set(), missed: new Set() },
  };
}

/** When a course begins as it is told, with its preparation. */
export function beginsAt({ rows }: ModelCourse): number {
  return Math.min(...[...rows.values()].flat().map(({ start }) => start));
}

const live: readonly CourseState[] = ["HELD", "BOOKED", "IN_TREATMENT", "INTERRUPTED"];

/** Whether time is kept for it. */
export function isLive({ state }: ModelCourse): boolean {
  return live.includes(state);
}

/** What the model needs of the hub to understand an event. */
export type Told = { readonly minute: number; readonly startOfDay: (day: number) => number };

/** Takes in the next event of a course; fails where it cannot follow. */
export function follow(course: ModelCourse, told: CourseEvent, at: Told): void {
  if (Number(told.revision) !== course.revision + 1) {
    throw new Error(`revision ${told.revision} after ${course.revision} of ${course.id}`);
  }
  course.revision += 1;
  followHold(course, told.event, at);
  followTreatment(course, told.event, at);
  followSession(course, told.event, at);
}

type Event = CourseEvent["event"];

const beforeBooking: readonly CourseState[] = [
  ...(["NONE", "UNAVAILABLE", "WAITLISTED", "HELD", "RELEASED", "LAPSED"] as const),
];

function followHold(course: ModelCourse, event: Event, at: Told): void {
  switch (event.case) {
    case "courseHeld":
      requireState(course, event, beforeBooking);
      course.state = "HELD";
      course.round = event.value.round;
      course.releaseAt = msOf(event.value.releaseTime);
      keepWhole(course, event.value);
      break;
    case "courseUnavailable":
      requireState(course, event, beforeBooking);
      course.round = event.value.round;
      course.state = event.value.waitlisted ? "WAITLISTED" : "UNAVAILABLE";
      keepNothing(course);
      break;
    case "courseHoldLapsed":
      lapse(course, event, at);
      break;
    case "courseReleased":
      requireState(course, event, [...beforeBooking, "BOOKED"]);
      course.state = "RELEASED";
      course.round = event.value.round;
      keepNothing(course);
      break;
    case "courseMoved":
      requireState(course, event, live);
      move(course, event.value);
      break;
    case "courseDisplaced":
      requireState(course, event, live);
      course.displaced = true;
      break;
    default:
  }
}

function followTreatment(course: ModelCourse, event: Event, at: Told): void {
  switch (event.case) {
    case "courseBooked":
      pass(course, event, ["HELD", "BOOKED"]);
      break;
    case "courseStarted":
      pass(course, event, ["BOOKED", "IN_TREATMENT"]);
      break;
    case "courseInterrupted":
      pass(course, event, ["IN_TREATMENT", "INTERRUPTED"]);
      interrupt(course, event.value, at);
      break;
    case "courseResumed":
      pass(course, event, ["INTERRUPTED", "IN_TREATMENT"]);
      break;
    case "courseEnded":
      requireState(course, event, treated);
      course.state = "ENDED";
      course.beds = undefined;
      course.rows = filtered(course, (number) => number <= 0 || course.recorded.has(number));
      break;
    case "stayExtended":
      requireState(course, event, treated);
      course.beds = undefined;
      break;
    default:
  }
}

function followSession(course: ModelCourse, event: Event, at: Told): void {
  const isOfSession =
    event.case === "sessionDelivered" ||
    event.case === "sessionMissed" ||
    event.case === "sessionCorrected";
  if (!isOfSession) return;
  requireState(course, event, treated);
  const { number } = event.value;
  if (isSaid(course, number) !== (event.case === "sessionCorrected")) {
    throw new Error(`${event.case} of session ${number}, of which it cannot be`);
  }
  const { recorded, missed } = course;
  if (event.case === "sessionDelivered") course.recorded = new Set([...recorded, number]);
  if (event.case === "sessionMissed") {
    course.missed = new Set([...missed, number]);
    giveBackMissed(course, number, at);
  }
  if (event.case === "sessionCorrected") {
    course.recorded = without(recorded, number);
    course.missed = without(missed, number);
  }
}

const treated: readonly CourseState[] = ["IN_TREATMENT", "INTERRUPTED"];

function requireState({ state }: ModelCourse, event: Event, states: readonly CourseState[]): void {
  if (!states.includes(state)) throw new Error(`${event.case} cannot follow in ${state}`);
}

function pass(
  course: ModelCourse,
  event: Event,
  [from, to]: readonly [from: CourseState, to: CourseState],
): void {
  requireState(course, event, [from]);
  course.state = to;
}

function lapse(course: ModelCourse, event: Event & { case: "courseHoldLapsed" }, at: Told): void {
  if (event.value.reason === "TAKEN") {
    requireState(course, event, ["HELD"]);
    if ((at.minute + 1) * 60_000 < course.releaseAt) throw new Error("taken before its time");
  }
  if (course.state !== "HELD") return;
  course.state = "LAPSED";
  keepNothing(course);
}

/** Whether something stands of a session. */
export function isSaid({ recorded, missed }: ModelCourse, number: number): boolean {
  return recorded.has(number) || missed.has(number);
}

function keepWhole(course: ModelCourse, planned: Planned): void {
  course.sessions = sessionsOf(planned);
  course.rows = rowsOf(planned);
  course.beds = planned.stays.flatMap(({ pool, firstDate, lastDate }) => {
    const [first, last] = [dayOf(firstDate), dayOf(lastDate)];
    return Array.from({ length: last - first + 1 }, (_, day) => `${pool} ${first + day}`);
  });
}

function keepNothing(course: ModelCourse): void {
  course.sessions = [];
  course.rows = new Map();
  course.beds = [];
}

// What took place, and its preparation, stays as it was kept; the rest is as it is told now.
function move(course: ModelCourse, planned: Planned): void {
  if (course.state === "HELD" || course.state === "BOOKED") {
    keepWhole(course, planned);
    return;
  }
  const before = course.rows;
  const after = rowsOf(planned);
  for (const number of [...after.keys()].filter((each) => isSaid(course, each))) {
    const kept = before.get(number);
    if (kept === undefined) after.delete(number);
    else after.set(number, kept);
  }
  course.sessions = sessionsOf(planned);
  course.rows = after;
  course.beds = undefined;
}

function interrupt(course: ModelCourse, { sinceDate }: CourseInterrupted, at: Told): void {
  const since = at.startOfDay(dayOf(sinceDate));
  const stays = new Set(
    course.sessions
      .filter(({ number, start }) => course.recorded.has(number) || start < since)
      .map(({ number }) => number),
  );
  course.sessions = course.sessions.filter(({ number }) => stays.has(number));
  course.rows = filtered(course, (number) => number <= 0 || stays.has(number));
  course.beds = undefined;
}

function giveBackMissed(course: ModelCourse, number: number, { minute }: Told): void {
  const kept = (course.rows.get(number) ?? []).filter(({ end }) => end <= minute);
  course.rows.set(number, kept);
}

function filtered({ rows }: ModelCourse, keeps: (number: number) => boolean) {
  return new Map([...rows].filter(([number]) => keeps(number)));
}

function without(numbers: ReadonlySet<number>, number: number): ReadonlySet<number> {
  return new Set([...numbers].filter((each) => each !== number));
}
