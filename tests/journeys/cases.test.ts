import { type Outcome, readOutcomes } from "@carehub/partners/outcome";
import { readTotals, type Totals } from "@carehub/partners/totals";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMetrics, readTopics } from "./evidence.ts";
import { type Stage, setStage } from "./stage.ts";
import { verifyAll } from "./verified.ts";

let stage: Stage;
let outcomes: Outcome[];
let totals: Totals;

/** All cases take about a minute; a machine that is shared takes longer. */
const playMsMax = 420_000;

beforeAll(async () => {
  stage = await setStage("cases");
  const performances = await stage.rehearse(stage.examples.stories);
  outcomes = await readOutcomes(performances, stage.partnerOf);
  const hubs = stage.examples.hubs.map(({ name }) => name);
  totals = await readTotals(stage.partnerOf("operator/registry"), hubs, {
    first: Temporal.PlainDate.from("2026-01-01"),
    last: Temporal.PlainDate.from("2026-12-31"),
  });
}, playMsMax);

afterAll(() => stage?.close());

test("every example case ends as its file says", () => {
  expect(outcomes.length).toBeGreaterThanOrEqual(30);
  const found = outcomes.map(({ id, actual, differences }) => ({ id, ...actual, differences }));
  const told = outcomes.map(({ id, expected }) => ({ id, ...expected, differences: [] }));
  expect(found).toEqual(told);
});

test("nothing is left held, reserved or owed when all cases are over", () => {
  for (const seat of totals.seats)
    expect({ seat, kept: seat.reserved + seat.committed }).toMatchObject({ kept: 0 });
  for (const { currency, outstandingMinor } of totals.money) {
    expect({ currency, outstandingMinor }).toEqual({ currency, outstandingMinor: 0n });
  }
});

test("every course that was held is accepted by verify-course, asked for by its hub", async () => {
  let accepted = 0;
  for (const { name } of stage.examples.hubs) {
    const { code, output } = await verifyAll(stage.platform, name.replace("hubs/", "hub/"));
    expect({ name, code, output }).toMatchObject({ code: 0 });
    accepted += output.match(/^courses\/\S+: OK$/gm)?.length ?? 0;
  }
  expect(accepted).toBeGreaterThanOrEqual(20);
});

test("of fourteen requests nine get a seat, five wait, and the seat that came free is given once", () => {
  const requests = outcomes.filter(({ id }) => id.startsWith("14-"));
  const first = requests.map(({ timeline }) =>
    timeline.find(
      ({ event }) => event.startsWith("entitlement") && event !== "entitlementRequested",
    ),
  );
  const count = (event: string) => first.filter((entry) => entry?.event === event).length;
  expect(requests).toHaveLength(14);
  expect({ granted: count("entitlementGranted"), pended: count("entitlementPended") }).toEqual({
    granted: 9,
    pended: 5,
  });
  const offered = requests.filter(
    ({ timeline }) =>
      timeline.some(({ event }) => event === "entitlementPended") &&
      timeline.some(({ event }) => event === "entitlementGranted"),
  );
  expect(offered.map(({ id }) => id)).toEqual(["14-quota-of-ten-waiting-4"]);
  const parts = totals.seats.filter(({ quota }) => quota.endsWith("/paediatric-oncology"));
  expect(
    parts.map(({ setAside, granted, consumed, available }) => [
      setAside,
      granted,
      consumed,
      available,
    ]),
  ).toEqual([
    ["", 7, 7, 0],
    ["UZ-QR", 3, 2, 1],
  ]);
});

test("each payer owes in its own currency", () => {
  const currencies = totals.money.map(({ debtor, currency }) => `${debtor} ${currency}`);
  expect(currencies.toSorted()).toEqual([
    "parties/KG KGS",
    "parties/TJ TJS",
    "parties/UZ KZT",
    "parties/UZ USD",
  ]);
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

test("every call of a case is one trace, whole from the call to the last event it caused", async () => {
  const traceIds = new Set(
    outcomes.flatMap(({ timeline }) => timeline.map((each) => each.traceId)),
  );
  expect(traceIds.size).toBeGreaterThan(200);
  const ofTrace = (traceId: string) =>
    stage.collector.spans().filter((span) => span.traceId === traceId);
  const isWhole = (traceId: string) => {
    const spans = ofTrace(traceId);
    const known = new Set(spans.map(({ spanId }) => spanId));
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
    return (
      roots.length > 0 &&
      spans.every(({ parentSpanId }) => parentSpanId === undefined || known.has(parentSpanId)) &&
      spans.some(({ kind }) => kind === "producer") &&
      spans.some(({ name }) => isQuery(name))
    );
  };
  await stage.collector.waitFor(() => [...traceIds].every(isWhole), 20_000).catch(() => undefined);
  expect([...traceIds].filter((traceId) => !isWhole(traceId))).toEqual([]);
});

test("the trace of a guarantee goes through all four services, over gRPC, PostgreSQL and Kafka", () => {
  const traceId = outcomes[0]?.timeline.find(({ event }) => event === "paymentGuaranteed")?.traceId;
  const spans = stage.collector.spans().filter((span) => span.traceId === traceId);
  const has = (service: string, kind: string) =>
    spans.some((span) => span.service === service && span.kind === kind);
  expect(has("billing", "server")).toBe(true);
  for (const service of ["billing", "intake", "capacity"])
    expect(has(service, "producer")).toBe(true);
  for (const service of ["intake", "capacity", "agreements"]) {
    expect({ service, consumes: has(service, "consumer") }).toEqual({ service, consumes: true });
  }
  for (const service of ["billing", "intake", "capacity", "agreements"]) {
    const queries = spans.filter((span) => span.service === service && isQuery(span.name));
    expect({ service, queries: queries.length > 0 }).toEqual({ service, queries: true });
  }
});

test("every service tells how far it is behind, what it set aside, and what it holds", async () => {
  const metrics = await readMetrics(stage.platform);
  const expected = {
    intake: ["carehub_intake_open_cases"],
    capacity: ["carehub_capacity_holds", "carehub_capacity_bookings"],
    agreements: ["carehub_agreements_seats"],
    billing: ["carehub_billing_outstanding"],
  };
  const everywhere = [
    "carehub_relay_lag",
    "carehub_consumer_lag",
    "carehub_consumer_dead_letters",
    "carehub_consumer_parked_keys",
  ];
  for (const [service, own] of Object.entries(expected)) {
    const text = metrics.find(({ place }) => place.startsWith(service))?.text ?? "";
    const missing = [...everywhere, ...own].filter((name) => !text.includes(`\n${name}`));
    expect({ service, missing }).toEqual({ service, missing: [] });
  }
  const deadLetters = metrics.flatMap(({ text }) =>
    [...text.matchAll(/^carehub_consumer_(?:dead_letters|parked_keys)\{.*\} (\S+)/gm)].map(
      ([, value]) => Number(value),
    ),
  );
  expect(new Set(deadLetters)).toEqual(new Set([0]));
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
