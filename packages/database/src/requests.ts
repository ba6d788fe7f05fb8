import { must } from "@carehub/rules/fault";
import type { Database } from "./pool.ts";

const batchMax = 1_000;
const batchesMax = 100;

/**
 * Deletes requests older than 30 days, at most 100,000 in one call; answers how many. A repeat of
 * one runs anew.
 */
export async function forgetRequests(db: Database): Promise<number> {
  let forgotten = 0;
  for (let batch = 0; batch < batchesMax; batch += 1) {
    const rows = await db.run<{ count: number }>(
      "requests-forget",
      "select log.forget_requests($1) as count",
      [batchMax],
    );
    const { count } = must(rows[0], "a function call has a row");
    forgotten += count;
    if (count < batchMax) break;
  }
  return forgotten;
}
