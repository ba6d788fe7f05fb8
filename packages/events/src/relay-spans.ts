import type { LoggedEvent } from "@carehub/database/event-log";
import { attributes } from "@carehub/runtime/attributes";
import { parseTraceparent } from "@carehub/runtime/trace";
import {
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

/** The sending of one event, as a span in the trace of the command that made it. */
export type SendSpan = {
  /** What the message carries: the span's own, or the event's where no span is recorded. */
  readonly traceparent: string | null;
  end(isFailed: boolean): void;
};

/** Starts the span of one event; every event has its own, since a batch mixes many traces. */
export function startSendSpan(event: LoggedEvent): SendSpan {
  const parent = parseTraceparent(event.traceparent);
  if (parent === undefined) return { traceparent: event.traceparent, end: () => undefined };
  const span = trace.getTracer("carehub").startSpan(
    `send ${event.topic}`,
    {
      kind: SpanKind.PRODUCER,
      attributes: {
        [attributes.topic]: event.topic,
        [attributes.eventType]: event.type,
        [attributes.eventId]: event.eventId,
        [attributes.eventNumber]: Number(event.number),
        [attributes.aggregate]: event.aggregate,
        [attributes.revision]: event.revision,
      },
    },
    trace.setSpanContext(ROOT_CONTEXT, parent),
  );
  return {
    traceparent: traceparentOf(span) ?? event.traceparent,
    end(isFailed) {
      if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function traceparentOf(span: Span): string | undefined {
  const own = span.spanContext();
  if (!isSpanContextValid(own)) return undefined;
  return `00-${own.traceId}-${own.spanId}-${own.traceFlags.toString(16).padStart(2, "0")}`;
}
