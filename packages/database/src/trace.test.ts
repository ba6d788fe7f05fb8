import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { traceparentOf } from "./trace.ts";

test("writes the W3C traceparent of a span, and none outside of any", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const span = { traceId, spanId: "b7ad6b7169203331", traceFlags: 1 };
  const within = trace.setSpanContext(ROOT_CONTEXT, span);
  expect(traceparentOf(within)).toBe(`00-${traceId}-b7ad6b7169203331-01`);
  expect(traceparentOf(ROOT_CONTEXT)).toBeNull();
});
