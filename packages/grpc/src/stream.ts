/**
 * Server streams behind the chain. Each message is handed to the connection before the next is asked of
 * the handler, so a caller that reads slowly holds one message of ours and what HTTP/2's window takes.
 *
 * Every end is told: by the caller's deadline DEADLINE_EXCEEDED, at the end of a stream's life (a limit of
 * the server, or the caller's certificate) STREAM_EXPIRED, when the server stops SERVER_STOPPING. The last
 * two are UNAVAILABLE: the caller opens the stream again where it was. OK means that the handler had no more.
 */
import type { DescMessage, DescMethodServerStreaming } from "@bufbuild/protobuf";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import { attributes } from "@carehub/runtime/attributes";
import { counter, durationHistogram } from "@carehub/runtime/meters";
import type { handleServerStreamingCall, ServerWritableStream } from "@grpc/grpc-js";
import type { CallBounds, RunningCall } from "./call.ts";
import {
  type AnyHandler,
  admit,
  annotate,
  openCall,
  overtaken,
  planOf,
  report,
  runningCall,
  type Scope,
  type ServerContext,
  traceMetadata,
} from "./chain.ts";
import { encode, type Response } from "./definition.ts";
import { type Failure, toFailure } from "./errors.ts";
import { requestReader } from "./validation.ts";

type Surface = ServerWritableStream<Buffer, Buffer>;

/** Puts a server-streaming method behind the chain; one log line and one measurement at its end. */
export function streamHandler(
  method: DescMethodServerStreaming,
  handle: AnyHandler,
  server: ServerContext,
): handleServerStreamingCall<Buffer, Buffer> {
  const plan = planOf(method, server);
  const read = requestReader(method.input);
  const meters = streamMeters();
  return async (surface) => {
    const open = openCall();
    const scope = { open, plan, server };
    let leave: (() => void) | undefined;
    let iterator: AsyncIterator<Response<DescMessage>> | undefined;
    let messages = 0;
    let failure: Failure | undefined;
    try {
      const running = begin(surface, scope);
      leave = server.streams.enter(running);
      const request = read(surface.request);
      surface.sendMetadata(traceMetadata(open.traceId)); // The caller knows that it was let in.
      const answers: AsyncIterable<Response<DescMessage>> = handle(request, running);
      iterator = answers[Symbol.asyncIterator]();
      for (;;) {
        const next = await whileOpen(iterator.next(), running);
        if (next.done === true) break;
        const bytes = encode<DescMessage>(method.output, next.value);
        assert(bytes.length <= server.limits.sendBytesMax, "a message is not over the limit");
        await whileOpen(write(surface, bytes), running);
        messages += 1;
      }
      requireOpen(running);
    } catch (error) {
      const context = { ...server.error, traceId: open.traceId };
      failure = toFailure(overtaken(error, open.running), context);
    }
    annotate(failure, open); // Before the end: the instrumentation ends the span with it.
    finish(surface, failure);
    open.running?.settle();
    // A handler that does not heed its signal keeps its place: it is still at work.
    await iterator?.return?.().catch((error: unknown) => plan.logger.error({ err: error }, "end"));
    leave?.();
    const seconds = (performance.now() - open.startedAt) / 1_000;
    meters(seconds, { method: plan.name, code: failure?.codeName ?? "OK", messages });
    report(failure, { seconds, messages }, scope);
  };
}

function begin(surface: Surface, scope: Scope): RunningCall {
  const { open, server } = scope;
  const identity = admit(surface, scope);
  const { streamLifeMaxMs, deadlineReserveMs } = server.limits;
  const asked = Number(surface.getDeadline()) - deadlineReserveMs;
  // A stream must not outlive what its certificate says of the caller.
  const end = Math.min(Date.now() + streamLifeMaxMs, identity.expiresAtMs);
  const bounds: CallBounds =
    asked <= end
      ? { deadlineMs: asked, lateCause: "DEADLINE_EXCEEDED" }
      : { deadlineMs: end, lateCause: "STREAM_EXPIRED" };
  open.running = runningCall(surface, identity, { ...scope, bounds });
  return open.running;
}

/** The work's result; or the reason why the stream is over, as soon as it is. */
function whileOpen<Result>(work: Promise<Result>, running: RunningCall): Promise<Result> {
  const { signal } = running;
  return new Promise((resolve, reject) => {
    const end = (): void => reject(new DomainError(running.endedBy() ?? "CANCELLED"));
    // Taken off again each time: a race with one promise for all would keep every message's.
    const done = (): void => signal.removeEventListener("abort", end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    work.finally(done).then(resolve, reject);
  });
}

function requireOpen(running: RunningCall): void {
  const cause = running.endedBy();
  if (cause !== undefined) throw new DomainError(cause);
}

/** Resolves when the connection has taken the message; for a caller that reads nothing, never. */
function write(surface: Surface, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    surface.write(bytes, (error?: Error | null) => (error ? reject(error) : resolve()));
  });
}

/** Also where nobody listens any more: the instrumentation ends its span by the same event. */
function finish(surface: Surface, failure: Failure | undefined): void {
  if (failure === undefined) surface.end();
  else surface.emit("error", { ...failure, name: failure.reason, message: failure.details });
}

function streamMeters() {
  const duration = durationHistogram(
    "carehub.grpc.server.stream.duration.seconds",
    "Time that streams were open, by code.",
  );
  const sent = counter("carehub.grpc.server.stream.messages", "Messages sent on streams.");
  return (seconds: number, end: { method: string; code: string; messages: number }): void => {
    duration.record(seconds, { [attributes.method]: end.method, [attributes.code]: end.code });
    sent.add(end.messages, { [attributes.method]: end.method });
  };
}
