import { randomBytes } from "node:crypto";
import { type Kafka, startKafka } from "@carehub/local/kafka";
import { type Postgres, startPostgres } from "@carehub/local/postgres";
import { claimInstance, type Instance } from "@carehub/local/state";
import { dropDatabasesOfRun } from "@carehub/testing/database";
import type { TestProject } from "vitest/node";

/** Starts what the project's tests need, each once for all projects of a run; answers its stop. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared[key] ??= { users: 0, runId: randomBytes(4).toString("hex"), instance: claim() };
  const run = shared[key];
  run.users += 1;
  const instance = await run.instance;
  run.postgres ??= startPostgres({ instance });
  if (project.name === "kafka") run.kafka ??= startKafka({ instance });
  const [postgres, kafka] = await Promise.all([run.postgres, run.kafka]);
  project.provide("runId", run.runId);
  project.provide("postgresUrl", postgres.url("postgres"));
  if (kafka !== undefined) project.provide("kafkaBrokers", kafka.brokers);
  return async () => {
    run.users -= 1;
    if (run.users === 0) await stop(run);
  };
}

type Run = {
  users: number;
  runId: string;
  instance: Promise<Instance>;
  postgres?: Promise<Postgres>;
  kafka?: Promise<Kafka>;
};

// Each project may load this module anew; what they share hangs on the process.
const key = Symbol.for("carehub.tests.run");
const shared = globalThis as { [key]?: Run };

function claim(): Promise<Instance> {
  return claimInstance(`test-${process.pid}`);
}

async function stop(run: Run): Promise<void> {
  const [instance, postgres, kafka] = await Promise.all([run.instance, run.postgres, run.kafka]);
  if (postgres?.external) await dropDatabasesOfRun(postgres.url("postgres"), run.runId);
  await Promise.all([kafka?.stop(), postgres?.stop()]);
  await instance.release();
}
