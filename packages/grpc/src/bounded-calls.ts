import { type ServerInterceptor, status } from "@grpc/grpc-js";
import type { Limits } from "./limits.ts";

const sweepMs = 250;
/** A stream's own handler ends it first; this is for one whose caller reads nothing. */
const streamGraceMs = 5_000;
const http2NoError = 0;
const http2Cancel = 8;

/** The interceptor that bounds every call, and how to end its timer. */
export type BoundedCalls = { readonly interceptor: ServerInterceptor; readonly close: () => void };

/**
 * Ends every call that has lived for as long as a call may, even one whose request never arrives whole and
 * that names no deadline; a stream whose request is there may live as long as a stream. Calls of one kind have the
 * same bound, so they end in the order of their arrival: one timer looks at the oldest, instead of one timer per call.
 */
export function boundCalls({
  deadlineMaxMs,
  streamLifeMaxMs,
}: Pick<Limits, "deadlineMaxMs" | "streamLifeMaxMs">): BoundedCalls {
  const calls = new Map<any, number>();
  const streams = new Map<any, number>();
  const timer = setInterval(() => {
    sweep(calls, deadlineMaxMs);
    sweep(streams, streamLifeMaxMs + streamGraceMs);
  }, sweepMs).unref();
  const interceptor: ServerInterceptor = (definition, call) => {
    calls.set(call, performance.now());
    watch(call, {
      onRequest: () => {
        if (!definition.responseStream || !calls.delete(call)) return;
        streams.set(call, performance.now());
      },
      onEnd: () => calls.delete(call) || streams.delete(call),
    });
    // Passed on as it is: a ServerInterceptingCall around it costs more than the bound.
    return call as any;
  };
  return { interceptor, close: () => clearInterval(timer) };
}

function sweep(open: Map<any, number>, lifeMaxMs: number): void {
  const latest = performance.now() - lifeMaxMs + sweepMs;
  for (const [call, startedAt] of open) {
    if (startedAt > latest) return;
    open.delete(call);
    end(call);
  }
}

/** grpc-js says "cancel" once for every call, also for one that ended well. */
function watch(call: any, told: { onRequest: () => void; onEnd: () => void }): void {
  const start = call.start;
  call.start = (listener: any): void => {
    const { onCancel, onReceiveHalfClose } = listener;
    listener.onReceiveHalfClose = () => {
      told.onRequest();
      onReceiveHalfClose.call(listener);
    };
    listener.onCancel = () => {
      told.onEnd();
      onCancel.call(listener);
    };
    start.call(call, listener);
  };
}

/**
 * Answers, and then closes the stream, since the other side may go on sending for ever. Where an answer was
 * written and nobody reads it, the stream is cut: a close would wait for the reader.
 */
function end(call: any): void {
  const code = call.metadataSent === true ? http2Cancel : http2NoError;
  call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: "DEADLINE_EXCEEDED", metadata: null });
  setImmediate(() => call.stream?.close?.(code));
}
