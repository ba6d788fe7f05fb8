/**
 * Time that raises work: rows of `log.due` whose time has come are handed to `raise`, one by one.
 *
 * Guarantee: every due row is raised until a commit removes or moves it, and its effect happens
 * once: `raise` makes a change with the row as its source, so a command that came first, or a
 * sweeper of another process, leaves nothing to do. A row that fails does not keep the others
 * waiting; it is tried again in the next round.
 * Not guaranteed: punctuality. Rules compare times, so being late changes no outcome.
 */

import { setTimeout as delay } from "node:timers/promises";
import { must } from "@carehub/rules/fault";
import type { Logger } from "./logger.ts";
import type { Database, Run } from "./pool.ts";
import type { Due } from "./source.ts";

/**
 * How a sweeper works; `raise` is the service's use case, with the source `{ kind: "due", due }`.
 */
export type SweeperOptions = {
  readonly raise: (due: Due) => Promise<unknown>;
  readonly logger?: Logger;
  /** Rows read at once; 100 by default. */
  readonly batch?: number;
  /** The pause between rounds; 500 ms by default. */
  readonly intervalMs?: number;
  /**
   * Aggregates in work at once; 4 by default. Rows of one aggregate are raised one after the other.
   */
  readonly parallelMax?: number;
};

/** A running sweeper; `close` ends it after the row in work. */
export type Sweeper = { readonly close: () => Promise<void> };

/**
 * Raises due rows in rounds, each of them over all rows that are due. Every process of a service
 * starts one.
 */
export function startSweeper(db: Database, options: SweeperOptions): Sweeper {
  const stop = new AbortController();
  const running = sweepForEver(db, options, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

/** The number of rows whose time has come. */
export async function dueCount(db: { readonly run: Run }): Promise<number> {
  const rows = await db.run<{ count: number }>(
    "due-count",
    "select count(*)::integer as count from log.due where due_at <= app.now()",
  );
  return must(rows[0], "an aggregate without groups has a row").count;
}

async function sweepForEver(
  db: Database,
  options: SweeperOptions,
  signal: AbortSignal,
): Promise<void> {
  const { logger, intervalMs = 500 } = options;
  while (!signal.aborted) {
    try {
      await sweepOnce(db, options, signal);
    } catch (error) {
      logger?.warn({ err: error }, "reading due rows failed; the next round tries again");
    }
    await delay(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}

async function sweepOnce(
  db: Database,
  options: SweeperOptions,
  signal: AbortSignal,
): Promise<void> {
  const { batch = 100 } = options;
  let after: Due | undefined;
  while (!signal.aborted) {
    // Paged by key: rows that failed stay behind, and hold up nobody.
    const dues = await readDue(db, after, batch);
    await raiseAll(dues, options, signal);
    after = dues.at(-1);
    if (dues.length < batch) return;
  }
}

function readDue(db: Database, after: Due | undefined, batch: number): Promise<Due[]> {
  return db.run<Due>(
    "due-page",
    `select aggregate, kind, due_at as "dueAt" from log.due
     where due_at <= app.now() and (due_at, aggregate, kind) >
       (coalesce($1::timestamptz, '-infinity'), coalesce($2::text, ''), coalesce($3::text, ''))
     order by due_at, aggregate, kind limit $4`,
    [after?.dueAt ?? null, after?.aggregate ?? null, after?.kind ?? null, batch],
  );
}

async function raiseAll(
  dues: readonly Due[],
  options: SweeperOptions,
  signal: AbortSignal,
): Promise<void> {
  const { raise, logger, parallelMax = 4 } = options;
  const groups = Map.groupBy(dues, (due) => due.aggregate).values();
  const worker = async () => {
    // The workers share one iterator, so each group has one.
    for (const group of groups) {
      for (const due of group) {
        if (signal.aborted) return;
        await raise(due).catch((error) =>
          logger?.warn({ err: error, aggregate: due.aggregate, due: due.kind }, "a due row failed"),
        );
      }
    }
  };
  await Promise.all(Array.from({ length: parallelMax }, worker));
}
