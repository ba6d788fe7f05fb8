/**
 * One pool a process, and the two ways to write through it: `run`, one statement, and
 * `transaction`, a short one.
 *
 * Promised: a refusal by the database (SQLSTATE classes 22, 23, 40) keeps the connection, where the
 * driver's pool.query closes it: 30 times slower on refusals. Deadlocks, serialization failures and
 * lock time-outs are run again whole. Whatever waits has a limit: for a connection 2 s, a lock 1 s,
 * a statement 5 s, a transaction 10 s.
 * Not promised: that a failed write did not happen. When the connection dies during a commit, the
 * error says `outcomeUnknown`; asking again with the same source of change settles it.
 */

import pg from "pg";
import type { Logger } from "./logger.ts";
import { OperationalError, sqlStateOf } from "./operational-error.ts";
import { retried } from "./retry.ts";
import { columnTypes, toParameter } from "./values.ts";

/**
 * Runs one statement under a name that always stands for the same text (it is prepared once per
 * connection) and returns its rows. timestamptz comes as Temporal.Instant, date as
 * Temporal.PlainDate, int8 as bigint, bytea as Buffer, numeric as text; the same types go in. A
 * failure is an OperationalError.
 */
export type Run = <Row = unknown>(
  name: string,
  sql: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** Statements of one transaction, in the order in which they are awaited. */
export type Tx = { readonly run: Run };

/** A service's database. */
export type Database = {
  /** Runs one statement in a transaction of its own. */
  readonly run: Run;
  /**
   * Runs the work between BEGIN and COMMIT (read committed) and answers its result; whatever it
   * throws rolls back. The work awaits nothing but `tx`, and may run more than once.
   */
  readonly transaction: <Result>(
    name: string,
    work: (tx: Tx) => Promise<Result>,
  ) => Promise<Result>;
  /**
   * A connection outside the pool, for a lock or LISTEN that lasts; whoever asked for it ends it.
   */
  readonly connect: (purpose: string) => Promise<pg.Client>;
  /** For Prisma's reads: `new PrismaPg(db.pool)`. */
  readonly pool: pg.Pool;
  /** Waits for what is under way, then closes every pooled connection. */
  readonly close: () => Promise<void>;
};

/** How to reach a database; the name shows in pg_stat_activity. */
export type DatabaseOptions = {
  readonly url: string;
  readonly applicationName: string;
  readonly poolSizeMax?: number;
  readonly logger?: Logger;
};

/** Opens a pool on a database; connections are made when first used. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, applicationName, poolSizeMax = poolSizeMaxDefault, logger } = options;
  const config = {
    ...connectionSettings,
    connectionString: url,
    application_name: applicationName,
  };
  const pool = new pg.Pool({ ...config, max: poolSizeMax, idleTimeoutMillis: 30_000 });
  pool.on("error", (error) => logger?.warn({ err: error }, "an idle database connection was lost"));
  return {
    run: (name, sql, values = []) =>
      retried(() => withClient(pool, name, (client) => query(client, { name, sql, values }))),
    transaction: (name, work) =>
      retried(() => withClient(pool, name, (client) => runTransaction(client, name, work))),
    connect: async (purpose) => {
      const client = new pg.Client({
        ...config,
        application_name: `${applicationName}:${purpose}`,
      });
      await client.connect();
      return client;
    },
    pool,
    close: () => pool.end(),
  };
}

const poolSizeMaxDefault = 16;
const connectionSettings = {
  connectionTimeoutMillis: 2_000,
  lock_timeout: 1_000,
  statement_timeout: 5_000,
  // The client's own limit, for a server that no longer answers; later than the server's.
  query_timeout: 7_000,
  idle_in_transaction_session_timeout: 5_000,
  options: [
    "-c transaction_timeout=10000 -c timezone=UTC -c datestyle=ISO",
    // The server ends the session of a machine that vanished, and frees its locks, within half a
    // minute.
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
  ].join(" "),
  keepAlive: true,
  types: columnTypes,
};

async function withClient<Result>(
  pool: pg.Pool,
  doing: string,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect().catch((cause) => {
    throw new OperationalError(`${doing}: connecting`, { cause });
  });
  // The client's failing query says the same; without a listener the process would end.
  const ignore = () => undefined;
  client.on("error", ignore);
  let broken = false;
  try {
    return await work(client);
  } catch (error) {
    broken = leavesConnectionBroken(error);
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(broken);
  }
}

const harmlessClasses = new Set(["22", "23", "40", "42", "55", "P0"]);

// Anything that is no OperationalError was thrown by the work itself, after a clean rollback.
function leavesConnectionBroken(error: unknown): boolean {
  if (!(error instanceof OperationalError)) return false;
  return error.sqlState === undefined || !harmlessClasses.has(error.sqlState.slice(0, 2));
}

type Query = { readonly name: string; readonly sql: string; readonly values: readonly unknown[] };

async function query<Row>(client: pg.PoolClient, { name, sql, values }: Query): Promise<Row[]> {
  try {
    const result = await client.query({ name, text: sql, values: values.map(toParameter) });
    return result.rows;
  } catch (cause) {
    throw new OperationalError(name, { cause, outcomeUnknown: isConnectionLost(cause) });
  }
}

async function runTransaction<Result>(
  client: pg.PoolClient,
  name: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const run: Run = (statement, sql, values = []) => query(client, { name: statement, sql, values });
  await control(client, "BEGIN", name);
  let result: Result;
  try {
    result = await work({ run });
  } catch (error) {
    await rollBack(client, name, error);
    throw settled(error, name);
  }
  const tag = await control(client, "COMMIT", name);
  // A transaction that failed inside answers COMMIT with ROLLBACK, without an error.
  if (tag !== "COMMIT") {
    const cause = new Error("a statement's error was swallowed by the work");
    throw new OperationalError(`${name}: committing`, { cause });
  }
  return result;
}

async function control(client: pg.PoolClient, sql: "BEGIN" | "COMMIT", name: string) {
  try {
    return (await client.query(sql)).command;
  } catch (cause) {
    const outcomeUnknown = sql === "COMMIT" && isConnectionLost(cause);
    throw new OperationalError(`${name}: ${sql}`, { cause, outcomeUnknown });
  }
}

async function rollBack(client: pg.PoolClient, name: string, reason: unknown): Promise<void> {
  // Without an answer the connection is given up, which rolls back as well.
  if (leavesConnectionBroken(reason)) return;
  try {
    await client.query("ROLLBACK");
  } catch (cause) {
    throw new OperationalError(`${name}: rolling back`, {
      cause: new AggregateError([reason, cause]),
    });
  }
}

// A server that is told to end (57P01 to 57P03) may have committed already, and waited for its
// standby only.
function isConnectionLost(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || state.startsWith("57P") || state.startsWith("08");
}

// Inside a transaction nothing is committed yet: a statement that got no answer did not happen.
function settled(error: unknown, name: string): unknown {
  if (!(error instanceof OperationalError) || !error.outcomeUnknown) return error;
  return new OperationalError(`${name}: a statement before COMMIT`, { cause: error.cause });
}
