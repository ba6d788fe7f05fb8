/** What can be asked of a course, with the refusals that its state asks for. */
import { randomUUID } from "node:crypto";
import type { Uuid } from "@carehub/rules/ids";
import type { Deps } from "../app/capacity-app.ts";
import { bookCase, closeCase, stopCase } from "../app/case-requests.ts";
import { bookCourse, releaseCourse } from "../app/course-commands.ts";
import { extendHold } from "../app/extend-hold.ts";
import { holdForCase, holdForHub } from "../app/hold-course.ts";
import { moveCourse } from "../app/move-course.ts";
import type { HoldRequest } from "../app/place-course.ts";
import { postponeSession } from "../app/postpone-session.ts";
import { aMessage, answerTime } from "../capacity.builder.ts";
import { aPlan } from "../domain/hub.builder.ts";
import { dateOfDay } from "../domain/hub-time.ts";
import type { Postponement } from "../domain/postpone.ts";
import { beginsAt, isLive, isSaid, type ModelCourse, noCourse } from "./course-model.builder.ts";
import { hubNow, minuteNow, templates, type World } from "./hub-world.builder.ts";
import {
  type Action,
  commandOf,
  inTreatment,
  isIn,
  numberOf,
  type On,
  onCourse,
  type Parts,
  unless,
  unplanned,
} from "./on-course.builder.ts";
import type { Step } from "./steps.builder.ts";
import {
  admit,
  correct,
  discharge,
  extendStay,
  interrupt,
  miss,
  record,
  resume,
} from "./treatment-actions.builder.ts";

/** A new course, of the hub's own patient or of a case; a case may also ask again. */
export async function askFor(world: World, { kind, at, one, two }: Step): Promise<Action> {
  const { hub, courses } = world;
  const template = templates[one % templates.length] ?? templates[0];
  const { time } = await hubNow(world);
  const first = dateOfDay(time.dayOf(await minuteNow(world)) + 4 + (at % 6));
  const dates = { readyDate: first, dueDate: first.add({ days: two % 5 }) };
  const plan = { ...aPlan(""), ...dates, template: hub.template(template.id) };
  const shared = {
    ...{ hub: hub.name, answerTime: { ...answerTime, workingDays: 1 } },
    plan: { ...plan, underAnaesthesia: template.id === "proton" && two % 2 === 0 },
  };
  if (kind === "hold") {
    const id = randomUUID() as Uuid;
    courses.push(noCourse(id, { own: true, template: template.id }));
    const override = two % 3 === 0 ? world.overrides.at(-1) : undefined;
    const request: HoldRequest = {
      ...{ ...shared, id, sendingParty: undefined, round: 0, priority: "ROUTINE" },
      ...(override === undefined ? {} : { override }),
    };
    const command = commandOf(hub);
    const run = (deps: Deps) => holdForHub(deps, request, command);
    const may = [...unplanned, ...(override === undefined ? [] : notThisOverride)];
    return { what: kind, course: id, must: [], may, tells: "courseHeld", run };
  }
  const again = two === 11 ? courses.find((course) => !course.own) : undefined;
  const course = again ?? noCourse(randomUUID() as Uuid, { own: false, template: template.id });
  if (again === undefined) courses.push(course);
  const message = nextMessage(course);
  const priority = (["ROUTINE", "URGENT", "EMERGENCY"] as const)[two % 3] ?? "ROUTINE";
  const round = course.round + 1;
  const request = { ...shared, id: course.id, sendingParty: "parties/UZ", round, priority };
  const run = (deps: Deps) => holdForCase(deps, request, message);
  return { what: kind, course: course.id, must: [], may: [], isMessage: true, run };
}

const notThisOverride = ["OVERRIDE_NOT_FOUND", "OVERRIDE_NOT_OPEN", "OVERRIDE_NOT_FITTING"];

function nextMessage(course: ModelCourse) {
  course.message += 1;
  return aMessage(course.id, course.message);
}

