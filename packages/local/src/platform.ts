import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { ensureTopics } from "@carehub/events/topics";
import { type Certificates, issueCertificates } from "./certificates.ts";
import { emptyTopics } from "./external-kafka.ts";
import { type Kafka, startKafka } from "./kafka.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import { assertPrerequisites } from "./prerequisites.ts";
import { lastLines, type ServiceProcess, startService } from "./processes.ts";
import { endOnSignals } from "./signals.ts";
import { checkoutFolder, claimInstance, type Instance } from "./state.ts";

/** The services of the house. */
export const serviceNames = ["intake", "capacity", "agreements", "billing"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** One step of a start or a stop, for a progress display. */
export type Progress = {
  part: "PostgreSQL" | "Kafka" | "certificates" | ServiceName;
  state: "working" | "ready" | "ended";
  note: string;
};

/** What to start. */
export type PlatformOptions = {
  /** Names the state: two platforms of one checkout run side by side under two names. */
  instance: string;
  services?: readonly ServiceName[];
  /** Callers that get a certificate beside the usual ones: "ministry/UZ", "hub/astana-proton". */
  identities?: readonly string[];
  onProgress?: (progress: Progress) => void;
  /** Where the services send traces and metrics, by OTLP over HTTP with JSON. */
  otlpEndpoint?: string;
  /** More or other environment variables of every service. */
  env?: Readonly<Record<string, string>>;
  /** True for a program of its own: a signal or an uncaught error stops everything, then exits. */
  endsOnSignals?: boolean;
};

/** The whole house on this machine, with empty databases and topics. */
export type Platform = {
  /** host:port for each service's gRPC. */
  addresses: Record<ServiceName, string>;
  /** The base URL of each service's health port. */
  healthUrls: Record<ServiceName, string>;
  certificates: Certificates;
  trustDomain: string;
  brokers: string;
  databaseUrl(name: DatabaseName): string;
  services: Record<ServiceName, ServiceProcess>;
  /** Starts a service anew, after it was stopped or killed, at the same address. */
  restart(name: ServiceName): Promise<ServiceProcess>;
  /** The folder with the logs and certificates; it goes with the platform. */
  folder: string;
  /** Stops the services, then Kafka and PostgreSQL; bounded, and may be repeated. */
  stop(): Promise<void>;
};

const databaseNames = ["intake", "intake_keys", "capacity", "agreements", "billing"] as const;
export type DatabaseName = (typeof databaseNames)[number];

const trustDomain = "carehub.example";

/** Starts everything and resolves when every service is ready; when a part fails, stops the rest. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  assertPrerequisites();
  const launch: Launch = { options, instance: await claimInstance(options.instance), running: [] };
  const alive = setInterval(() => undefined, longestTimerMs);
  const stop = once(() => stopAll(launch).finally(() => clearInterval(alive)));
  if (options.endsOnSignals) endOnSignals(stop);
  try {
    return { ...(await startAll(launch)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// A platform that is up keeps its process running; the processes themselves do not.
const longestTimerMs = 2 ** 31 - 1;

type Launch = {
  options: PlatformOptions;
  instance: Instance;
  postgres?: Postgres;
  kafka?: Kafka;
  running: ServiceProcess[];
  isStopping?: boolean;
};

async function startAll(launch: Launch): Promise<Omit<Platform, "stop">> {
  const { options, instance } = launch;
  const [databaseUrl, brokers, certificates] = await allDone([
    startDatabases(launch),
    startBroker(launch),
    makeCertificates(launch),
  ]);
  const keys = { identity: newKey(), blindIndex: newKey() };
  const environmentOf = (name: ServiceName): Record<string, string> => {
    const tls = certificates.files(`service/${name}`);
    return {
      DATABASE_URL: databaseUrl(name),
      KAFKA_BROKERS: brokers,
      GRPC_HOST: "127.0.0.1",
      GRPC_PORT: "0",
      HEALTH_PORT: "0",
      TLS_CA: tls.ca,
      TLS_CERT: tls.cert,
      TLS_KEY: tls.key,
      TRUST_DOMAIN: trustDomain,
      CAREHUB_ENVIRONMENT: "sandbox",
      ...(name === "intake" && {
        KEYS_DATABASE_URL: databaseUrl("intake_keys"),
        IDENTITY_KEY: keys.identity,
        BLIND_INDEX_KEY: keys.blindIndex,
      }),
      ...(options.otlpEndpoint && {
        OTEL_EXPORTER_OTLP_ENDPOINT: options.otlpEndpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      }),
      ...options.env,
    };
  };
  const names = options.services ?? serviceNames;
  const started = await allDone(names.map((name) => startOne(launch, name, environmentOf(name))));
  const services = byName(started, (service) => service);
  return {
    addresses: byName(started, ({ grpcPort }) => `localhost:${grpcPort}`),
    healthUrls: byName(started, ({ healthPort }) => `http://127.0.0.1:${healthPort}`),
    certificates,
    trustDomain,
    brokers,
    databaseUrl,
    services,
    restart: async (name) => {
      const ports = {
        GRPC_PORT: String(services[name].grpcPort),
        HEALTH_PORT: String(services[name].healthPort),
      };
      services[name] = await startOne(launch, name, { ...environmentOf(name), ...ports });
      return services[name];
    },
    folder: instance.folder,
  };
}

async function startDatabases(launch: Launch): Promise<(name: DatabaseName) => string> {
  const { options, instance } = launch;
  const postgres = await startPostgres({ instance, log: progressOf(launch, "PostgreSQL") });
  launch.postgres = postgres;
  const inner = (name: DatabaseName): string => databaseIn(postgres, instance, name);
  for (const name of databaseNames) await postgres.createDatabase(inner(name));
  options.onProgress?.({ part: "PostgreSQL", state: "ready", note: "PostgreSQL: ready" });
  return (name) => postgres.url(inner(name));
}

// A server that outlives us may serve several instances.
function databaseIn({ external }: Postgres, instance: Instance, name: DatabaseName): string {
  return external ? `carehub_${instance.name.replaceAll("-", "_")}_${name}` : name;
}

async function startBroker(launch: Launch): Promise<string> {
  const { options, instance } = launch;
  launch.kafka = await startKafka({ instance, log: progressOf(launch, "Kafka") });
  const { brokers, external } = launch.kafka;
  if (external) await emptyTopics(brokers);
  await ensureTopics(brokers.split(","), { replication: 1 });
  options.onProgress?.({ part: "Kafka", state: "ready", note: `Kafka: ready on ${brokers}` });
  return brokers;
}

async function makeCertificates({ options, instance }: Launch): Promise<Certificates> {
  const services = serviceNames.map((name) => `service/${name}`);
  const identities = [...services, "operator/registry", ...(options.identities ?? [])];
  const dir = join(instance.folder, "certificates");
  const made = await issueCertificates({ dir, trustDomain, identities: [...new Set(identities)] });
  options.onProgress?.({ part: "certificates", state: "ready", note: "certificates: issued" });
  return made;
}

async function startOne(
  launch: Launch,
  name: ServiceName,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const { options, instance } = launch;
  const tell = (state: Progress["state"], note: string): void =>
    options.onProgress?.({ part: name, state, note: `${name}: ${note}` });
  tell("working", "starting");
  const entry = join(checkoutFolder, "services", name, "src", "main.ts");
  const service = await startService({ instance, name, entry, env });
  launch.running.push(service);
  tell("ready", `ready on localhost:${service.grpcPort}`);
  void service.exited.then((how) => {
    if (launch.isStopping || how === "SIGKILL") return;
    tell("ended", `ended with ${how}. Its last lines:\n${lastLines(service.logFile)}`);
  });
  return service;
}

async function stopAll(launch: Launch): Promise<void> {
  launch.isStopping = true;
  await Promise.all(launch.running.map((service) => service.stop()));
  const { postgres, instance } = launch;
  if (postgres?.external) {
    for (const name of databaseNames) {
      await postgres.dropDatabase(databaseIn(postgres, instance, name));
    }
  }
  await Promise.all([launch.kafka?.stop(), postgres?.stop()]);
  await instance.release();
}

function progressOf({ options }: Launch, part: Progress["part"]): (note: string) => void {
  return (note) => options.onProgress?.({ part, state: "working", note });
}

function byName<Value>(
  services: readonly ServiceProcess[],
  read: (service: ServiceProcess) => Value,
): Record<ServiceName, Value> {
  const entries = services.map((service) => [service.name, read(service)]);
  return Object.fromEntries(entries) as Record<ServiceName, Value>;
}

// Unlike Promise.all it waits for all, so that nothing is still starting when the rest is stopped.
async function allDone<const Parts extends readonly Promise<unknown>[]>(
  parts: Parts,
): Promise<{ -readonly [Index in keyof Parts]: Awaited<Parts[Index]> }> {
  await Promise.allSettled(parts);
  return Promise.all(parts);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

const newKey = (): string => randomBytes(32).toString("base64");
