import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** A span as a service sent it. */
export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  /** The service that made it. */
  service: string;
  name: string;
  kind: "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";
  startNanos: bigint;
  endNanos: bigint;
  attributes: Record<string, unknown>;
  isError: boolean;
  /** Spans of other traces that it belongs to. */
  links: { traceId: string; spanId: string }[];
};

/** Receives what services trace and keeps it for a test, the demo or a look at single traces. */
export type Collector = {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT; only with OTEL_EXPORTER_OTLP_PROTOCOL=http/json. */
  endpoint: string;
  /** All spans so far, as they came; at most the last 200,000. */
  spans(): readonly Span[];
  /** Waits for spans that satisfy the predicate; fails after the limit, telling how many came. */
  waitFor(predicate: (spans: readonly Span[]) => boolean, limitMs: number): Promise<void>;
  close(): Promise<void>;
};

/**
 * Starts a receiver of OTLP over HTTP with JSON, on any port of loopback unless told: traces are
 * kept, metrics and logs only answered.
 */
export async function startCollector({ host = "127.0.0.1", port = 0 } = {}): Promise<Collector> {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    receive(request)
      .then((received) => {
        spans.push(...received);
        if (spans.length > spansMax) spans.splice(0, spans.length - spansMax);
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
      })
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ code: 3, message }));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${bound.port}`,
    spans: () => spans,
    waitFor: async (predicate, limitMs) => {
      for (const end = Date.now() + limitMs; !predicate(spans); await delay(25)) {
        if (Date.now() < end) continue;
        throw new Error(`waited ${limitMs} ms in vain for spans; ${spans.length} came`);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const spansMax = 200_000;

async function receive(request: IncomingMessage): Promise<Span[]> {
  const type = request.headers["content-type"] ?? "";
  if (!type.startsWith("application/json")) throw new Error(`${type} came; expected OTLP in JSON`);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url !== "/v1/traces") return [];
  const body = Buffer.concat(chunks);
  const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return readSpans(JSON.parse(text.toString("utf8")) as OtlpTraces);
}

type OtlpValue = {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
};
type OtlpAttributes = { key: string; value: OtlpValue }[];
type OtlpSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttributes;
  status?: { code?: number };
  links?: { traceId: string; spanId: string }[];
};
type OtlpTraces = {
  resourceSpans?: {
    resource?: { attributes?: OtlpAttributes };
    scopeSpans?: { spans?: OtlpSpan[] }[];
  }[];
};

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const errorStatus = 2;

function readSpans({ resourceSpans = [] }: OtlpTraces): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(readAttributes(resource?.attributes)["service.name"] ?? "");
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => readSpan(span, service)));
  });
}

function readSpan(span: OtlpSpan, service: string): Span {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    service,
    name: span.name,
    kind: kinds[span.kind ?? 0] ?? "unspecified",
    startNanos: BigInt(span.startTimeUnixNano),
    endNanos: BigInt(span.endTimeUnixNano),
    attributes: readAttributes(span.attributes),
    isError: span.status?.code === errorStatus,
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

function readAttributes(attributes: OtlpAttributes = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));
}

function readValue(value: OtlpValue): unknown {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(readValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}
