import { AsyncLocalStorage } from "node:async_hooks";
import { startNumbering } from "@carehub/database/numbering";
import { must } from "@carehub/rules/fault";
import { activeTraceId, withSpan } from "@carehub/runtime/trace";
import { until } from "@carehub/testing/wait";
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
import { consume } from "./consumer.builder.ts";
import {
  applying,
  openTestEvents,
  readTopic,
  silent,
  type TestEvents,
  tell,
} from "./events.builder.ts";
import { startRelay } from "./relay.ts";

let events: TestEvents;
const exporter = new InMemorySpanExporter();

beforeAll(async () => {
  context.setGlobalContextManager(createContextManager());
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
  events = await openTestEvents();
});

afterAll(() => events.close());

test("keeps a command, its sending and its handling in one trace, each for its own event", async () => {
  const topic = await events.newTopic();
  const echoes = await events.newTopic();
  const numbering = startNumbering(events.db);
  const producer = events.kafka.producer();
  const relay = startRelay({ db: events.db, producer, name: "trace", logger: silent });
  const apply = applying(events.db);
  const consumer = consume(events, {
    topic,
    handle: async (message) => {
      const handled = await apply(message);
      // What the handler commits of its own carries the trace on.
      await tell(events.db, [`echo-${message.key}`], { topic: echoes });
      return handled;
    },
  });
  const traces = new Map<string, string>();
  for (const key of ["one", "two"]) {
    await withSpan(`command ${key}`, async () => {
      traces.set(key, must(activeTraceId(), "a recorded span has an id"));
      await tell(events.db, [key], { topic });
    });
  }
  const rows = () =>
    events.db.run<{ key: string; traceparent: string }>(
      "traced",
      "select key, traceparent from log.event where topic = $1",
      [echoes],
    );
  await until(async () => (await rows()).length === 2, { what: "the handlers' own events" });
  await consumer.close();
  await Promise.all([relay.close(), numbering.close()]);
  const messages = await readTopic(events.kafka, topic, 2);
  await producer.close();
  for (const [key, traceId] of traces) {
    const spans = exporter
      .getFinishedSpans()
      .filter((span) => span.spanContext().traceId === traceId);
    const sent = must(
      spans.find(({ name }) => name === `send ${topic}`),
      "a span of the sending",
    );
    const [message] = must(messages.get(key), "the message of the command");
    expect(message?.headers.traceparent).toBe(`00-${traceId}-${sent.spanContext().spanId}-01`);
    const handled = must(
      spans.find(({ name }) => name === `process ${topic}`),
      "a span of the handling",
    );
    expect(handled.parentSpanContext?.spanId).toBe(sent.spanContext().spanId);
    const echo = (await rows()).find((row) => row.key === `echo-${key}`);
    expect(echo?.traceparent).toContain(traceId);
  }
  expect(traces.get("one")).not.toBe(traces.get("two"));
});

function createContextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  return {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, receiver, ...args) =>
      storage.run(active, () => work.call(receiver, ...args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  };
}
