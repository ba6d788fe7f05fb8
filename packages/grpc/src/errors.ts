import { create, toBinary } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@carehub/contracts/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "@carehub/contracts/gen/google/rpc/status_pb.ts";
import { DomainError, type FieldViolation } from "@carehub/rules/domain-error";
import { Metadata, status } from "@grpc/grpc-js";
import { findOutage } from "./outage.ts";
import type { CodeName } from "./reasons.ts";

/** The metadata key of the details, and that of the trace id that every reply carries. */
export const statusDetailsKey = "grpc-status-details-bin";
export const traceIdKey = "carehub-trace-id";

/** Metadata key of a refusal that says in how many milliseconds it is worth trying again. */
export const retryAfterKey = "retry_after_ms";

const retryAfterMsByCode: Partial<Record<CodeName, number>> = {
  UNAVAILABLE: 250,
  RESOURCE_EXHAUSTED: 1_000,
};
/** Clients accept 8 KB of trailers; a third goes to base64 and the rest of the headers. */
const detailsBytesMax = 5_500;
const descriptionLengthMax = 300;
const metadataLengthMax = 1_000;
const metadataEntriesMax = 24;

/** What a service adds to every error: its domain and its reasons, and the call's trace id. */
export type ErrorContext = {
  readonly domain: string;
  readonly reasons: ReadonlyMap<string, CodeName>;
  readonly traceId: string;
};

/** A call's failure as grpc-js sends it, and what the log says of it. */
export type Failure = {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
  readonly codeName: CodeName;
  readonly reason: string;
  /** Set where the log must hold the error itself: a bug or an outage, never a refusal. */
  readonly logged?: unknown;
};

/**
 * Turns what a call threw into its status: a refusal by the table of reasons, a lost dependency
 * into UNAVAILABLE, and anything else into INTERNAL without a word of what it was.
 */
export function toFailure(error: unknown, context: ErrorContext): Failure {
  if (error instanceof DomainError) {
    const code = context.reasons.get(error.reason);
    if (code !== undefined) return build(error, code, context);
  }
  const dependency = findOutage(error);
  if (dependency !== undefined) {
    const outage = new DomainError("DEPENDENCY_UNAVAILABLE", { dependency });
    return { ...build(outage, "UNAVAILABLE", context), logged: error };
  }
  const internal = build(new DomainError("INTERNAL"), "INTERNAL", context);
  return { ...internal, details: "internal error", logged: error };
}

function build(error: DomainError, codeName: CodeName, context: ErrorContext): Failure {
  const code = status[codeName];
  const details = shorten(error.message, descriptionLengthMax);
  const metadata = new Metadata();
  metadata.set(traceIdKey, context.traceId);
  metadata.set(statusDetailsKey, encodeDetails(error, { code, codeName, details }, context));
  return { code, details, metadata, codeName, reason: error.reason };
}

type Coded = { readonly code: number; readonly codeName: CodeName; readonly details: string };

/**
 * Leaves out violations but the first, then metadata, until the details fit into the trailers of any
 * client.
 */
function encodeDetails(error: DomainError, coded: Coded, context: ErrorContext): Buffer {
  let violations = violationsOf(error, coded.codeName);
  let entries = metadataEntriesMax;
  for (;;) {
    const details = describe(error, { violations, entries, codeName: coded.codeName }, context);
    const message = create(StatusSchema, { code: coded.code, message: coded.details, details });
    const bytes = Buffer.from(toBinary(StatusSchema, message));
    if (bytes.length <= detailsBytesMax || (violations.length <= 1 && entries === 0)) return bytes;
    if (violations.length > 1) violations = violations.slice(0, Math.floor(violations.length / 2));
    else entries = Math.floor(entries / 2);
  }
}

function describe(
  error: DomainError,
  limits: { violations: readonly FieldViolation[]; entries: number; codeName: CodeName },
  { domain, traceId }: ErrorContext,
): Any[] {
  const metadata = Object.fromEntries(
    Object.entries(error.metadata)
      .slice(0, limits.entries)
      .map(([key, value]) => [key, shorten(value, metadataLengthMax)]),
  );
  const details = [
    anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: error.reason, domain, metadata })),
    anyPack(RequestInfoSchema, create(RequestInfoSchema, { requestId: traceId })),
  ];
  if (limits.violations.length > 0) {
    const fieldViolations = limits.violations.map((violation) => ({
      field: shorten(violation.field, descriptionLengthMax),
      description: shorten(violation.description, descriptionLengthMax),
    }));
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  const retryAfterMs = retryAfter(error, limits.codeName);
  if (retryAfterMs !== undefined) details.push(packRetry(retryAfterMs));
  return details;
}

/** An invalid argument always says which field it was, were it the request as a whole. */
function violationsOf(error: DomainError, codeName: CodeName): readonly FieldViolation[] {
  if (codeName !== "INVALID_ARGUMENT" || error.violations.length > 0) return error.violations;
  const said = error.reason.toLowerCase().replaceAll("_", " ");
  const field = error.metadata.field || "request";
  return [{ field, description: `was refused with the reason: ${said}` }];
}

function retryAfter(error: DomainError, codeName: CodeName): number | undefined {
  const told = Number(error.metadata[retryAfterKey]);
  return Number.isFinite(told) ? told : retryAfterMsByCode[codeName];
}

function packRetry(retryAfterMs: number): Any {
  const retryDelay = {
    seconds: BigInt(Math.floor(retryAfterMs / 1_000)),
    nanos: Math.floor(retryAfterMs % 1_000) * 1_000_000,
  };
  return anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay }));
}

/** Also repairs lone surrogates, which neither protobuf nor a header can carry. */
function shorten(text: string, lengthMax: number): string {
  return (text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`).toWellFormed();
}
