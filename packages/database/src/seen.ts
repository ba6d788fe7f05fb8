import type { Run } from "./pool.ts";
import type { MessageSource } from "./source.ts";

/**
 * An event came whose predecessor this consumer has not taken in: `found` is not `seen` + 1. The
 * consumer must not go on with this key; what is missing is in the source's log.
 */
export class EventGapError extends Error {
  readonly seen: number;
  readonly found: number;

  constructor(source: MessageSource, seen: number) {
    super(
      `${source.consumer} saw ${source.aggregate} up to ${seen} and was given ${source.revision}`,
    );
    this.name = "EventGapError";
    this.seen = seen;
    this.found = source.revision;
  }
}

/** The revision of the last event that a consumer took in of an aggregate; 0 before the first. */
export async function readSeen(
  db: { readonly run: Run },
  source: Pick<MessageSource, "consumer" | "aggregate">,
): Promise<number> {
  const rows = await db.run<{ revision: number }>(
    "seen-read",
    "select revision from log.seen where consumer = $1 and aggregate = $2",
    [source.consumer, source.aggregate],
  );
  return rows[0]?.revision ?? 0;
}

/**
 * Marks an event as taken in that has no effect here (a variant that this consumer does not know or
 * need). Fails with EventGapError when its predecessor was not.
 */
export async function markSeen(
  db: { readonly run: Run },
  source: MessageSource,
): Promise<"done" | "duplicate"> {
  const rows = await db.run(
    "seen-mark",
    `insert into log.seen as seen (consumer, aggregate, revision)
     select $1::text, $2::text, $3::integer
     where $3::integer = 1
       or exists (select from log.seen where consumer = $1::text and aggregate = $2::text)
     on conflict (consumer, aggregate) do update set revision = excluded.revision
     where seen.revision = excluded.revision - 1 returning 1`,
    [source.consumer, source.aggregate, source.revision],
  );
  if (rows.length === 1) return "done";
  const seen = await readSeen(db, source);
  if (source.revision <= seen) return "duplicate";
  throw new EventGapError(source, seen);
}
