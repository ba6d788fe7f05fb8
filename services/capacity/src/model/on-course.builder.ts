import { randomUUID } from "node:crypto";
import type { CourseEvent } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { requestSource } from "@carehub/database/source";
import type { Uuid } from "@carehub/rules/ids";
import type { Command, Deps } from "../app/capacity-app.ts";
import type { TestHub } from "../capacity.builder.ts";
import type { CourseState } from "../domain/course.ts";
import { isSaid, type ModelCourse } from "./course-model.builder.ts";
import type { World } from "./hub-world.builder.ts";
import type { Step } from "./steps.builder.ts";

/** A command, ready to be run once or again, and what the model says of it. */
export type Action = {
  readonly what: string;
  /** Undefined for a command on the hub. */
  readonly course?: Uuid;
  /** It must be refused, with one of these; empty where nothing that the model knows forbids it. */
  readonly must: readonly string[];
  /** What else may be in its way. */
  readonly may: readonly string[];
  /** What is told where it is done. */
  readonly tells?: NonNullable<CourseEvent["event"]["case"]>;
  /** Of a case, whose messages come one after the other. */
  readonly isMessage?: boolean;
  /** Nothing of it stays, so each answer is a new one. */
  readonly isQuestion?: boolean;
  readonly run: (deps: Deps) => Promise<unknown>;
};

/** Everything that a plan can fail by. */
export const unplanned = [
  ...["TIME_TAKEN", "POOL_FULL", "HUB_CLOSED", "DUE_BEFORE_ANSWER", "GAP_TOO_LONG"],
  ...["PROLONGATION_TOO_LONG", "HOLD_LIMIT_REACHED"],
];

/** A command of a hub with one request id, whose answer is all that it is told. */
export function commandOf(
  hub: TestHub,
  actor = { reference: "e-1", role: "planner" },
): Command<unknown> {
  const requestId = randomUUID();
  const body = new TextEncoder().encode(requestId);
  const { caller } = hub;
  const source = requestSource({ caller: caller.name, requestId, method: "model", body });
  return { caller, source, actor, respond: (view) => new TextEncoder().encode(textOf(view)) };
}

function textOf(view: unknown): string {
  return JSON.stringify(view, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

/** A command on a course, and when. */
export type On = {
  readonly world: World;
  readonly course: ModelCourse;
  readonly step: Step;
  readonly minute: number;
};
/** What the model says of it. */
export type Parts = Omit<Action, "what" | "course">;

/** What every command on a course says. */
export function onCourse({ world, course }: On) {
  return { ...commandOf(world.hub), id: course.id, etag: "" };
}

/** The refusal, unless the condition holds. */
export function unless(holds: boolean, reason: string): string[] {
  return holds ? [] : [reason];
}

/** Whether it is in one of these states. */
export function isIn({ course }: On, ...states: CourseState[]): boolean {
  return states.includes(course.state);
}

/** What else a plan of a treatment can fail by. */
export function inTreatment(on: On): string[] {
  return isIn(on, "IN_TREATMENT", "INTERRUPTED")
    ? ["SESSIONS_NOT_RECORDED", "COURSE_NOT_MOVABLE"]
    : [];
}

/** The session that is meant: mostly the next of which nothing stands. */
export function numberOf({ course, step }: On): number {
  const next = course.sessions.find(({ number }) => !isSaid(course, number));
  return step.one < 8 ? (next?.number ?? 1) : 1 + (step.two % 4);
}
