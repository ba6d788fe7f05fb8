import { context, isSpanContextValid, trace } from "@opentelemetry/api";

/** The W3C traceparent of a context, by default the current one; null outside of any span. */
export function traceparentOf(current = context.active()): string | null {
  const span = trace.getSpanContext(current);
  if (span === undefined || !isSpanContextValid(span)) return null;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}
