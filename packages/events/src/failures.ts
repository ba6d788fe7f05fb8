import { OperationalError } from "@carehub/database/operational-error";
import { EventGapError } from "@carehub/database/seen";
import { DomainError } from "@carehub/rules/domain-error";

/** Why a message cannot be handled: a reason for programs and a detail for operators, without personal data. */
export type Defect = { readonly reason: string; readonly detail: string };

/** The value of a message is not what its topic carries. */
export class UndecodableError extends Error {
  constructor(cause: unknown) {
    super("the value does not decode", { cause });
    this.name = "UndecodableError";
  }
}

/** The reason of an event whose predecessor did not come. */
export const revisionGap = "REVISION_GAP";

// Data, constraint and syntax errors fail again however often they are tried: they are the message's or the code's.
const sqlStatesOfDefects = /^(?:22|23|42|P0|0A|2F|38|39)/;
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * True when the surroundings failed (database or network away, time-out, deadlock) and not the message:
 * such a try is repeated without being counted.
 */
export function isOperational(error: unknown): boolean {
  // A lost race says nothing of the message; under less load the same try succeeds.
  if (error instanceof DomainError) return error.reason === "REVISION_CONFLICT";
  if (error instanceof OperationalError) {
    return error.sqlState === undefined || !sqlStatesOfDefects.test(error.sqlState);
  }
  return error instanceof Error && "code" in error && networkCodes.has(String(error.code));
}

/** Names a failure by its kind: an error's text may repeat what a caller wrote, so it is left out. */
export function toDefect(error: unknown): Defect {
  if (error instanceof EventGapError) {
    return { reason: revisionGap, detail: `seen ${error.seen}, found ${error.found}` };
  }
  if (error instanceof UndecodableError) return { reason: "UNDECODABLE", detail: error.message };
  if (error instanceof DomainError) return { reason: error.reason, detail: "refused by a rule" };
  if (error instanceof OperationalError) {
    return { reason: "DATABASE_REFUSED", detail: error.message };
  }
  const kind = error instanceof Error ? error.name : typeof error;
  return { reason: "HANDLER_FAILED", detail: `${kind}${placeOf(error)}` };
}

/** The first frame of the stack: file and line, without folders. */
function placeOf(error: unknown): string {
  const frame = error instanceof Error ? /([\w.-]+:\d+):\d+\)?$/m.exec(error.stack ?? "") : null;
  return frame?.[1] === undefined ? "" : ` at ${frame[1]}`;
}
