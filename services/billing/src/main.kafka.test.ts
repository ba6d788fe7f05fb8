import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AccountEvent,
  AccountEventSchema,
} from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CaseEventSchema } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { openKafka } from "@carehub/events/kafka";
import type { ConsumerLoop } from "@carehub/events/kafka-port";
import { ensureTopics, topics } from "@carehub/events/topics";
import { toMessage } from "@carehub/events/wire";
import { connect } from "@carehub/grpc/connect";
import { toTimestamp } from "@carehub/grpc/instants";
import { issueCertificates } from "@carehub/local/certificates";
import { type ServiceProcess, startService } from "@carehub/local/processes";
import { claimInstance, type Instance } from "@carehub/local/state";
import { createLogger } from "@carehub/runtime/logging";
import { type TestDatabase, testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newId, start } from "./billing.builder.ts";
import { type EstimateRequest, estimateRequest } from "./events/requests.builder.ts";
import { aPromise, mutation } from "./grpc/api.builder.ts";

const brokers = inject("kafkaBrokers");
const logger = createLogger("billing-test", { level: "silent" });
const kafka = openKafka({ brokers: brokers.split(","), clientId: "billing-test", logger });
const told: { event: AccountEvent; traceparent: string }[] = [];
let instance: Instance;
let database: TestDatabase;
let service: ServiceProcess;
let listening: ConsumerLoop;
let clients: ReturnType<typeof connectAs>;

beforeAll(async () => {
  await ensureTopics(brokers.split(","), { replication: 1 });
  instance = await claimInstance(`billing-${process.pid}`);
  database = await testDatabase();
  const identities = ["service/billing", "ministry/UZ", "operator/desk"];
  const trustDomain = "carehub.example";
  const certificates = await issueCertificates({ dir: instance.folder, trustDomain, identities });
  const { ca, cert, key } = certificates.files("service/billing");
  service = await startService({
    instance,
    name: "billing",
    entry: fileURLToPath(new URL("./main.ts", import.meta.url)),
    env: {
      ...{ DATABASE_URL: database.url, KAFKA_BROKERS: brokers, CAREHUB_ENVIRONMENT: "sandbox" },
      ...{ TLS_CA: ca, TLS_CERT: cert, TLS_KEY: key },
    },
  });
  clients = connectAs(certificates, service.grpcPort);
  await clients.operations.moveClock({ ...mutation(), time: toTimestamp(start) });
  listening = await listen();
});

afterAll(async () => {
  clients?.accounts.close();
  clients?.operations.close();
  await listening?.close();
  await service?.stop();
  await database?.drop();
  await instance?.release();
});

test("answers intake's request and the payer's command on its topic, each in its own trace", async () => {
  const id = newId();
  const traceId = randomUUID().replaceAll("-", "");
  await ask(id, { revision: 1, traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  const issued = await heard(id, "estimateIssued");
  expect(issued.event).toMatchObject({ account: `accounts/${id}`, revision: 1n });
  expect(issued.traceparent).toContain(traceId);
  const { body } = await metrics((text) => /carehub_billing_open_estimates\S* 1\b/.test(text));
  expect(body).not.toContain("carehub_billing_outstanding{");
  await clients.accounts.guaranteePayment(aPromise(id));
  const guaranteed = await heard(id, "paymentGuaranteed");
  expect(guaranteed.event.revision).toBe(2n);
});

test("answers what it cannot price, so that the case does not wait for ever", async () => {
  const id = newId();
  await ask(id, { revision: 1, over: { prices: [] } });
  const { event } = await heard(id, "estimateWithdrawn");
  expect(event.event.value).toMatchObject({ round: 1, reason: "SERVICE_NOT_IN_TARIFF" });
});

test("sets aside what no answer could name, and takes it up again on an operator's word", async () => {
  const id = newId();
  await ask(id, { revision: 1, over: { round: 0 } });
  const letter = await until(
    async () =>
      (await clients.operations.listDeadLetters({})).deadLetters.find(({ key }) => key === id),
    { what: "the dead letter" },
  );
  expect(letter.reason).toBe("INVALID_FIELD");
  const replay = { ...mutation(), topic: topics.cases, key: id };
  const { handledCount, remainingCount } = await clients.operations.replayDeadLetters(replay);
  expect([handledCount, remainingCount]).toEqual([0, 1]);
});

test("comes to rest, says who calls, and ends cleanly when it is asked to", async () => {
  const still = await until(
    async () => {
      const found = await clients.operations.getQuiescence({});
      return (
        found.pendingCount + found.relayLag + found.consumerLag + found.dueCount === 0n && found
      );
    },
    { what: "the service to be at rest" },
  );
  expect(Number(still.time?.seconds)).toBeGreaterThanOrEqual(start.epochMilliseconds / 1_000);
  expect(await clients.operations.whoAmI({})).toMatchObject({
    caller: "operator/desk",
    service: "billing",
  });
  await service.stop();
  expect(await service.exited).toBe(0);
});

function connectAs(certificates: Awaited<ReturnType<typeof issueCertificates>>, grpcPort: number) {
  const address = `localhost:${grpcPort}`;
  return {
    accounts: connect(AccountService, { address, tls: certificates.tls("ministry/UZ") }),
    operations: connect(OperationsService, { address, tls: certificates.tls("operator/desk") }),
  };
}

type Asked = { revision: number; traceparent?: string; over?: Partial<EstimateRequest> };

async function ask(id: string, { revision, traceparent, over }: Asked): Promise<void> {
  const aggregate = `referrals/${id}`;
  const event = estimateRequest(over);
  const payload = toBinary(
    CaseEventSchema,
    create(CaseEventSchema, { referral: aggregate, revision: BigInt(revision), event }),
  );
  const producer = kafka.producer();
  await producer.send([
    toMessage({
      ...{ eventId: randomUUID(), topic: topics.cases, key: id, aggregate, revision, payload },
      type: "carehub.intake.v1.EstimateRequested",
      occurredAt: start,
      traceparent: traceparent ?? null,
      actor: null,
    }),
  ]);
  await producer.close();
}

function listen(): Promise<ConsumerLoop> {
  return kafka.consume(
    { group: `billing-test-${randomUUID()}`, topics: [topics.accounts] },
    {
      assigned: () => undefined,
      received: (messages) => {
        for (const { value, headers } of messages) {
          const event = fromBinary(AccountEventSchema, value);
          told.push({ event, traceparent: headers.traceparent ?? "" });
        }
      },
      failed: (error) => {
        throw error;
      },
    },
  );
}

function heard(id: string, variant: AccountEvent["event"]["case"]) {
  return until(
    () =>
      told.find(({ event }) => event.account === `accounts/${id}` && event.event.case === variant),
    { what: `${variant} of ${id}`, limitMs: 20_000 },
  );
}

function metrics(holds: (text: string) => boolean) {
  return until(
    async () => {
      const body = await (await fetch(`http://127.0.0.1:${service.healthPort}/metrics`)).text();
      return holds(body) && { body };
    },
    { what: "the metrics" },
  );
}
