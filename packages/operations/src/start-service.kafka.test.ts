import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import {
  DeadLetterState,
  OperationsService,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { type Database, openDatabase } from "@carehub/database/pool";
import { openKafka } from "@carehub/events/kafka";
import { ensureTopics } from "@carehub/events/topics";
import { toMessage } from "@carehub/events/wire";
import { connect } from "@carehub/grpc/connect";
import { toInstant, toTimestamp } from "@carehub/grpc/instants";
import { issueCertificates } from "@carehub/local/certificates";
import { type ServiceProcess, startService } from "@carehub/local/processes";
import { claimInstance, type Instance } from "@carehub/local/state";
import { createLogger } from "@carehub/runtime/logging";
import { type TestDatabase, testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, inject, test } from "vitest";

const brokers = inject("kafkaBrokers");
const logger = createLogger("things-test", { level: "silent" });
const kafka = openKafka({ brokers: brokers.split(","), clientId: "things-test", logger });
const topic = `test.${randomUUID()}.things`;
const group = "things.things";
const actor = { reference: "op-7", role: "operator" };
const start = Temporal.Instant.from("2026-01-05T04:00:00Z");
let instance: Instance;
let database: TestDatabase;
let db: Database;
let service: ServiceProcess;
let client: ReturnType<typeof connectTo>;

const connectTo = (address: string, tls: Parameters<typeof connect>[1]["tls"]) =>
  connect(OperationsService, { address, tls, attemptsMax: 1 });

beforeAll(async () => {
  await ensureTopics(brokers.split(","), { replication: 1, names: [topic] });
  instance = await claimInstance(`things-${process.pid}`);
  database = await testDatabase({ migrations: "log" });
  db = openDatabase({ url: database.url, applicationName: "things-test" });
  await db.run("table", "create table open (key text primary key)");
  const identities = ["service/things", "operator/desk"];
  const trustDomain = "carehub.example";
  const certificates = await issueCertificates({ dir: instance.folder, trustDomain, identities });
  const { ca, cert, key } = certificates.files("service/things");
  service = await startService({
    ...{ instance, name: "things" },
    entry: fileURLToPath(new URL("../test/fixtures/service.ts", import.meta.url)),
    env: {
      ...{ DATABASE_URL: database.url, KAFKA_BROKERS: brokers, CAREHUB_ENVIRONMENT: "sandbox" },
      ...{ TLS_CA: ca, TLS_CERT: cert, TLS_KEY: key, TOPIC: topic, GROUP: group },
    },
  });
  client = connectTo(`localhost:${service.grpcPort}`, certificates.tls("operator/desk"));
});

afterAll(async () => {
  client?.close();
  await service?.stop();
  await db?.close();
  await database?.drop();
  await instance?.release();
});

test("moves the clock forward, once for each request id, and logs who did", async () => {
  const first = { time: toTimestamp(start), requestId: randomUUID(), actor };
  const moved = await client.moveClock(first);
  const second = { ...first, time: toTimestamp(start.add({ hours: 1 })), requestId: randomUUID() };
  const later = toInstant((await client.moveClock(second)).time ?? second.time);
  expect(later.since(start).total("minutes")).toBeCloseTo(60, 0);
  // Anew it would be CLOCK_ONLY_FORWARD.
  expect((await client.moveClock(first)).time).toEqual(moved.time);
  await expect(client.moveClock({ ...second, requestId: randomUUID() })).rejects.toMatchObject({
    reason: "CLOCK_ONLY_FORWARD",
  });
  const another = { ...first, time: toTimestamp(start.add({ hours: 2 })) };
  await expect(client.moveClock(another)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "REQUEST_ID_REUSED",
    violations: [{ field: "request_id" }],
  });
  const { time } = await client.getQuiescence({});
  expect(
    toInstant(time ?? first.time)
      .since(later)
      .total("minutes"),
  ).toBeLessThan(10);
  const who = { caller: "operator/desk", actor: "op-7", actorRole: "operator" };
  await expect
    .poll(() => linesOf("the clock was moved"))
    .toMatchObject([
      { ...who, requestId: first.requestId },
      { ...who, requestId: second.requestId },
    ]);
});

test("is at rest only when no message waits and nothing is due", async () => {
  await rest();
  await send("patient", [1]);
  const due = "insert into log.due values ('things/1', 'late', app.now() - interval '1 hour')";
  await db.run("due", due);
  const busy = await until(
    async () => {
      const found = await client.getQuiescence({});
      return found.consumerLag > 0n && found;
    },
    { what: "work that waits" },
  );
  expect(busy).toMatchObject({ consumerLag: 1n, dueCount: 1n, pendingCount: 0n, relayLag: 0n });
  await open("patient");
  await open("late");
  await rest();
});

