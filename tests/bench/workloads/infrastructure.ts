import { type Kafka, startKafka } from "@carehub/local/kafka";
import { type Postgres, startPostgres } from "@carehub/local/postgres";
import { findChildren } from "../instruments/process-times.ts";
import type { Setting } from "./workload.ts";

/** What the workloads of the suite share. */
export type Infrastructure = {
  readonly postgres: Postgres;
  readonly kafka: Kafka;
  /** Pids, for the CPU by part; none where a server is not ours. */
  readonly pids: { readonly postgres: readonly number[]; readonly kafka: readonly number[] };
};

/** Starts PostgreSQL and a broker of this instance, durable; they end with the instance. */
export async function startInfrastructure({ instance, say }: Setting): Promise<Infrastructure> {
  const [postgres, kafka] = await Promise.all([
    startPostgres({ instance, log: say }),
    startKafka({ instance, log: say }),
  ]);
  const pids = { postgres: findChildren("postgres"), kafka: findChildren("java") };
  return { postgres, kafka, pids };
}
