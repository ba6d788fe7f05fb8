import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { startOtlpReceiver } from "../src/otlp-receiver.ts";

const preload = new URL("../src/telemetry.ts", import.meta.url).href;
const fixture = new URL("./fixtures/spans.ts", import.meta.url).pathname;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

type Line = { msg: string; trace_id?: string; traceparent?: string; metrics?: string };

test("sends the spans of one trace under the given traceparent", async () => {
  const receiver = await startOtlpReceiver();
  const lines = await run({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_SERVICE_NAME: "intake",
  });
  await receiver.close();
  const spans = receiver.spans();
  const handled = spans.find(({ name }) => name === "handle event");
  const decided = spans.find(({ name }) => name === "decide");
  expect(handled).toMatchObject({ traceId, parentSpanId: "b7ad6b7169203331", kind: 5 });
  expect(handled?.links?.[0]).toMatchObject({ traceId });
  expect(decided).toMatchObject({ traceId, parentSpanId: handled?.spanId });
  expect(decided?.attributes).toEqual([{ key: "carehub.round", value: { intValue: 2 } }]);
  expect(spans.find(({ name }) => name === "fresh")?.traceId).not.toBe(traceId);
  expect(lineOf(lines, "inside")).toMatchObject({
    trace_id: traceId,
    traceparent: `00-${traceId}-${decided?.spanId}-01`,
  });
  expect(receiver.bodies.some(({ path }) => path === "/v1/metrics")).toBe(true);
  expect(receiver.bodies[0]?.text).toContain('"intake"');
});

test("marks a failed span with the kind of its error, never with its text", async () => {
  const receiver = await startOtlpReceiver();
  await run({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  await receiver.close();
  const refused = receiver.spans().find(({ name }) => name === "refused");
  expect(refused).toMatchObject({
    status: { code: 2 },
    attributes: [{ key: "carehub.reason", value: { stringValue: "TypeError" } }],
  });
  expect(receiver.bodies.map(({ text }) => text).join()).not.toContain("canary");
});

test("speaks protobuf when no protocol is named", async () => {
  const receiver = await startOtlpReceiver();
  await run({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint });
  await receiver.close();
  const types = receiver.bodies.map(({ path, type }) => `${path} ${type}`);
  expect(types).toContain("/v1/traces application/x-protobuf");
});

test("without an endpoint it still has trace ids and metrics to read", async () => {
  const lines = await run({});
  expect(lineOf(lines, "inside")).toMatchObject({ trace_id: traceId });
  expect(lineOf(lines, "fresh")?.trace_id).toMatch(/^[0-9a-f]{32}$/);
  expect(lineOf(lines, "metrics")?.metrics).toMatch(/^carehub_fixture_decisions_total.* 1$/m);
});

test("samples new traces by the given ratio", async () => {
  const receiver = await startOtlpReceiver();
  await run({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_TRACES_SAMPLER_ARG: "0",
  });
  await receiver.close();
  const names = receiver.spans().map(({ name }) => name);
  expect(names).toEqual(["decide", "handle event"]);
});

async function run(environment: Record<string, string>): Promise<Line[]> {
  const child = spawn(process.execPath, ["--import", preload, fixture, traceparent], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => lines.push(JSON.parse(text)));
  await once(child, "close");
  expect(child.exitCode).toBe(0);
  return lines;
}

function lineOf(lines: readonly Line[], msg: string): Line | undefined {
  return lines.find((line) => line.msg === msg);
}
