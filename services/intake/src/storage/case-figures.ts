import type { Database } from "@carehub/database/pool";

/** How many cases are open in each care state. */
export async function readOpenCases(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await db.run<{ careState: string; count: number }>(
    "figures-open-cases",
    `select care_state as "careState", count(*)::integer as count from referral
     where closed_at is null group by care_state`,
  );
  return new Map(rows.map(({ careState, count }) => [careState, count]));
}
