import type { Evidence } from "./evidence.ts";

/** A thing that must not be: the database or topic, the table or partition, the row, and what was found there. */
export type Violation = {
  readonly database: string;
  readonly table: string;
  readonly row: string;
  readonly found: string;
};

/** One rule that was asked: of how many rows, and which of them break it. */
export type Check = {
  readonly rule: string;
  /** Rows that were looked at; a rule that saw none proves nothing. */
  readonly looked: number;
  readonly violations: readonly Violation[];
};

/** One invariant of the house with all its rules. */
export type Invariant = {
  /** I1 to I7. */
  readonly id: string;
  readonly title: string;
  readonly check: (evidence: Evidence) => Promise<readonly Check[]>;
};

/** The databases of the platform. */
export const databaseNames = [
  "intake",
  "intake_keys",
  "capacity",
  "agreements",
  "billing",
] as const;

export type DatabaseName = (typeof databaseNames)[number];

/** The services that tell events; each has a database of its name. */
export const serviceNames = ["intake", "capacity", "agreements", "billing"] as const;

export type ServiceName = (typeof serviceNames)[number];

/** A rule that one query answers: `broken` gives `row` and `found`, both text, of every row that breaks it. */
export type SqlRule = {
  readonly rule: string;
  readonly database: DatabaseName;
  readonly table: string;
  /** What stands after FROM: the rows that are looked at. */
  readonly looked: string;
  readonly broken: string;
};

/** Asks every rule of its database. */
export async function askRules(evidence: Evidence, rules: readonly SqlRule[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const rule of rules) checks.push(await askRule(evidence, rule));
  return checks;
}

async function askRule(evidence: Evidence, asked: SqlRule): Promise<Check> {
  const { rule, database, table, looked, broken } = asked;
  const [counted] = await evidence.query<{ count: number }>(
    database,
    `select count(*)::integer as count from ${looked}`,
  );
  const rows = await evidence.query<{ row: string; found: string }>(database, broken);
  return {
    rule,
    looked: counted?.count ?? 0,
    violations: rows.map(({ row, found }) => ({ database, table, row, found })),
  };
}
