/**
 * The way of a change that one statement cannot write: an aggregate with parts, or several
 * aggregates.
 *
 * Guarantee: the same as `change`'s, by one short transaction: work, then the same tail. The work
 * locks every aggregate's row before it decides, and the positions are drawn after it, so they
 * follow the locks here as well. `now` is the transaction's start, the same value as app.now() in
 * each of its statements.
 * Not guaranteed: that `now` is later than what a rival wrote while the work waited for its lock
 * (at most 1 s); decide by the state that was read under the lock first.
 */

import type { Actor } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import { attemptsMax, type Changed, type PublishedEvent, usedSourceState } from "./change.ts";
import { announcePending } from "./notify.ts";
import { sqlStateOf } from "./operational-error.ts";
import type { Database, Tx } from "./pool.ts";
import { pauseBeforeRetry } from "./retry.ts";
import type { Due, Source } from "./source.ts";
import { type Tail, tailSql, tailValues } from "./tail.ts";
import { checkSource, type UsedSource } from "./used-source.ts";

/** One aggregate's part of a commit. */
export type AggregateOutcome = {
  readonly aggregate: string;
  /** The revision that was found under the row's lock; the events take the ones that follow. */
  readonly revision: number;
  readonly events: readonly PublishedEvent[];
  /** All due rows of the aggregate from now on; left out, they stay as they are. */
  readonly dues?: readonly Omit<Due, "aggregate">[];
};

/** What the work of a transaction came to. */
export type Outcome<After> = {
  readonly state: After;
  readonly aggregates: readonly AggregateOutcome[];
  /** Needed where the source is a request. */
  readonly response?: Uint8Array;
};

/** A change that one statement cannot write: an aggregate with parts, or several aggregates. */
export type Transaction<After> = {
  readonly name: string;
  readonly source: Source;
  readonly actor?: Actor;
  /**
   * Takes a lock that must come before the source is read; the clock's, which every reading of the
   * time shares.
   */
  readonly prepare?: (tx: Tx) => Promise<void>;
  /**
   * Locks each aggregate's row first (`select … for update`, always in the same order), decides,
   * writes. It awaits nothing but `tx`, and may run again after a deadlock. A DomainError rolls all
   * back.
   */
  readonly work: (tx: Tx, context: { readonly now: Temporal.Instant }) => Promise<Outcome<After>>;
};

/**
 * Thrown by work that found a rival's row where it meant to insert its own: all rolls back and it
 * runs again.
 */
export class LostRaceError extends Error {}

/**
 * Runs the work and the tail in one transaction. The first aggregate is the one whose revision is
 * answered. A refusal (DomainError) is checked against the source once more: that of a command
 * which just came through twice is its first response. An OperationalError with SQLSTATE 23xxx of
 * the work is the caller's to understand.
 */
export async function transact<After>(
  db: Database,
  transaction: Transaction<After>,
): Promise<Changed<After>> {
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      const { changed, told } = await db.transaction(transaction.name, (tx) =>
        runOnce(tx, transaction),
      );
      if (told) announcePending(db);
      return changed;
    } catch (error) {
      const refused = error instanceof DomainError;
      if (!refused && !isLostRace(error)) throw error;
      const { used } = await checkSource(db, transaction.source);
      if (used !== undefined) return used;
      if (refused) throw error;
    }
    await pauseBeforeRetry(attempt);
  }
  throw new DomainError("REVISION_CONFLICT");
}

function isLostRace(error: unknown): boolean {
  return error instanceof LostRaceError || sqlStateOf(error) === usedSourceState;
}

async function runOnce<After>(tx: Tx, { source, actor, prepare, work }: Transaction<After>) {
  await prepare?.(tx);
  const { now, used } = await checkSource(tx, source);
  if (used !== undefined) return { changed: used satisfies UsedSource, told: false };
  const outcome = await work(tx, { now });
  const { aggregates, state } = outcome;
  assert(source.kind !== "request" || outcome.response !== undefined, "a request has a response");
  const response = outcome.response ?? new Uint8Array();
  const events = aggregates.flatMap(numberEvents);
  const due = aggregates.filter(({ dues }) => dues !== undefined);
  const dueAggregates = due.map(({ aggregate }) => aggregate);
  const dues = due.flatMap(duesOf);
  await writeTail(tx, { source, actor, occurredAt: now, response, events, dueAggregates, dues });
  const first = aggregates[0];
  const revision = first === undefined ? 0 : first.revision + first.events.length;
  return { changed: { kind: "done" as const, state, revision, response }, told: events.length > 0 };
}

function numberEvents({ aggregate, revision, events }: AggregateOutcome) {
  return events.map((event, index) => ({ ...event, aggregate, revision: revision + index + 1 }));
}

function duesOf({ aggregate, dues = [] }: AggregateOutcome): Due[] {
  return dues.map((due) => ({ ...due, aggregate }));
}

async function writeTail(tx: Tx, tail: Tail): Promise<void> {
  const { kind } = tail.source;
  const dues = tail.dueAggregates.length > 0;
  const sql = `with changed as (select 1)${tailSql(kind, { valuesBefore: 0, dues })}`;
  await tx.run(`tail+${kind}${dues ? "+dues" : ""}`, sql, tailValues(tail));
}
