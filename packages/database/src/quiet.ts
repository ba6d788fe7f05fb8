import { must } from "@carehub/rules/fault";
import { readCursors } from "./cursor.ts";
import type { Database } from "./pool.ts";

/** What this database still has to do by itself, at its present time. */
export type Stillness = {
  /** Events without a number. */
  readonly pendingCount: number;
  /** Due rows whose time has come. */
  readonly dueCount: number;
  /** The next time at which something becomes due; null when nothing will. */
  readonly nextDueAt: Temporal.Instant | null;
  readonly lastNumber: bigint;
  /** Readers that have not come to the last number. */
  readonly behind: readonly { readonly reader: string; readonly number: bigint }[];
};

/**
 * Asks whether all is done that can be done now; whoever moves the clock waits for it, in every
 * service.
 */
export async function readStillness(db: Database): Promise<Stillness> {
  type Row = Omit<Stillness, "behind">;
  const rows = await db.run<Row>(
    "stillness",
    `select (select count(*)::integer from log.pending) as "pendingCount",
       (select count(*)::integer from log.due where due_at <= app.now()) as "dueCount",
       (select min(due_at) from log.due where due_at > app.now()) as "nextDueAt",
       (select coalesce(max(number), 0) from log.published) as "lastNumber"`,
  );
  const row = must(rows[0], "a select without a table has a row");
  const cursors = await readCursors(db);
  return { ...row, behind: cursors.filter(({ number }) => number < row.lastNumber) };
}

/** True when nothing waits for a number, a reader or the present time. */
export function isStill({ pendingCount, dueCount, behind }: Stillness): boolean {
  return pendingCount === 0 && dueCount === 0 && behind.length === 0;
}