test("lists dead letters and replays them, once for each request id", async () => {
  await send("sick", [1, 2]);
  const list = async () => (await client.listDeadLetters({})).deadLetters;
  await until(async () => (await list()).length === 2, { what: "both letters" });
  const { DEAD, PARKED } = DeadLetterState;
  const common = { topic, key: "sick", eventType: "test.Told" };
  expect(await list()).toMatchObject([
    { ...common, state: PARKED, reason: "KEY_PARKED", aggregateRevision: "things/sick@2" },
    { ...common, state: DEAD, reason: "NOT_OPEN", aggregateRevision: "things/sick@1", tryCount: 3 },
  ]);
  const page = await client.listDeadLetters({ pageSize: 1 });
  const { nextPageToken: pageToken } = page;
  const rest = await client.listDeadLetters({ pageSize: 1, pageToken });
  expect([...page.deadLetters, ...rest.deadLetters]).toEqual(await list());
  await expect(client.listDeadLetters({ pageToken: "elsewhere" })).rejects.toMatchObject({
    violations: [{ field: "page_token" }],
  });
  const first = { topic, key: "sick", requestId: randomUUID(), actor };
  const failed = { handledCount: 0, remainingCount: 2 };
  expect(await client.replayDeadLetters(first)).toMatchObject(failed);
  await open("sick");
  expect(await client.replayDeadLetters(first)).toMatchObject(failed);
  expect(await list()).toHaveLength(2);
  await expect(client.replayDeadLetters({ ...first, key: "well" })).rejects.toMatchObject({
    reason: "REQUEST_ID_REUSED",
  });
  const second = { ...first, requestId: randomUUID() };
  const handled = { handledCount: 2, remainingCount: 0 };
  expect(await client.replayDeadLetters(second)).toMatchObject(handled);
  expect(await client.replayDeadLetters(second)).toMatchObject(handled);
  expect(await list()).toEqual([]);
  await expect(
    client.replayDeadLetters({ ...first, requestId: randomUUID() }),
  ).rejects.toMatchObject({ code: "NOT_FOUND", reason: "DEAD_LETTER_NOT_FOUND" });
  const who = { caller: "operator/desk", actor: "op-7", topic, key: "sick" };
  await expect
    .poll(() => linesOf("dead letters were replayed"))
    .toMatchObject([
      { ...who, requestId: first.requestId, ...failed },
      { ...who, requestId: second.requestId, ...handled },
    ]);
});

test("shows lags, dead letters and parked keys among the metrics", async () => {
  const consumer = `carehub_consumer="${group}"`;
  await metric(`carehub_consumer_dead_letters{${consumer}}`, 0);
  await send("ill", [1, 2, 3]);
  const { body } = await metric(`carehub_consumer_dead_letters{${consumer}}`, 3);
  const lines = body.split("\n");
  expect(lines).toContain(`carehub_consumer_parked_keys{${consumer}} 1`);
  expect(lines).toContain('carehub_relay_lag{relay="things"} 0');
  expect(lines).toContain('carehub_relay_lag_seconds{relay="things"} 0');
  expect(body).toMatch(/^carehub_consumer_lag\{.*carehub_partition="7".*\} \d+$/m);
  await open("ill");
  await client.replayDeadLetters({ topic, key: "ill", requestId: randomUUID(), actor });
  await metric(`carehub_consumer_dead_letters{${consumer}}`, 0);
});

async function send(key: string, revisions: readonly number[]): Promise<void> {
  const producer = kafka.producer();
  const payload = toBinary(StringValueSchema, create(StringValueSchema, { value: "x" }));
  const event = { topic, key, aggregate: `things/${key}`, type: "test.Told", payload };
  const told = { occurredAt: Temporal.Now.instant(), traceparent: null, actor: null };
  await producer.send(
    revisions.map((revision) => toMessage({ ...event, ...told, eventId: randomUUID(), revision })),
  );
  await producer.close();
}

async function open(key: string): Promise<void> {
  await db.run("open-key", "insert into open (key) values ($1)", [key]);
}

function rest() {
  const isStill = async () => {
    const found = await client.getQuiescence({});
    return found.pendingCount + found.relayLag + found.consumerLag + found.dueCount === 0n;
  };
  return until(isStill, { what: "the service to be at rest", limitMs: 30_000 });
}

function metric(name: string, value: number) {
  const read = async () => {
    const body = await (await fetch(`http://127.0.0.1:${service.healthPort}/metrics`)).text();
    return body.split("\n").includes(`${name} ${value}`) && { body };
  };
  return until(read, { what: `${name} to be ${value}`, limitMs: 20_000, everyMs: 200 });
}

function linesOf(message: string): object[] {
  return readFileSync(service.logFile, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === message);
}
