/**
 * The one writer that gives numbers to events: it moves positions from `log.pending` to
 * `log.published`.
 *
 * Guarantee: at most one session numbers at any time, since the advisory lock that makes it the
 * leader and the statements that number are one session's: who has lost the lock has lost the
 * connection, too. Within a batch numbers follow positions, and a batch is committed before the
 * next begins, so numbers become visible in their order.
 * A writer whose lower position commits after another's higher one gets the later number. That is
 * right: the two are of different aggregates, since positions of one aggregate are drawn and
 * committed under its row lock.
 * Not guaranteed: numbers without holes (a batch that failed leaves one), or numbers in the order
 * of commits.
 * Survived: a crash of writer or leader anywhere (what is pending is numbered by the next leader,
 * within the polling time), lost notifications, two leaders at once.
 */

import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { makeBell } from "./bell.ts";
import type { Logger } from "./logger.ts";
import type { Database } from "./pool.ts";

/** The running numbering of a process; `isLeader` tells whether it is this one that numbers. */
export type Numbering = { readonly isLeader: () => boolean; readonly close: () => Promise<void> };

/** Limits of the numbering; every one has a default. */
export type NumberingOptions = {
  readonly logger?: Logger;
  /** Positions moved by one statement; 1,000 by default. */
  readonly batchMax?: number;
  /** How long a leader sleeps at most without a notification; 200 ms by default. */
  readonly pollMs?: number;
};

const batchMaxDefault = 1_000;
const pollMsDefault = 200;
const retryMs = 500;

/**
 * Numbers this database's events whenever this process is the leader; each process of a service
 * starts it.
 */
export function startNumbering(db: Database, options: NumberingOptions = {}): Numbering {
  const stop = new AbortController();
  let leading = false;
  const turn = { ...options, signal: stop.signal, onLead: (leads: boolean) => (leading = leads) };
  const running = run(db, turn);
  return {
    isLeader: () => leading,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

type Turn = NumberingOptions & {
  readonly signal: AbortSignal;
  readonly onLead: (leads: boolean) => void;
};

async function run(db: Database, turn: Turn): Promise<void> {
  while (!turn.signal.aborted) {
    try {
      await runSession(db, turn);
    } catch (error) {
      turn.logger?.warn({ err: error }, "numbering was interrupted");
    }
    turn.onLead(false);
    await delay(retryMs, undefined, { signal: turn.signal }).catch(() => undefined);
  }
}

// One connection's life: candidate until the lock is free, then leader until the connection ends.
async function runSession(db: Database, turn: Turn): Promise<void> {
  const { signal, pollMs = pollMsDefault, batchMax = batchMaxDefault } = turn;
  const client = await db.connect("numbering");
  const bell = makeBell();
  client.on("notification", bell.ring);
  client.on("error", bell.ring); // The statement that follows fails, and says why.
  signal.addEventListener("abort", bell.ring, { once: true });
  try {
    while (!signal.aborted && !(await takeLock(client))) await bell.wait(retryMs);
    if (signal.aborted) return;
    turn.onLead(true);
    turn.logger?.info({}, "this process numbers the events now");
    await client.query("listen log_pending");
    while (!signal.aborted) {
      const numbered = await numberBatch(client, batchMax);
      if (numbered < batchMax) await bell.wait(pollMs);
    }
  } finally {
    signal.removeEventListener("abort", bell.ring);
    await client.end();
  }
}

async function takeLock(client: pg.Client): Promise<boolean> {
  const sql = "select pg_try_advisory_lock(hashtext('carehub'), hashtext('numbering')) as taken";
  const { rows } = await client.query<{ taken: boolean }>(sql);
  return rows[0]?.taken === true;
}

/** Numbers the lowest positions that are pending; exported for the benchmark. Answers how many. */
export async function numberBatch(client: pg.Client, batchMax: number): Promise<number> {
  const { rows } = await client.query<{ count: number; last: bigint | null }>({
    name: "number-batch",
    text: numberSql,
    values: [batchMax],
  });
  const { count, last } = rows[0] ?? { count: 0, last: null };
  // In a transaction of its own, after the commit that it speaks of.
  if (last !== null) await client.query("select pg_notify('log_published', $1)", [String(last)]);
  return count;
}

// The identity is drawn by the insert as it takes the sorted rows, one after the other.
const numberSql = `
  with moved as (
    delete from log.pending where position in (
      select position from log.pending order by position limit $1)
    returning position),
  numbered as (
    insert into log.published (position) select position from moved order by position
    returning number)
  select count(*)::integer as count, max(number) as last from numbered`;
