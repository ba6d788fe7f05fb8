import type { Database, Run } from "@carehub/database/pool";

/** A statement of a transaction, or on its own, with values that can be copied to another process. */
export type Recorded = {
  readonly name: string;
  readonly sql: string;
  readonly values: readonly unknown[];
};

/** What stands for the beginning and the end of a transaction among the statements. */
export const begin: Recorded = { name: "begin", sql: "begin", values: [] };
export const commit: Recorded = { name: "commit", sql: "commit", values: [] };

/** The same database, which notes every statement on its way; a wake-up is nobody's statement. */
export function recording(db: Database): {
  readonly db: Database;
  readonly statements: Recorded[];
} {
  const statements: Recorded[] = [];
  const noting =
    (run: Run): Run =>
    (name, sql, values = []) => {
      if (!name.startsWith("notify")) statements.push({ name, sql, values: values.map(toPlain) });
      return run(name, sql, values);
    };
  const transaction: Database["transaction"] = (name, work) =>
    db.transaction(name, async ({ run }) => {
      statements.push(begin);
      const result = await work({ run: noting(run) });
      statements.push(commit);
      return result;
    });
  return { db: { ...db, run: noting(db.run), transaction }, statements };
}

function toPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (value instanceof Temporal.Instant || value instanceof Temporal.PlainDate) {
    return value.toString();
  }
  return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
}