/** A command on a course that there is. */
export async function actOn(world: World, course: ModelCourse, step: Step): Promise<Action> {
  const minute = await minuteNow(world);
  const { time } = await hubNow(world);
  const today = dateOfDay(time.dayOf(minute));
  const on: On = { world, course, step, minute };
  const makers: Readonly<Record<string, () => Parts>> = {
    book: () => book(on),
    release: () => release(on),
    stop: () => stop(on),
    close: () => message((deps, source) => closeCase(deps, course.id, source), course),
    "extend-hold": () => extend(on),
    move: () => move(on, today),
    postpone: () => postpone(on),
    admit: () => admit(on, today),
    record: () => record(on),
    miss: () => miss(on),
    correct: () => correct(on),
    interrupt: () => interrupt(on, today),
    resume: () => resume(on, today),
    "extend-stay": () => extendStay(on, today),
    discharge: () => discharge(on, today),
  };
  const make = makers[step.kind];
  if (make === undefined) throw new Error(`no command ${step.kind}`);
  return { what: step.kind, course: course.id, ...make() };
}

function message(
  handle: (deps: Deps, source: ReturnType<typeof aMessage>) => Promise<unknown>,
  course: ModelCourse,
): Parts {
  const source = nextMessage(course);
  return { must: [], may: [], isMessage: true, run: (deps) => handle(deps, source) };
}

function book(on: On): Parts {
  const { course, minute } = on;
  const { id, round, own } = course;
  const isBookable = isIn(on, "HELD") && beginsAt(course) >= minute;
  if (!own) {
    const parts = message((deps, source) => bookCase(deps, { id, round }, source), course);
    return isBookable ? { ...parts, tells: "courseBooked" } : parts;
  }
  const command = onCourse(on);
  const must = unless(isBookable, "COURSE_NOT_HELD");
  return { must, may: [], tells: "courseBooked", run: (deps) => bookCourse(deps, command) };
}

function release(on: On): Parts {
  const { course } = on;
  const command = { ...onCourse(on), reason: "CANCELLED" };
  return {
    must: [
      ...unless(course.own, "COURSE_OF_REFERRAL"),
      ...unless(!isIn(on, "IN_TREATMENT", "INTERRUPTED", "ENDED"), "COURSE_STARTED"),
      ...unless(isLive(course), "COURSE_NOT_HELD"),
    ],
    may: [],
    tells: "courseReleased",
    run: (deps) => releaseCourse(deps, command),
  };
}

function stop(on: On): Parts {
  const { course, step } = on;
  const { id, round } = course;
  const reason = step.one % 3 === 0 ? "DECEASED" : "WITHDRAWN";
  if (course.own) return release(on);
  return message((deps, source) => stopCase(deps, { id, round, reason }, source), course);
}

function extend(on: On): Parts {
  const { course, minute, step } = on;
  const command = { ...onCourse(on), workingDays: 1 + (step.one % 3) };
  return {
    must: [
      ...unless(course.own, "COURSE_OF_REFERRAL"),
      ...unless(isIn(on, "HELD") && beginsAt(course) >= minute, "COURSE_NOT_HELD"),
    ],
    may: ["HOLD_EXTENSION_LIMIT"],
    tells: "courseHeld",
    run: (deps) => extendHold(deps, command),
  };
}

function move(on: On, today: Temporal.PlainDate): Parts {
  const { one, two } = on.step;
  const notBeforeDate = today.add({ days: one });
  const window = { notBeforeDate, notAfterDate: notBeforeDate.add({ days: two % 4 }) };
  const command = { ...onCourse(on), reason: "HUB_REQUEST", window, dryRun: two === 10 };
  return {
    isQuestion: command.dryRun,
    must: unless(isIn(on, "HELD", "BOOKED", "IN_TREATMENT"), "COURSE_NOT_MOVABLE"),
    may: [...unplanned, "MOVE_BEYOND_PLAN", ...inTreatment(on)],
    run: (deps) => moveCourse(deps, command),
  };
}

function postpone(on: On): Parts {
  const { course, minute, step } = on;
  const number = numberOf(on);
  const session = course.sessions.find((each) => each.number === number);
  const isAhead = session !== undefined && session.start > minute && !isSaid(course, number);
  const reason = (["MACHINE", "PATIENT_UNWELL", "BED_UNAVAILABLE"] as const)[step.two % 3];
  const postponement: Postponement = { number, reason: reason ?? "OTHER" };
  const command = { ...onCourse(on), postponement };
  return {
    must: [
      ...unless(isIn(on, "HELD", "BOOKED", "IN_TREATMENT"), "COURSE_NOT_MOVABLE"),
      ...unless(isAhead, "SESSION_NOT_PLANNED"),
    ],
    may: [...unplanned, "SESSION_NOT_REBOOKABLE", ...inTreatment(on)],
    tells: "sessionPostponed",
    run: (deps) => postponeSession(deps, command),
  };
}
