/**
 * The log of a service's events, as everyone but its writers sees it: by number.
 *
 * Guarantee: numbers are given by one session, in one statement after the other, so a number that
 * is visible has all lower ones visible too (or never to be): a reader that goes on from the last
 * number it saw misses nothing. The events of one aggregate have numbers in the order of their
 * revisions.
 * Not guaranteed: numbers without holes; any order between aggregates, even for events of one
 * commit.
 * Survived: a crash between commit and numbering (the position waits in `log.pending`), and writers
 * that commit late: they get a later number, which no cursor has passed. A cursor over positions or
 * ids would lose them.
 */

import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import type { Database, Run } from "./pool.ts";

/** An event with its number. */
export type LoggedEvent = {
  readonly number: bigint;
  readonly eventId: string;
  readonly topic: string;
  readonly key: string;
  readonly aggregate: string;
  readonly revision: number;
  readonly type: string;
  readonly payload: Buffer;
  readonly occurredAt: Temporal.Instant;
  readonly traceparent: string | null;
  /**
   * The organisation that asked and the person who acted; null where another service or time did.
   */
  readonly caller: string | null;
  readonly actor: Actor | null;
  readonly sourceEventId: string | null;
  readonly sourceTraceId: string | null;
};

/** The events after a number, in the order of their numbers, at most `limit`. */
export function readPublished(
  db: { readonly run: Run },
  afterNumber: bigint,
  limit: number,
): Promise<LoggedEvent[]> {
  return db.run<LoggedEvent>(
    "log-after-number",
    `select number, ${eventColumns} from log.published join log.event using (position)
     where number > $1 order by number limit $2`,
    [afterNumber, limit],
  );
}

/**
 * Every event of an aggregate, first to last, at most `limit`; `number` is null while it waits for
 * one.
 */
export function readHistory(
  db: { readonly run: Run },
  aggregate: string,
  limit: number,
): Promise<(Omit<LoggedEvent, "number"> & { readonly number: bigint | null })[]> {
  return db.run(
    "log-of-aggregate",
    `select number, ${eventColumns} from log.event left join log.published using (position)
     where aggregate = $1 order by revision limit $2`,
    [aggregate, limit],
  );
}

const eventColumns = `event_id as "eventId", topic, key, aggregate, revision, type, payload,
  occurred_at as "occurredAt", traceparent, caller, actor,
  source_event_id as "sourceEventId", source_trace_id as "sourceTraceId"`;

/** The last number given; 0 before the first. */
export async function readLastNumber(db: { readonly run: Run }): Promise<bigint> {
  const rows = await db.run<{ last: bigint }>(
    "log-last-number",
    "select coalesce(max(number), 0) as last from log.published",
  );
  return must(rows[0], "an aggregate without groups has a row").last;
}

/**
 * How the numbering is doing: what waits for a number, and for how long the oldest (0 when none
 * does).
 */
export type LogFigures = {
  readonly pendingCount: number;
  readonly oldestPendingMs: number;
  readonly lastNumber: bigint;
};

/** Reads the figures; the age is real time, from the event's id. */
export async function readLogFigures(db: Database): Promise<LogFigures> {
  const rows = await db.run<LogFigures>(
    "log-figures",
    `select (select count(*)::integer from log.pending) as "pendingCount",
       coalesce((
         select (extract(epoch from now() - uuid_extract_timestamp(event_id)) * 1000)::integer
         from log.pending join log.event using (position) order by position limit 1), 0)
         as "oldestPendingMs",
       (select coalesce(max(number), 0) from log.published) as "lastNumber"`,
  );
  return must(rows[0], "a select without a table has a row");
}
