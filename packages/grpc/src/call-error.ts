import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "@carehub/contracts/gen/google/rpc/error_details_pb.ts";
import { type Status, StatusSchema } from "@carehub/contracts/gen/google/rpc/status_pb.ts";
import type { FieldViolation } from "@carehub/rules/domain-error";
import { type ServiceError, status } from "@grpc/grpc-js";
import { statusDetailsKey, traceIdKey } from "./errors.ts";
import type { CodeName } from "./reasons.ts";

/** What a failed call told: its code and, where the server said so, why and what to do. */
export type CallFacts = {
  readonly code: CodeName;
  /** The coded reason; empty when the failure came from the connection and not from a service. */
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly traceId: string;
  readonly retryAfterMs?: number;
};

/** A call that failed. Programs decide by `reason`, never by the text. */
export class CallError extends Error implements CallFacts {
  readonly code: CodeName;
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly traceId: string;
  readonly retryAfterMs?: number;

  constructor(method: string, facts: CallFacts, options?: ErrorOptions) {
    super(`${method}: ${facts.code} ${describe(facts)}`.trimEnd(), options);
    this.name = "CallError";
    this.code = facts.code;
    this.reason = facts.reason;
    this.domain = facts.domain;
    this.metadata = facts.metadata;
    this.violations = facts.violations;
    this.traceId = facts.traceId;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
  }
}

/** Reads what grpc-js reports of a failed call; details that cannot be read count as absent. */
export function toCallError(method: string, error: ServiceError): CallError {
  const details = readDetails(error.metadata?.get(statusDetailsKey)[0]);
  const find = <Schema extends Parameters<typeof anyUnpack>[1]>(schema: Schema) =>
    details.map((any) => anyUnpack(any, schema)).find((found) => found !== undefined);
  const info = find(ErrorInfoSchema);
  const delay = find(RetryInfoSchema)?.retryDelay;
  const facts: CallFacts = {
    code: (status[error.code] ?? "UNKNOWN") as CodeName,
    reason: info?.reason ?? "",
    domain: info?.domain ?? "",
    metadata: info?.metadata ?? {},
    violations: (find(BadRequestSchema)?.fieldViolations ?? []).map(({ field, description }) => ({
      field,
      description,
    })),
    traceId: find(RequestInfoSchema)?.requestId || String(error.metadata?.get(traceIdKey)[0] ?? ""),
    ...(delay && { retryAfterMs: Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000 }),
  };
  return new CallError(method, facts, { cause: error });
}

function readDetails(bytes: string | Buffer | undefined): Status["details"] {
  if (!Buffer.isBuffer(bytes)) return [];
  try {
    return fromBinary(StatusSchema, bytes).details;
  } catch {
    return []; // The code is still true.
  }
}

function describe({ reason, metadata, violations }: CallFacts): string {
  const facts = Object.entries(metadata).map(([key, value]) => `${key}: ${value}`);
  const fields = violations.map(({ field, description }) => `${field} ${description}`);
  const all = [...facts, ...fields];
  return all.length === 0 ? reason : `${reason} (${all.join(", ")})`;
}
