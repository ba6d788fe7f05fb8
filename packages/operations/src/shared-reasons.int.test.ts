import { randomUUID } from "node:crypto";
import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { declareEnvironment, now } from "@carehub/database/clock";
import { type Database, openDatabase } from "@carehub/database/pool";
import { requestSource } from "@carehub/database/source";
import { LostRaceError, transact } from "@carehub/database/transact";
import { openDeadLetters } from "@carehub/events/dead-letters";
import type { Call } from "@carehub/grpc/call";
import { CallError } from "@carehub/grpc/call-error";
import { connect } from "@carehub/grpc/connect";
import { toTimestamp } from "@carehub/grpc/instants";
import { type SharedReason, sharedReasons } from "@carehub/grpc/reasons";
import { type ServeOptions, serve } from "@carehub/grpc/serve";
import { type Certificates, issueCertificates } from "@carehub/local/certificates";
import { claimInstance, type Instance } from "@carehub/local/state";
import { createLogger } from "@carehub/runtime/logging";
import { type TestDatabase, testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { operationsService } from "./operations-service.ts";

const lines: object[] = [];
const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
const logger = createLogger("reasons-test", { level: "info", destination });
const trustDomain = "carehub.example";
const identities = ["service/things", "operator/desk", "ministry/UZ", "admin/desk"];
const databases: TestDatabase[] = [];
let instance: Instance;
let certificates: Certificates;
let sandbox: Database;
let production: Database;
const nowhere = openDatabase({
  url: "postgres://nobody@127.0.0.1:1/none",
  applicationName: "nowhere",
});

beforeAll(async () => {
  instance = await claimInstance(`reasons-${process.pid}`);
  certificates = await issueCertificates({ dir: instance.folder, trustDomain, identities });
  [sandbox, production] = await Promise.all([openAs("sandbox"), openAs("production")]);
});

afterAll(async () => {
  await Promise.all([sandbox?.close(), production?.close(), nowhere.close()]);
  await Promise.all(databases.map((database) => database.drop()));
  await instance?.release();
});

async function openAs(environment: string): Promise<Database> {
  const database = await testDatabase({ migrations: "log" });
  databases.push(database);
  const db = openDatabase({ url: database.url, applicationName: environment });
  await declareEnvironment(db, environment);
  return db;
}

type Serving = Partial<ServeOptions> & {
  readonly db?: Database;
  readonly identity?: string;
  /** Runs in GetQuiescence. */
  readonly work?: (call: Call) => unknown;
};

/** A client of a server over mutual TLS whose operations are the real ones; ends with its test. */
async function clientOf({ db = sandbox, identity = "operator/desk", work, ...rest }: Serving) {
  const deadLetters = openDeadLetters({ db, consumers: [], logger });
  const lags = { relayLag: async () => ({ rows: 0 }), consumerLag: async () => 0n };
  const real = operationsService("things", { db, deadLetters, consumers: [], logger, ...lags });
  const getQuiescence = async (_request: unknown, call: Call) => {
    await work?.(call);
    return {};
  };
  const handlers = work === undefined ? real.handlers : { ...real.handlers, getQuiescence };
  const options = { name: "things", host: "127.0.0.1", port: 0, trustDomain, reasons: {}, logger };
  const { tls } = certificates;
  const server = await serve({
    ...options,
    tls: tls("service/things"),
    services: [{ ...real, handlers }],
    ...rest,
  });
  const address = `127.0.0.1:${server.port}`;
  const client = connect(OperationsService, { address, tls: tls(identity), attemptsMax: 1 });
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return client;
}

/** Work that goes on until its call's signal ends it. */
const untilAborted = ({ signal }: Call) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });

/** A mutation of the clock by some hours from its present time. */
async function aMove(db: Database, hours: number) {
  const time = toTimestamp((await now(db)).add({ hours }));
  return { time, requestId: randomUUID(), actor: { reference: "op-7", role: "operator" } };
}

