import { randomUUID } from "node:crypto";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { attributes } from "@carehub/runtime/attributes";
import type { Logger } from "@carehub/runtime/logging";
import { durationHistogram } from "@carehub/runtime/meters";
import { activeTraceId } from "@carehub/runtime/trace";
import { type handleUnaryCall, Metadata, type ServerUnaryCall } from "@grpc/grpc-js";
import { trace } from "@opentelemetry/api";
import { type Access, accessOf, requireAccess } from "./access.ts";
import { type Call, RunningCall } from "./call.ts";
import { encode, nameOf } from "./definition.ts";
import { type ErrorContext, type Failure, retryAfterKey, toFailure, traceIdKey } from "./errors.ts";
import type { Identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import { requestReader } from "./validation.ts";

const busyRetryMs = 100;

/** A handler as the chain calls it; `implement` checks the types. */
export type AnyHandler = (request: any, call: Call) => Promise<any> | any;

/**
 * Says in how many milliseconds a caller that asks too often may come back; undefined lets it in.
 */
export type RateLimit = (caller: Caller, method: string) => number | undefined;

/** What all methods of a server share. */
export type ServerContext = {
  readonly error: Omit<ErrorContext, "traceId">;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly identify: (call: ServerUnaryCall<any, any>) => Identity;
  readonly rateLimit?: RateLimit | undefined;
  /** Calls in handlers now. */
  inFlight: number;
};

type Surface = ServerUnaryCall<Buffer, Buffer>;

/** One call from its first byte to its log line. */
type OpenCall = {
  readonly startedAt: number;
  readonly traceId: string;
  identity?: Identity;
  running?: RunningCall;
};

/** What stays the same for every call of a method. */
type MethodPlan = {
  readonly name: string;
  readonly access: Access;
  /** Holds the method's name already written. */
  readonly logger: Logger;
};

/**
 * Puts a unary method behind the chain: identity, role, rate, room and time, decoding and rules,
 * the handler, and whatever it threw as a status. One log line and one measurement per call, no
 * bodies.
 */
export function unaryHandler(
  method: DescMethodUnary,
  handle: AnyHandler,
  server: ServerContext,
): handleUnaryCall<Buffer, Buffer> {
  const name = nameOf(method);
  const logger = server.logger.child({ method: name });
  const plan: MethodPlan = { name, access: accessOf(method), logger };
  const read = requestReader(method.input);
  const measure = durationHistogram(
    "carehub.grpc.server.duration.seconds",
    "Time that calls took, by code.",
  );
  return async (surface, respond) => {
    const traceId = activeTraceId() ?? randomUUID().replaceAll("-", "");
    const open: OpenCall = { startedAt: performance.now(), traceId };
    let response: Buffer | undefined;
    let failure: Failure | undefined;
    try {
      const call = admit(surface, { open, plan, server });
      response = encode(method.output, await handle(read(surface.request), call));
    } catch (error) {
      failure = toFailure(overtaken(error, open.running), { ...server.error, traceId });
    }
    release(open, server);
    const ended = failure ?? lateEnd(open.running);
    annotate(ended, open); // Before the answer: the instrumentation ends the span with it.
    if (failure === undefined) {
      surface.sendMetadata(traceMetadata(traceId)); // The instrumentation drops trailers.
      respond(null, response);
    } else {
      respond({ ...failure, name: failure.reason, message: failure.details });
    }
    const seconds = (performance.now() - open.startedAt) / 1_000;
    measure.record(seconds, {
      [attributes.method]: plan.name,
      [attributes.code]: ended?.codeName ?? "OK",
    });
    report(ended, seconds, { open, plan, server });
  };
}

type Scope = {
  readonly open: OpenCall;
  readonly plan: MethodPlan;
  readonly server: ServerContext;
};

/** Every question that does not need the request, cheapest harm first. */
function admit(surface: Surface, { open, plan, server }: Scope): Call {
  const identity = server.identify(surface);
  open.identity = identity;
  requireAccess(plan.access, identity.caller);
  requireRate(server.rateLimit?.(identity.caller, plan.name));
  if (server.inFlight >= server.limits.inFlightMax) {
    throw new DomainError("SERVER_BUSY", { [retryAfterKey]: String(busyRetryMs) });
  }
  const { deadlineMaxMs, deadlineReserveMs } = server.limits;
  const asked = Number(surface.getDeadline());
  const deadlineMs = Math.min(asked, Date.now() + deadlineMaxMs) - deadlineReserveMs;
  const { caller, spiffeId } = identity;
  const facts = { caller, spiffeId, method: plan.name, traceId: open.traceId };
  const running = new RunningCall(facts, deadlineMs, surface);
  if (running.remainingMs() <= 0) throw new DomainError("DEADLINE_EXCEEDED");
  open.running = running;
  server.inFlight += 1;
  return running;
}

function requireRate(retryAfterMs: number | undefined): void {
  if (retryAfterMs === undefined) return;
  throw new DomainError("RATE_LIMITED", { [retryAfterKey]: String(Math.ceil(retryAfterMs)) });
}

function release({ running }: OpenCall, server: ServerContext): void {
  if (running === undefined) return;
  running.settle();
  server.inFlight -= 1;
}

/** After the call's end any error is only its echo: an aborted query, a closed connection. */
function overtaken(error: unknown, running: RunningCall | undefined): unknown {
  const cause = running?.endedBy();
  return cause === undefined || error instanceof DomainError ? error : new DomainError(cause);
}

type Ended = Pick<Failure, "codeName" | "reason" | "logged">;

/** A good answer that nobody waited for any more. */
function lateEnd(running: RunningCall | undefined): Ended | undefined {
  if (running?.isAbandoned !== true) return undefined;
  const cause = running.endedBy() ?? "CANCELLED";
  return { codeName: cause, reason: cause };
}

function annotate(ended: Ended | undefined, { identity }: OpenCall): void {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  span.setAttribute(attributes.code, ended?.codeName ?? "OK");
  if (identity !== undefined) span.setAttribute(attributes.caller, identity.caller.name);
  if (ended !== undefined) span.setAttribute(attributes.reason, ended.reason);
}

function report(ended: Ended | undefined, seconds: number, { open, plan }: Scope): void {
  const line: Record<string, unknown> = {
    caller: open.identity?.caller.name,
    code: ended?.codeName ?? "OK",
    durationMs: Math.round(seconds * 100_000) / 100,
  };
  if (ended !== undefined) line.reason = ended.reason;
  if (activeTraceId() === undefined) line.trace_id = open.traceId;
  if (ended?.logged === undefined) plan.logger.info(line, "request");
  else {
    const level = ended.codeName === "UNAVAILABLE" ? "warn" : "error";
    plan.logger[level]({ ...line, err: ended.logged }, "request");
  }
}

function traceMetadata(traceId: string): Metadata {
  const metadata = new Metadata();
  metadata.set(traceIdKey, traceId);
  return metadata;
}
