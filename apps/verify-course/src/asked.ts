import {
  type Course,
  RecordedSession_State,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import type { Hub } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Override } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";

/** A course to be checked: its certificate, and the version of the hub's document that this names. */
export type AskedCourse = {
  /** Its name, or that of its file. */
  readonly course: string;
  /** Whether that is the name that the certificate must have. */
  readonly isNamed: boolean;
  readonly text: string;
  /** Undefined where it was not given: then it is not checked. */
  readonly hash: string | undefined;
  /** Undefined where that version is not to be had. */
  readonly hub: Hub | undefined;
  /** The override that it names; undefined where it names none, or that is not to be had. */
  readonly override?: Override | undefined;
  /** Whether it is still to take place, so that no other may be in its way. */
  readonly isLive: boolean;
  /** The numbers of its sessions that were recorded as missed. */
  readonly missed: readonly number[];
};

/** What is to be checked: courses, and the versions that say what a hub has on which day. */
export type Asked = { readonly courses: readonly AskedCourse[]; readonly versions: readonly Hub[] };

/** What is said wrongly on the command line or in a file; told without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a certificate's text says that it is of: a course, and a version of a hub. */
export type Named = { readonly course: unknown; readonly hub: string; readonly version: number };

/** Reads of what a certificate's text says that it is; undefined where it does not. */
export function namedIn(text: string): Named | undefined {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const { course, hub, capacity_version: version } = parsed;
    if (typeof hub !== "string" || typeof version !== "number") return undefined;
    return Number.isSafeInteger(version) ? { course, hub, version } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The name of the override that a certificate's text says it needs; undefined where it names none. */
export function overrideIn(text: string): string | undefined {
  try {
    const { override } = JSON.parse(text) as { readonly override?: { readonly name?: unknown } };
    return typeof override?.name === "string" ? override.name : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The sessions of a course that were recorded as missed, also where that was an error: their time was given back. */
export function missedOf({ recordedSessions }: Course): number[] {
  return recordedSessions
    .filter(({ state, missedReason }) => {
      return state === RecordedSession_State.MISSED || missedReason !== "";
    })
    .map(({ number }) => number);
}
