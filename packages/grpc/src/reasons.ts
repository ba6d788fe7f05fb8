import type { status } from "@grpc/grpc-js";

/** The name of a gRPC status code. */
export type CodeName = keyof typeof status;

/** The table of a service: each reason of its refusals, and the one code that it travels as. */
export type Reasons = Readonly<Record<string, CodeName>>;

/** The reasons that every service knows; its own table may add to them, never change them. */
export const sharedReasons = {
  CALLER_UNKNOWN: "UNAUTHENTICATED",
  ROLE_NOT_ALLOWED: "PERMISSION_DENIED",
  RATE_LIMITED: "RESOURCE_EXHAUSTED",
  INVALID_FIELD: "INVALID_ARGUMENT",
  REQUEST_ID_REUSED: "INVALID_ARGUMENT",
  REVISION_CONFLICT: "ABORTED",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  CANCELLED: "CANCELLED",
  SERVER_BUSY: "UNAVAILABLE",
  DEPENDENCY_UNAVAILABLE: "UNAVAILABLE",
  CLOCK_NOT_MOVABLE: "FAILED_PRECONDITION",
  CLOCK_ONLY_FORWARD: "FAILED_PRECONDITION",
  DEAD_LETTER_NOT_FOUND: "NOT_FOUND",
  INTERNAL: "INTERNAL",
} as const satisfies Reasons;

export type SharedReason = keyof typeof sharedReasons;

/** Why a stream was not opened, or ends although there may be more to come: its caller opens it again. */
export const streamReasons = {
  STREAM_LIMIT_REACHED: "RESOURCE_EXHAUSTED",
  STREAM_EXPIRED: "UNAVAILABLE",
  SERVER_STOPPING: "UNAVAILABLE",
} as const satisfies Reasons;

/** One table of the shared reasons and a service's own; a reason with two codes is refused. */
export function mergeReasons(own: Reasons): ReadonlyMap<string, CodeName> {
  const table = new Map<string, CodeName>(Object.entries({ ...sharedReasons, ...streamReasons }));
  for (const [reason, code] of Object.entries(own)) {
    const shared = table.get(reason);
    if (shared !== undefined && shared !== code) {
      throw new Error(`the reason ${reason} is ${shared} everywhere, not ${code}`);
    }
    table.set(reason, code);
  }
  return table;
}
