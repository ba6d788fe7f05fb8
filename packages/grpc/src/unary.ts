import type { DescMethodUnary } from "@bufbuild/protobuf";
import { DomainError } from "@carehub/rules/domain-error";
import { attributes } from "@carehub/runtime/attributes";
import { durationHistogram } from "@carehub/runtime/meters";
import type { handleUnaryCall } from "@grpc/grpc-js";
import type { Call, RunningCall } from "./call.ts";
import {
  type AnyHandler,
  admit,
  annotate,
  type Ended,
  openCall,
  overtaken,
  planOf,
  report,
  runningCall,
  type Scope,
  type ServerContext,
  type Surface,
  traceMetadata,
} from "./chain.ts";
import { encode } from "./definition.ts";
import { type Failure, retryAfterKey, toFailure } from "./errors.ts";
import { requestReader } from "./validation.ts";

const busyRetryMs = 100;

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
  const plan = planOf(method, server);
  const read = requestReader(method.input);
  const measure = durationHistogram(
    "carehub.grpc.server.duration.seconds",
    "Time that calls took, by code.",
  );
  return async (surface, respond) => {
    const open = openCall();
    const scope = { open, plan, server };
    const { traceId } = open;
    let response: Buffer | undefined;
    let failure: Failure | undefined;
    try {
      const call = begin(surface, scope);
      response = encode(method.output, await handle(read(surface.request), call));
    } catch (error) {
      failure = toFailure(overtaken(error, open.running), { ...server.error, traceId });
    }
    release(scope);
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
    report(ended, { seconds }, scope);
  };
}

/** Every question that does not need the request, cheapest harm first. */
function begin(surface: Surface, scope: Scope): Call {
  const { open, server } = scope;
  const identity = admit(surface, scope);
  if (server.inFlight >= server.limits.inFlightMax) {
    throw new DomainError("SERVER_BUSY", { [retryAfterKey]: String(busyRetryMs) });
  }
  const { deadlineMaxMs, deadlineReserveMs } = server.limits;
  const asked = Number(surface.getDeadline());
  const deadlineMs = Math.min(asked, Date.now() + deadlineMaxMs) - deadlineReserveMs;
  const bounds = { deadlineMs, lateCause: "DEADLINE_EXCEEDED" } as const;
  open.running = runningCall(surface, identity, { ...scope, bounds });
  server.inFlight += 1;
  return open.running;
}

function release({ open, server }: Scope): void {
  if (open.running === undefined) return;
  open.running.settle();
  server.inFlight -= 1;
}

/** A good answer that nobody waited for any more. */
function lateEnd(running: RunningCall | undefined): Ended | undefined {
  if (running?.isAbandoned !== true) return undefined;
  const cause = running.endedBy() ?? "CANCELLED";
  return { codeName: cause === "DEADLINE_EXCEEDED" ? cause : "CANCELLED", reason: cause };
}
