import type { Recorded } from "../workers/recorder.ts";

/** What of recorded values varies from one run of a script to the next: a text or number, and the SQL for it. */
export type Vary = {
  /** Whole values, as they were recorded, and what stands for them. */
  readonly terms: ReadonlyMap<string, string>;
  /** The recorded minute for which `:start` stands; every other minute is counted from it. */
  readonly start: number;
  /** A part of names that stands for `:hub` where many names come in one array. */
  readonly hub?: { readonly recorded: string; readonly term: string };
};

// Minutes since 1970 of the years 2017 to 2036: no other number of ours lies there.
const minutesFrom = 25_000_000;
const minutesTo = 35_000_000;
const longArray = 8;

/**
 * Turns recorded statements into a script of pgbench: the same texts in the same order, with the recorded values in
 * place of the parameters but for what varies. pgbench has no arrays, so SQL builds those of variables.
 */
export function toStatements(recorded: readonly Recorded[], vary: Vary): string[] {
  return recorded.map(({ sql, values }) => {
    const text = onOneLine(sql);
    return `${text.replaceAll(/\$(\d+)/g, (_, place) => toTerm(values[Number(place) - 1], vary))};`;
  });
}

/** A statement without its comments, which would hide all that follows them in its line. */
export function onOneLine(sql: string): string {
  return sql.replaceAll(/--.*$/gm, "").replaceAll(/\s+/g, " ").trim();
}

function toTerm(value: unknown, vary: Vary): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return toArray(value, vary);
  const known = vary.terms.get(String(value));
  if (known !== undefined) return known;
  if (isMinute(value)) return `(:start + ${Number(value) - vary.start})`;
  if (typeof value === "number" || typeof value === "bigint") return `'${value}'`;
  return toLiteral(String(value));
}

function toArray(values: readonly unknown[], vary: Vary): string {
  if (values.length === 0) return "'{}'";
  if (values.length > longArray && values.every(isMinute)) {
    const offsets = values.map((value) => Number(value) - vary.start);
    return `(select array_agg(x + :start) from unnest('{${offsets}}'::integer[]) as x)`;
  }
  if (values.length > longArray && vary.hub !== undefined) {
    if (values.every((value) => typeof value === "bigint")) {
      return `(select array_agg(x + :hub) from unnest('{${values}}'::bigint[]) as x)`;
    }
    const { recorded, term } = vary.hub;
    if (values.every((value) => typeof value === "string" && value.includes(recorded))) {
      const names = toLiteral(`{${values}}`);
      return `(select array_agg(replace(x, '${recorded}', ${term})) from unnest(${names}::text[]) as x)`;
    }
  }
  return `array[${values.map((value) => toTerm(value, vary)).join(", ")}]`;
}

function isMinute(value: unknown): boolean {
  return typeof value === "number" && value >= minutesFrom && value <= minutesTo;
}

// pgbench takes a colon before a letter for a variable, inside of quotes as well.
function toLiteral(text: string): string {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("'", "''");
  if (!/[\\:]/.test(plain)) return `'${plain}'`;
  return `E'${plain.replaceAll(":", "\\x3a")}'`;
}
