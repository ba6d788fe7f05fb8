import { createHash } from "node:crypto";
import type { Tx } from "@carehub/database/pool";

/** The advisory lock of a resource, a pool, a course or a hub, by its full name. */
export function lockKeyOf(name: string): bigint {
  return createHash("sha256").update(name).digest().readBigInt64BE(0);
}

/**
 * Locks resources and pools for the rest of the transaction, always in the same order, so that transactions queue
 * and never deadlock on them; the row of the course or hub is locked before.
 */
export async function lockAll(tx: Tx, names: Iterable<string>): Promise<void> {
  const keys = [...new Set(names)].map(lockKeyOf).toSorted((one, other) => (one < other ? -1 : 1));
  if (keys.length === 0) return;
  await tx.run(
    "resources-lock",
    "select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key",
    [keys],
  );
}
