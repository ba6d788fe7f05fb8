/** What an event says of a plan, in minutes and days. */
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type {
  CourseHeld,
  CourseMoved,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { must } from "@carehub/rules/fault";
import { dayOfDate } from "../domain/hub-time.ts";

/** Time of a resource, by its full name. */
export type ModelUse = { readonly resource: string; readonly start: number; readonly end: number };

/** A session as it was told. */
export type ModelSession = {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly uses: readonly ModelUse[];
};

/** A plan as it is told. */
export type Planned = Pick<CourseHeld | CourseMoved, "sessions" | "preparation" | "stays">;

/** Its sessions. */
export function sessionsOf({ sessions }: Planned): ModelSession[] {
  return sessions.map((session) => ({ number: session.number, ...spanOf(session) }));
}

/** What it keeps, by the number of the session or step. */
export function rowsOf({ sessions, preparation }: Planned): Map<number, readonly ModelUse[]> {
  return new Map([
    ...sessions.map((session) => [session.number, spanOf(session).uses] as const),
    ...preparation.map((step, index) => [0 - index, spanOf(step).uses] as const),
  ]);
}

type Timed = {
  readonly startTime?: Timestamp | undefined;
  readonly endTime?: Timestamp | undefined;
};

function spanOf({
  resources,
  ...times
}: Timed & { readonly resources: readonly (Timed & { readonly resource: string })[] }) {
  const uses = resources.map((use) => ({ resource: use.resource, ...timesOf(use) }));
  return { ...timesOf(times), uses };
}

function timesOf({ startTime, endTime }: Timed) {
  return { start: msOf(startTime) / 60_000, end: msOf(endTime) / 60_000 };
}

/** When it was, in milliseconds. */
export function msOf(time: Timestamp | undefined): number {
  return timestampMs(must(time, "a fact says when"));
}

/** The day, counted from 1970. */
export function dayOf(date: { year: number; month: number; day: number } | undefined): number {
  return dayOfDate(Temporal.PlainDate.from(must(date, "a fact says on which day")));
}
