import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  trace,
} from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  aSubmission,
  mutation,
  refusalOf,
  startIntake,
  type TestIntake,
} from "../intake.builder.ts";

let intake: TestIntake;
const exporter = new InMemorySpanExporter();

beforeAll(async () => {
  context.setGlobalContextManager(createContextManager());
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
  intake = await startIntake();
});
afterAll(() => intake.close());

test("links the span of every later step to the one in which the case was submitted", async () => {
  const { referrals } = intake.as("ministry/UZ");
  const tracer = trace.getTracer("test");
  const { referral } = await tracer.startActiveSpan("ministry submits", (span) =>
    referrals.submitReferral(aSubmission()).finally(() => span.end()),
  );
  const name = referral?.name ?? "";
  const { entries } = await referrals.getCaseTimeline({ name });
  const submitTraceId = entries[0]?.traceId ?? "";
  expect(submitTraceId).toMatch(/^[0-9a-f]{32}$/);
  exporter.reset();
  await referrals.cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  const change = exporter.getFinishedSpans().find((span) => span.name === "referral change");
  expect(change?.links.map((link) => link.context.traceId)).toEqual([submitTraceId]);
  expect(change?.attributes["carehub.referral"]).toBe(name);
  expect(change?.spanContext().traceId).not.toBe(submitTraceId);
});

test("keeps what a caller wrote out of every span, refused or not", async () => {
  const { referrals } = intake.as("ministry/UZ");
  exporter.reset();
  await referrals.submitReferral(aSubmission());
  await refusalOf(referrals.submitReferral(aSubmission({ citizenship: "XX" })));
  const spans = exporter.getFinishedSpans();
  expect(spans.length).toBeGreaterThan(0);
  const texts = spans.map(({ attributes, events, status }) => ({ attributes, events, status }));
  expect(JSON.stringify(texts)).not.toContain("Zumradkanareika");
});

/** What the telemetry preload brings to a service, for a test that has none. */
function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...given) => storage.run(active, () => work.call(self, ...given)),
    bind: (_active, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}
