import { join } from "node:path";
import { ensureTopics } from "@carehub/events/topics";
import { type Certificates, issueCertificates } from "@carehub/local/certificates";
import { type ServiceProcess, startService } from "@carehub/local/processes";
import { checkoutFolder } from "@carehub/local/state";
import type { Run } from "../instruments/alternate.ts";
import { hasPgbench, runScript, type ScriptBench } from "../instruments/pgbench.ts";
import { startWorker, type Worker } from "../instruments/worker.ts";
import type { StoreCommands } from "../workers/capacity-store.ts";
import { assertKept, bookAll, copyDatabase, takeHalf } from "./capacity-database.ts";
import { courseHubs, hot, hubDocuments, sessionHubs } from "./capacity-hubs.ts";
import { type Infrastructure, startInfrastructure } from "./infrastructure.ts";
import { cells } from "./session-cells.ts";
import type { Setting } from "./workload.ts";

/** What the workloads of the capacity suite share: two equal databases, the service on one of them, the store on the other. */
export type CapacityStage = {
  readonly setting: Setting;
  readonly infrastructure: Infrastructure;
  /** The database on which no service runs: for pgbench, and for the store alone. */
  readonly bareUrl: string;
  /** The service's own. */
  readonly ownUrl: string;
  readonly store: Worker<StoreCommands>;
  readonly service: ServiceProcess;
  readonly certificates: Certificates;
  /** The first number of a run, whose numbers no other run of a single session has. */
  readonly nextFrom: () => number;
};

const trustDomain = "carehub.example";
const perSecondMax = 3_000;

/** Starts everything, with a million taken half hours. */
export async function startCapacity(setting: Setting): Promise<CapacityStage> {
  if (!hasPgbench()) throw new Error("pgbench is needed (Debian: postgresql-contrib)");
  const { instance, say, profileFolder } = setting;
  const infrastructure = await startInfrastructure(setting);
  const { postgres, kafka } = infrastructure;
  const startWith = { instance, file: "capacity-store.ts", profileFolder };
  const store = startWorker<StoreCommands>({ ...startWith, telemetry: true });
  const bareUrl = await postgres.createDatabase("bench_capacity");
  await store.tell("prepare", { databaseUrl: bareUrl, hubs: hubDocuments() });
  const rows = await takeHalf(bareUrl);
  say(`${rows.toLocaleString("en-US")} half hours are taken`);
  const ownUrl = await copyDatabase(bareUrl, "bench_capacity_own");
  await store.tell("open", bareUrl);
  const identities = [...sessionHubs, ...courseHubs, hot.hub].map((id) => `hub/${id}`);
  const dir = join(instance.folder, "certificates");
  const all = ["service/capacity", ...identities];
  const certificates = await issueCertificates({ dir, trustDomain, identities: all });
  await ensureTopics(kafka.brokers.split(","), { replication: 1 });
  const tls = certificates.files("service/capacity");
  const service = await startService({
    instance,
    name: "capacity",
    entry: join(checkoutFolder, "services/capacity/src/main.ts"),
    env: {
      DATABASE_URL: ownUrl,
      KAFKA_BROKERS: kafka.brokers,
      GRPC_PORT: "0",
      HEALTH_PORT: "0",
      TLS_CA: tls.ca,
      TLS_CERT: tls.cert,
      TLS_KEY: tls.key,
      TRUST_DOMAIN: trustDomain,
      CAREHUB_ENVIRONMENT: "sandbox",
      ...(profileFolder && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }),
    },
  });
  let from = 1;
  const nextFrom = () => {
    const first = from;
    from += perSecondMax * Math.ceil(setting.warmupSeconds + setting.seconds);
    if (from > cells) throw new Error("the runs are too long for the free half hours");
    return first;
  };
  return {
    ...{ setting, infrastructure, bareUrl, ownUrl, store, service, certificates },
    nextFrom,
  };
}

/** Ends what the stage started beside the infrastructure. */
export async function stopCapacity({ store, service }: CapacityStage): Promise<void> {
  await Promise.all([store.stop(), service.stop()]);
}

/** Runs a script on the bare database; fails where not every course of it kept as many rows as it should. */
export async function runOnBare(
  { setting, infrastructure, bareUrl }: CapacityStage,
  bench: Pick<ScriptBench, "script" | "from" | "clients"> & { readonly rowsEach?: number },
): Promise<Run> {
  const { rowsEach, ...given } = bench;
  const { instance, warmupSeconds, seconds } = setting;
  const { postgres } = infrastructure.pids;
  const times = { warmupSeconds, seconds };
  await bookAll(bareUrl);
  const run = await runScript({ ...given, ...times, instance, databaseUrl: bareUrl, postgres });
  if (rowsEach !== undefined) await assertKept(bareUrl, bench.from, rowsEach);
  return run;
}