/** For each reason a call that is refused for it; the table does not compile without one. */
const cases: Record<SharedReason, () => Promise<unknown>> = {
  CALLER_UNKNOWN: async () => (await clientOf({ identity: "admin/desk" })).whoAmI({}),
  ROLE_NOT_ALLOWED: async () => (await clientOf({ identity: "ministry/UZ" })).getQuiescence({}),
  RATE_LIMITED: async () => (await clientOf({ rateLimit: () => 1_500 })).whoAmI({}),
  INVALID_FIELD: async () => (await clientOf({})).listDeadLetters({ pageSize: -1 }),
  REQUEST_ID_REUSED: async () => {
    const client = await clientOf({});
    const move = await aMove(sandbox, 1);
    await client.moveClock(move);
    return client.moveClock({ ...(await aMove(sandbox, 2)), requestId: move.requestId });
  },
  REVISION_CONFLICT: async () => {
    const work = () =>
      transact(sandbox, {
        name: "lose",
        source: requestSource({
          ...{ caller: "test", requestId: randomUUID(), method: "Lose" },
          body: new Uint8Array(),
        }),
        work: async () => {
          throw new LostRaceError();
        },
      });
    return (await clientOf({ work })).getQuiescence({});
  },
  DEADLINE_EXCEEDED: async () => {
    // So long a reserve that the server's word comes before the client's own deadline.
    const client = await clientOf({ work: untilAborted, limits: { deadlineReserveMs: 1_500 } });
    return client.getQuiescence({}, { deadlineMs: 2_000 });
  },
  CANCELLED: async () => {
    const giveUp = new AbortController();
    const work = (call: Call) => {
      giveUp.abort();
      return untilAborted(call);
    };
    return (await clientOf({ work })).getQuiescence({}, { signal: giveUp.signal });
  },
  SERVER_BUSY: async () => (await clientOf({ limits: { inFlightMax: 0 } })).getQuiescence({}),
  DEPENDENCY_UNAVAILABLE: async () => (await clientOf({ db: nowhere })).getQuiescence({}),
  CLOCK_NOT_MOVABLE: async () => {
    const client = await clientOf({ db: production });
    return client.moveClock(await aMove(production, 1));
  },
  CLOCK_ONLY_FORWARD: async () => {
    const client = await clientOf({});
    await client.moveClock(await aMove(sandbox, 1));
    return client.moveClock(await aMove(sandbox, -1));
  },
  DEAD_LETTER_NOT_FOUND: async () => {
    const { requestId, actor } = await aMove(sandbox, 0);
    const letter = { topic: "carehub.intake.cases", key: "none" };
    return (await clientOf({})).replayDeadLetters({ ...letter, requestId, actor });
  },
  INTERNAL: async () => {
    const work = () => {
      throw new TypeError("a bug");
    };
    return (await clientOf({ work })).getQuiescence({});
  },
};

test.each(Object.entries(cases))("refuses a call with %s", async (reason, call) => {
  const error = await call().then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(CallError);
  const code = sharedReasons[reason as SharedReason];
  expect(error.code).toBe(code);
  // Who gave up hears nothing more of the server; its log says the reason of every call.
  if (reason !== "CANCELLED") expect(error).toMatchObject({ reason, domain: "things.carehub" });
  if (code === "INVALID_ARGUMENT") expect(error.violations).not.toEqual([]);
  await expect.poll(() => lines).toContainEqual(expect.objectContaining({ code, reason }));
});

test("has a case for every shared reason", () => {
  expect(Object.keys(cases).toSorted()).toEqual(Object.keys(sharedReasons).toSorted());
});

test("moves the clock once for many calls of one request id at a time", async () => {
  const client = await clientOf({});
  const move = await aMove(sandbox, 3);
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.moveClock(move)));
  expect(new Set(answers.map(({ time }) => `${time?.seconds}.${time?.nanos}`)).size).toBe(1);
});
