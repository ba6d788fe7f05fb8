import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type ReceivedSpan, startOtlpReceiver } from "@carehub/runtime/otlp-receiver";
import { expect, test } from "vitest";

const fixture = new URL("./fixtures/traced-call.ts", import.meta.url).pathname;
const preload = import.meta.resolve("@carehub/runtime/telemetry");

type Line = Readonly<Record<string, string | undefined>>;

test("one trace goes from client to handler, in spans, logs and replies", async () => {
  const receiver = await startOtlpReceiver();
  const lines = await run(receiver.endpoint);
  await receiver.close();
  const spans = receiver.spans();
  const journey = spans.find(({ name }) => name === "journey");
  const query = spans.find(({ name }) => name === "query");
  const server = spans.find((span) => isCall(span, "GetQuiescence", 2));
  const client = spans.find((span) => isCall(span, "GetQuiescence", 3));
  expect(client).toMatchObject({ traceId: journey?.traceId, parentSpanId: journey?.spanId });
  expect(server).toMatchObject({ traceId: journey?.traceId, parentSpanId: client?.spanId });
  expect(query).toMatchObject({ traceId: journey?.traceId, parentSpanId: server?.spanId });
  const traceId = journey?.traceId;
  const seen = lines.filter(({ msg }) => msg === "seen");
  expect(seen).toMatchObject([{ trace_id: traceId }, { replied: traceId }]);
  const requests = lines.filter(({ msg, caller }) => msg === "request" && caller !== "hub/a");
  expect(requests).toMatchObject([{ trace_id: traceId }, { trace_id: traceId }]);
  expect(lines.find(({ msg }) => msg === "refused")?.refused).toBe(traceId);
});

test("a server's span says caller, code and reason, and metrics count both", async () => {
  const receiver = await startOtlpReceiver();
  const lines = await run(receiver.endpoint);
  await receiver.close();
  const refused = receiver.spans().find((span) => isCall(span, "MoveClock", 2));
  expect(textAttributes(refused)).toMatchObject({
    "carehub.caller": "operator/desk",
    "carehub.code": "INVALID_ARGUMENT",
    "carehub.reason": "INVALID_FIELD",
  });
  const metrics = lines.find(({ msg }) => msg === "metrics")?.metrics;
  expect(metrics).toMatch(
    /^carehub_grpc_server_duration_seconds_count\{.*MoveClock".*INVALID_ARGUMENT".*\} 1$/m,
  );
});

test("a stream has its span, metrics and line when it ends, also for a caller that left", async () => {
  const receiver = await startOtlpReceiver();
  const lines = await run(receiver.endpoint);
  await receiver.close();
  const spans = receiver.spans();
  const ends = ["WatchCourses", "WatchCapacity"].map((method) => {
    const name = `grpc.carehub.capacity.v1.WatchService/${method}`;
    return spans.find((span) => span.name === name && span.kind === 2);
  });
  const journey = spans.find(({ name }) => name === "journey");
  expect(ends).toMatchObject([{ traceId: journey?.traceId }, { traceId: journey?.traceId }]);
  expect(spans.find(({ name }) => name === "read")?.parentSpanId).toBe(ends[1]?.spanId);
  expect(ends.map((span) => textAttributes(span)["carehub.code"])).toEqual(["OK", "CANCELLED"]);
  const streams = lines.filter(({ method }) => method?.includes("WatchService"));
  expect(streams).toMatchObject([
    { msg: "request", code: "OK", messages: 1, trace_id: journey?.traceId },
    { msg: "request", code: "CANCELLED", messages: 1, trace_id: journey?.traceId },
  ]);
  expect(lines.find(({ msg }) => msg === "metrics")?.metrics).toMatch(
    /^carehub_grpc_server_stream_messages_total\{.*WatchCourses".*\} 1$/m,
  );
});

async function run(endpoint: string): Promise<Line[]> {
  const child = spawn(process.execPath, ["--import", preload, fixture], {
    env: {
      PATH: process.env.PATH,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => lines.push(JSON.parse(text)));
  await once(child, "close");
  expect(child.exitCode).toBe(0);
  return lines;
}

function isCall({ name, kind }: ReceivedSpan, method: string, wanted: number): boolean {
  return kind === wanted && name === `grpc.carehub.operations.v1.OperationsService/${method}`;
}

function textAttributes(span: ReceivedSpan | undefined): Record<string, unknown> {
  const pairs = span?.attributes.map(({ key, value }) => {
    return [key, (value as { stringValue?: string }).stringValue];
  });
  return Object.fromEntries(pairs ?? []);
}
