import { expect, test } from "vitest";
import type { Span } from "./collector.ts";
import { startTraceReader } from "./trace-reader.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

test("lists traces and shows the spans of one in the order of their starts", async () => {
  const spans = [
    aSpan({ name: "pg.query", startNanos: 2_000_000n, parentSpanId: "1" }),
    aSpan({ name: "SubmitReferral", startNanos: 1_000_000n }),
  ];
  const reader = await startTraceReader(() => spans);
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${reader.port}${path}`);
    return { status: answer.status, body: await answer.json() };
  };
  expect((await ask("/traces")).body).toEqual([
    { traceId, name: "SubmitReferral", services: ["intake"], spanCount: 2, isError: false },
  ]);
  expect((await ask(`/traces/${traceId}`)).body).toMatchObject([
    { name: "SubmitReferral", startTime: "1970-01-01T00:00:00.001Z", durationMs: 5 },
    { name: "pg.query" },
  ]);
  expect((await ask(`/traces/${"0".repeat(32)}`)).status).toBe(404);
  expect((await ask("/readyz")).status).toBe(200);
  await reader.close();
});

function aSpan(parts: Pick<Span, "name" | "startNanos"> & Partial<Span>): Span {
  return {
    ...{ traceId, spanId: "1", parentSpanId: undefined, service: "intake", kind: "server" },
    ...{ attributes: {}, isError: false, links: [] },
    endNanos: parts.startNanos + 5_000_000n,
    ...parts,
  };
}
