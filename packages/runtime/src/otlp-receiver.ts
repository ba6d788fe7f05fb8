import { createServer } from "node:http";

/** One received span, as OTLP/JSON has it. */
export type ReceivedSpan = {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: readonly { readonly key: string; readonly value: unknown }[];
  readonly links?: readonly { readonly traceId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
};

type TraceBody = {
  resourceSpans: { scopeSpans: { spans: ReceivedSpan[] }[]; resource: unknown }[];
};

/**
 * Listens on the loopback address for OTLP over HTTP and keeps what it is sent; for tests and
 * benchmarks.
 */
export async function startOtlpReceiver() {
  const bodies: { path: string; type: string; text: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push({
      path: request.url ?? "",
      type: request.headers["content-type"] ?? "",
      text: Buffer.concat(chunks).toString("utf8"),
    });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bodies,
    spans: (): ReceivedSpan[] =>
      bodies
        .filter(({ path }) => path === "/v1/traces")
        .flatMap(({ text }) => (JSON.parse(text) as TraceBody).resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
