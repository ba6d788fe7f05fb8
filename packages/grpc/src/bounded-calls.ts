import { type ServerInterceptor, status } from "@grpc/grpc-js";

const sweepMs = 250;
const http2NoError = 0;
const http2Cancel = 8;

/** The interceptor that bounds every call, and how to end its timer. */
export type BoundedCalls = { readonly interceptor: ServerInterceptor; readonly close: () => void };

/**
 * Ends every call that has lived for the given time, even one whose request never arrives whole and
 * that names no deadline. All calls have the same bound, so they end in the order of their arrival:
 * one timer looks at the oldest, instead of one timer per call.
 */
export function boundCalls(lifeMaxMs: number): BoundedCalls {
  const open = new Map<any, number>();
  const sweep = (): void => {
    const latest = performance.now() - lifeMaxMs + sweepMs;
    for (const [call, startedAt] of open) {
      if (startedAt > latest) return;
      open.delete(call);
      end(call);
    }
  };
  const timer = setInterval(sweep, sweepMs).unref();
  const interceptor: ServerInterceptor = (_definition, call) => {
    open.set(call, performance.now());
    watchEnd(call, () => open.delete(call));
    // Passed on as it is: a ServerInterceptingCall around it costs more than the bound.
    return call as any;
  };
  return { interceptor, close: () => clearInterval(timer) };
}

/** grpc-js says "cancel" once for every call, also for one that ended well. */
function watchEnd(call: any, onEnd: () => void): void {
  const start = call.start;
  call.start = (listener: any): void => {
    const onCancel = listener.onCancel;
    listener.onCancel = () => {
      onEnd();
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
