import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { attributes as names } from "./attributes.ts";

const traceparentPattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const tracerName = "carehub";

/** What a span may carry; links are the traceparents of other traces. */
export type SpanSettings = {
  readonly attributes?: Attributes;
  readonly kind?: keyof typeof SpanKind;
  readonly links?: readonly (string | null | undefined)[];
};

/**
 * Runs the work inside a span that ends with it; a failure marks the span with its kind, never its
 * text.
 */
export function withSpan<Result>(
  name: string,
  work: (span: Span) => Promise<Result>,
  settings: SpanSettings = {},
): Promise<Result> {
  return runInSpan(context.active(), { name, settings }, work);
}

/**
 * Runs the work in a span that continues the given traceparent, so that what a process does later
 * for an event stands in the trace that caused it. Without a valid traceparent it is a new trace.
 */
export function runInTraceparent<Result>(
  traceparent: string | null | undefined,
  { name, ...settings }: SpanSettings & { readonly name: string },
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parent = parseTraceparent(traceparent);
  const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
  return runInSpan(from, { name, settings }, work);
}

/** The trace id of the active span, or undefined outside of any. */
export function activeTraceId(): string | undefined {
  return activeSpanContext()?.traceId;
}

/** The W3C traceparent of the active span, or undefined outside of any. */
export function activeTraceparent(): string | undefined {
  const span = activeSpanContext();
  if (span === undefined) return undefined;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, "0")}`;
}

/** Adds attributes to the active span; does nothing outside of any. */
export function annotateSpan(attributes: Attributes): void {
  trace.getActiveSpan()?.setAttributes(attributes);
}

/** Reads a W3C traceparent; undefined when it is absent or malformed. */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const match = traceparentPattern.exec(text ?? "");
  if (match === null) return undefined;
  const [, traceId = "", spanId = "", flags = "00"] = match;
  const parsed = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(parsed) ? parsed : undefined;
}

function activeSpanContext(): SpanContext | undefined {
  const active = trace.getActiveSpan()?.spanContext();
  return active !== undefined && isSpanContextValid(active) ? active : undefined;
}

async function runInSpan<Result>(
  parent: Context,
  { name, settings }: { name: string; settings: SpanSettings },
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const options = {
    kind: SpanKind[settings.kind ?? "INTERNAL"],
    attributes: settings.attributes ?? {},
    links: toLinks(settings.links ?? []),
  };
  const span = trace.getTracer(tracerName).startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute(names.reason, reasonOf(error));
    throw error;
  } finally {
    span.end();
  }
}

function toLinks(traceparents: readonly (string | null | undefined)[]): Link[] {
  return traceparents.flatMap((traceparent) => {
    const parsed = parseTraceparent(traceparent);
    return parsed === undefined ? [] : [{ context: parsed }];
  });
}

/** An error's text may hold what a caller wrote; its kind never does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.name;
}
