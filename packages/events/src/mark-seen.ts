import type { Database } from "@carehub/database/pool";
import { markSeen } from "@carehub/database/seen";
import type { MessageSource } from "@carehub/database/source";
import type { MarkSeen } from "./attempt.ts";

type Waiting = {
  readonly source: MessageSource;
  readonly resolve: (marked: "done" | "duplicate" | Promise<"done" | "duplicate">) => void;
  readonly reject: (error: unknown) => void;
};

const batchMax = 200;

/**
 * Marks events of one consumer as seen, those that come together in one statement: what a consumer
 * ignores is most of what it reads, and a commit of its own for each would be its main cost.
 */
export function createSeenBatches(db: Database, consumer: string): MarkSeen {
  let waiting: Waiting[] = [];
  let isFlushing = false;

  const flush = async () => {
    isFlushing = true;
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        const marked = await markAll(db, consumer, batch);
        for (const { source, resolve } of batch) {
          // Not the next revision: the single statement tells a duplicate from a gap.
          resolve(marked.has(source.aggregate) ? "done" : markSeen(db, source));
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isFlushing = false;
  };
  // One statement cannot move the same row twice: a second event of an aggregate waits for the next batch.
  const takeBatch = () => {
    const batch = new Map<string, Waiting>();
    const rest: Waiting[] = [];
    for (const entry of waiting) {
      if (batch.size < batchMax && !batch.has(entry.source.aggregate)) {
        batch.set(entry.source.aggregate, entry);
      } else rest.push(entry);
    }
    waiting = rest;
    return [...batch.values()];
  };
  return (source) =>
    new Promise((resolve, reject) => {
      waiting.push({ source, resolve, reject });
      if (!isFlushing) void flush();
    });
}

async function markAll(
  db: Database,
  consumer: string,
  batch: readonly Waiting[],
): Promise<ReadonlySet<string>> {
  // Ordered, so that two members of a group cannot deadlock on each other's rows.
  const rows = await db.run<{ aggregate: string }>(
    "seen-mark-batch",
    `insert into log.seen as seen (consumer, aggregate, revision)
     select $1::text, aggregate, revision
     from unnest($2::text[], $3::integer[]) as given (aggregate, revision)
     where revision = 1 or exists (
       select from log.seen as known where known.consumer = $1 and known.aggregate = given.aggregate)
     order by aggregate
     on conflict (consumer, aggregate) do update set revision = excluded.revision
     where seen.revision = excluded.revision - 1
     returning aggregate`,
    [
      consumer,
      batch.map(({ source }) => source.aggregate),
      batch.map(({ source }) => source.revision),
    ],
  );
  return new Set(rows.map(({ aggregate }) => aggregate));
}
