import { type Outcome, readOutcome } from "@carehub/partners/outcome";
import { readTotals } from "@carehub/partners/totals";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTopics } from "./evidence.ts";
import { type Stage, setStage } from "./stage.ts";

let stage: Stage;
let outcomes: Outcome[];

beforeAll(async () => {
  stage = await setStage("spine");
  const performances = await stage.rehearse(stage.examples.stories);
  outcomes = await Promise.all(performances.map((each) => readOutcome(each, stage.partnerOf)));
});

afterAll(() => stage?.close());

test("every example case ends as its file says", () => {
  expect(outcomes.length).toBeGreaterThanOrEqual(6);
  for (const { id, expected, actual, missingEvents } of outcomes) {
    expect({ id, ...actual, missingEvents }).toEqual({ id, ...expected, missingEvents: [] });
  }
});

test("nothing is left held, reserved or owed when all cases are over", async () => {
  const hubs = stage.examples.hubs.map(({ name }) => name);
  const totals = await readTotals(stage.partnerOf("operator/registry"), hubs, {
    first: Temporal.PlainDate.from("2026-01-01"),
    last: Temporal.PlainDate.from("2026-12-31"),
  });
  for (const seat of totals.seats) expect(seat.reserved + seat.committed).toBe(0);
  for (const money of totals.money) expect(money.outstandingMinor).toBe(0n);
  const fallot = totals.seats.find(({ setAside }) => setAside === "UZ-QR");
  expect(fallot).toMatchObject({ granted: 3, consumed: 1, available: 2 });
});

test("each case's events stand on the topics in revision order, without a gap", async () => {
  const revisions = new Map<string, number[]>();
  for (const { topic, headers } of await readTopics(stage.platform)) {
    const aggregate = `${topic} ${headers.ce_aggregate}`;
    revisions.set(aggregate, [...(revisions.get(aggregate) ?? []), Number(headers.ce_revision)]);
  }
  expect(revisions.size).toBeGreaterThan(outcomes.length * 2);
  for (const [aggregate, found] of revisions) {
    const distinct = [...new Set(found)];
    expect({ aggregate, found: distinct }).toEqual({
      aggregate,
      found: distinct.map((_, index) => index + 1),
    });
  }
});

test("every event of a case has a trace, and an answer has the trace of the command behind it", () => {
  for (const { timeline } of outcomes) {
    for (const entry of timeline) expect(entry.traceId).toMatch(/^[0-9a-f]{32}$/);
    const guaranteed = timeline.find(({ event }) => event === "paymentGuaranteed");
    const booked = timeline.find(({ event }) => event === "courseBooked");
    if (guaranteed !== undefined) expect(booked?.traceId).toBe(guaranteed.traceId);
  }
});

test("one call is one trace: gRPC, database, relay, Kafka and the other services", async () => {
  const traceId = outcomes[0]?.timeline.find(({ event }) => event === "paymentGuaranteed")?.traceId;
  const ofTrace = () => stage.collector.spans().filter((span) => span.traceId === traceId);
  const has = (service: string, kind: string) =>
    ofTrace().some((span) => span.service === service && span.kind === kind);
  await stage.collector.waitFor(
    () =>
      has("billing", "server") &&
      has("billing", "producer") &&
      ["intake", "capacity", "agreements"].every((service) => has(service, "consumer")),
    20_000,
  );
  for (const service of ["billing", "intake", "capacity", "agreements"]) {
    const queries = ofTrace().filter((span) => span.service === service && isQuery(span.name));
    expect({ service, queries: queries.length > 0 }).toEqual({ service, queries: true });
  }
  const known = new Set(ofTrace().map(({ spanId }) => spanId));
  const orphans = ofTrace().filter(
    ({ parentSpanId }) => parentSpanId !== undefined && !known.has(parentSpanId),
  );
  expect(orphans.map(({ service, name }) => `${service} ${name}`)).toEqual([]);
});

test("the steps of a case are joined by an attribute and by links to its first call", async () => {
  const { referral } = outcomes[0] ?? {};
  const submitted = outcomes[0]?.timeline[0]?.traceId;
  await stage.collector.waitFor(
    (spans) =>
      spans.some(
        (span) =>
          span.attributes["carehub.referral"] === referral &&
          span.links.some(({ traceId }) => traceId === submitted),
      ),
    20_000,
  );
  const traces = new Set(
    stage.collector
      .spans()
      .filter((span) => span.attributes["carehub.referral"] === referral)
      .map(({ traceId }) => traceId),
  );
  expect(traces.size).toBeGreaterThan(5);
});

function isQuery(name: string): boolean {
  return name.startsWith("pg.query");
}
