import { Worker } from "node:worker_threads";
import type { Tls } from "@carehub/grpc/tls";
import type { Platform, ServiceName } from "@carehub/local/platform";
import pg from "pg";
import type { Door } from "./raw-caller.ts";

/** How to flood one service: the same seed sends the same calls. */
export type FloodOrder = {
  readonly service: ServiceName;
  readonly door: Door;
  /** The certificate with which the methods of a role are called. */
  readonly tlsByRole: Readonly<Record<string, Tls>>;
  /** Calls that are wrong on the wire, well-formed ones with absurd values, or one after the other. */
  readonly half: "wire" | "mutants" | "both";
  readonly seed: number;
  readonly count: number;
  /** Calls at a time. */
  readonly inFlight: number;
  /** As a rate limit would hold it; as fast as it is answered where left out. */
  readonly callsPerSecond?: number;
};

/** What came of a flood. */
export type FloodReport = {
  sent: number;
  seconds?: number;
  readonly codes: Record<string, number>;
  /** Endings that are not right for their calls; the first of them. */
  readonly wrong: { kind: string; path: string; end: string; right: string }[];
  /** Calls beside reads that were accepted: they broke no rule. */
  readonly accepted: { path: string; requestId: string }[];
};

/** A flood in a thread of its own, so that it takes nothing of a good client's loop. */
export type Flood = {
  readonly go: () => void;
  readonly pause: () => void;
  readonly done: Promise<FloodReport>;
};

/** Prepares a flood and resolves when it waits for its start. */
export async function prepareFlood(order: FloodOrder): Promise<Flood> {
  const worker = new Worker(new URL("./flood-worker.ts", import.meta.url), {
    workerData: order,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<FloodReport>();
  worker.on("message", (message: "ready" | FloodReport) => {
    if (message === "ready") ready.resolve();
    else done.resolve(message);
  });
  worker.on("error", (error) => {
    ready.reject(error);
    done.reject(error);
  });
  worker.on("exit", () => done.reject(new Error("the flood ended without a report")));
  await ready.promise;
  return {
    go: () => worker.postMessage("go"),
    pause: () => worker.postMessage("pause"),
    done: done.promise,
  };
}

/** How many rows each table of a service has, but for its readers' cursors, which appear when a reader starts. */
export async function countRows(
  platform: Platform,
  service: ServiceName,
): Promise<Record<string, number>> {
  return withClient(platform, service, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema in ('public', 'log')
         and (table_schema, table_name) <> ('log', 'cursor') order by 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of rows) {
      const answer = await client.query<{ count: string }>(`select count(*) from ${name}`);
      counts[name] = Number(answer.rows[0]?.count);
    }
    return counts;
  });
}

/** The request ids that a service remembers of some callers. */
export async function requestIds(
  platform: Platform,
  service: ServiceName,
  callers: readonly string[],
): Promise<string[]> {
  return withClient(platform, service, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      "select request_id as id from log.request where caller = any($1)",
      [callers],
    );
    return rows.map(({ id }) => id);
  });
}

async function withClient<Result>(
  platform: Platform,
  service: ServiceName,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: platform.databaseUrl(service) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
