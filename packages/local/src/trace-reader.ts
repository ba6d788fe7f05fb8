import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Span } from "./collector.ts";

/** Answers questions about traces over HTTP. */
export type TraceReader = { port: number; close(): Promise<void> };

const tracesMax = 100;
const nanosPerMs = 1_000_000;

/**
 * Serves kept spans as JSON: `/traces` the last 100 traces, newest first, `/traces/ID` the spans of
 * one in the order of their starts, `/readyz` that it answers.
 */
export async function startTraceReader(
  spans: () => readonly Span[],
  { host = "127.0.0.1", port = 0 } = {},
): Promise<TraceReader> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://reader");
    const answer = answerTo(pathname, spans());
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { message: "not found: /traces or /traces/ID" }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answerTo(path: string, spans: readonly Span[]): unknown {
  if (path === "/readyz") return { status: "ready" };
  if (path === "/traces") return lastTraces(spans);
  const traceId = /^\/traces\/([0-9a-f]{32})$/.exec(path)?.[1];
  const found = spans.filter((span) => span.traceId === traceId);
  return found.length === 0 ? undefined : found.sort(byStart).map(describe);
}

function lastTraces(spans: readonly Span[]): unknown[] {
  const byId = Map.groupBy(spans, ({ traceId }) => traceId);
  return [...byId]
    .slice(-tracesMax)
    .reverse()
    .map(([traceId, own]) => ({
      traceId,
      name: own.toSorted(byStart)[0]?.name,
      services: [...new Set(own.map(({ service }) => service))].sort(),
      spanCount: own.length,
      isError: own.some(({ isError }) => isError),
    }));
}

function byStart(one: Span, other: Span): number {
  return Number(one.startNanos - other.startNanos);
}

function describe({ startNanos, endNanos, ...span }: Span): unknown {
  return {
    ...span,
    startTime: new Date(Number(startNanos) / nanosPerMs).toISOString(),
    durationMs: Number(endNanos - startNanos) / nanosPerMs,
  };
}
