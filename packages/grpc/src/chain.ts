/**
 * What every call goes through, whether one message comes back or many: identity, role and rate before
 * its request is looked at, and one span, one measurement and one log line at its end, without bodies.
 */
import { randomUUID } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { attributes } from "@carehub/runtime/attributes";
import type { Logger } from "@carehub/runtime/logging";
import { activeTraceId } from "@carehub/runtime/trace";
import { Metadata, type ServerUnaryCall, type ServerWritableStream } from "@grpc/grpc-js";
import { trace } from "@opentelemetry/api";
import { type Access, accessOf, requireAccess } from "./access.ts";
import { type Call, type CallBounds, RunningCall } from "./call.ts";
import { nameOf } from "./definition.ts";
import { type ErrorContext, type Failure, retryAfterKey, traceIdKey } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import type { LiveStreams } from "./live-streams.ts";

/** A handler as the chain calls it; `implement` checks the types. */
export type AnyHandler = (request: any, call: Call) => any;

/**
 * Says in how many milliseconds a caller that asks too often may come back; undefined lets it in.
 */
export type RateLimit = (caller: Caller, method: string) => number | undefined;

/** A call as grpc-js hands it over. */
export type Surface = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

/** What all methods of a server share. */
export type ServerContext = {
  readonly error: Omit<ErrorContext, "traceId">;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly identify: (call: Surface) => Identity;
  readonly rateLimit?: RateLimit | undefined;
  /** Calls of unary methods in handlers now. */
  inFlight: number;
  readonly streams: LiveStreams;
};

/** One call from its first byte to its log line. */
export type OpenCall = {
  readonly startedAt: number;
  readonly traceId: string;
  identity?: Identity;
  running?: RunningCall;
};

/** What stays the same for every call of a method. */
export type MethodPlan = {
  readonly name: string;
  readonly access: Access;
  /** Holds the method's name already written. */
  readonly logger: Logger;
};

/** A call, its method and its server. */
export type Scope = {
  readonly open: OpenCall;
  readonly plan: MethodPlan;
  readonly server: ServerContext;
};

/** How a call ended that did not end well. */
export type Ended = Pick<Failure, "codeName" | "reason" | "logged">;

/** Prepares a method; one that does not say who may call it is an error. */
export function planOf(method: DescMethod, server: ServerContext): MethodPlan {
  const name = nameOf(method);
  return { name, access: accessOf(method), logger: server.logger.child({ method: name }) };
}

/** Begins the record of a call; its trace id is the active span's. */
export function openCall(): OpenCall {
  const traceId = activeTraceId() ?? randomUUID().replaceAll("-", "");
  return { startedAt: performance.now(), traceId };
}

/** Asks who calls, and whether it may, now: every question that needs neither room nor the request. */
export function admit(surface: Surface, { open, plan, server }: Scope): Identity {
  const identity = server.identify(surface);
  open.identity = identity;
  requireAccess(plan.access, identity.caller);
  const retryAfterMs = server.rateLimit?.(identity.caller, plan.name);
  if (retryAfterMs !== undefined) {
    throw new DomainError("RATE_LIMITED", { [retryAfterKey]: String(Math.ceil(retryAfterMs)) });
  }
  return identity;
}

/** Makes what a handler knows of its call; with no time left it fails with DEADLINE_EXCEEDED. */
export function runningCall(
  surface: Surface,
  identity: Identity,
  { bounds, open, plan }: Scope & { readonly bounds: CallBounds },
): RunningCall {
  const { caller, spiffeId } = identity;
  const facts = { caller, spiffeId, method: plan.name, traceId: open.traceId };
  const running = new RunningCall(facts, bounds, surface);
  if (running.remainingMs() <= 0) throw new DomainError("DEADLINE_EXCEEDED");
  return running;
}

/** After the call's end any error is only its echo: an aborted query, a closed connection. */
export function overtaken(error: unknown, running: RunningCall | undefined): unknown {
  const cause = running?.endedBy();
  return cause === undefined || error instanceof DomainError ? error : new DomainError(cause);
}

/** Says in the active span how the call ended. */
export function annotate(ended: Ended | undefined, { identity }: OpenCall): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  span.setAttribute(attributes.code, ended?.codeName ?? "OK");
  if (identity !== undefined) span.setAttribute(attributes.caller, identity.caller.name);
  if (ended !== undefined) span.setAttribute(attributes.reason, ended.reason);
}

/** Writes the call's line; `messages` is there for streams. */
export function report(
  ended: Ended | undefined,
  counts: { readonly seconds: number; readonly messages?: number },
  { open, plan }: Scope,
): void {
  const line: Record<string, unknown> = {
    caller: open.identity?.caller.name,
    code: ended?.codeName ?? "OK",
    durationMs: Math.round(counts.seconds * 100_000) / 100,
  };
  if (counts.messages !== undefined) line.messages = counts.messages;
  if (ended !== undefined) line.reason = ended.reason;
  if (activeTraceId() === undefined) line.trace_id = open.traceId;
  if (ended?.logged === undefined) plan.logger.info(line, "request");
  else {
    const level = ended.codeName === "UNAVAILABLE" ? "warn" : "error";
    plan.logger[level]({ ...line, err: ended.logged }, "request");
  }
}

/** What every reply carries. */
export function traceMetadata(traceId: string): Metadata {
  const metadata = new Metadata();
  metadata.set(traceIdKey, traceId);
  return metadata;
}
