import { CsvError, parse } from "csv-parse/sync";
import { FileError, type Problem } from "./file-error.ts";

const rowsMax = 100_000;

/** A row of a file under its header; a cell that is not there is empty. */
export type Row = {
  readonly line: number;
  readonly cell: (column: string) => string;
};

/** The columns that a file may have, and which of them it must. */
export type Columns = { readonly known: readonly string[]; readonly needed: readonly string[] };

/**
 * The rows of a CSV file (RFC 4180, UTF-8) with a header; empty lines and those that begin with # are left out. Fails
 * with FileError for a column that is not known or missing, and a row of another length.
 */
export function readCsv(file: string, text: string, columns: Columns): Row[] {
  let header: readonly string[] = [];
  const checked = (names: readonly string[]) => {
    header = names;
    return [...names];
  };
  try {
    type Parsed = { record: Record<string, string>; info: { lines: number } };
    const parsed = parse(text, {
      bom: true,
      columns: checked,
      comment: "#",
      comment_no_infix: true,
      info: true,
      skip_empty_lines: true,
      to: rowsMax,
      trim: true,
    }) as unknown as Parsed[];
    checkHeader(file, header, columns);
    return parsed.map(({ record, info }) => ({
      line: info.lines,
      cell: (column: string) => record[column] ?? "",
    }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause.lines === "number" ? cause.lines : 0;
    throw new FileError(file, [{ line, field: "", description: cause.message }]);
  }
}

function checkHeader(file: string, header: readonly string[], { known, needed }: Columns): void {
  const problem = (field: string, description: string): Problem => ({
    line: 1,
    field,
    description,
  });
  const problems = [
    ...header
      .filter((name) => !known.includes(name))
      .map((name) => problem(name, `is no column: expected ${known.join(", ")}`)),
    ...needed
      .filter((name) => !header.includes(name))
      .map((name) => problem(name, "the column is missing")),
  ];
  if (problems.length > 0) throw new FileError(file, problems);
}

/** The problems of one row's cells, gathered as they are read. */
export function cellReader(row: Row, problems: Problem[]) {
  const wrong = (field: string, description: string) => {
    problems.push({ line: row.line, field, description });
  };
  return {
    wrong,
    text: (column: string) => {
      const text = row.cell(column);
      if (text === "") wrong(column, "is missing");
      return text;
    },
    date: (column: string, text = row.cell(column)) => {
      const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
      if (year === undefined) wrong(column, "is not YYYY-MM-DD");
      return { year: Number(year ?? 0), month: Number(month ?? 0), day: Number(day ?? 0) };
    },
    time: (column: string) => {
      const text = row.cell(column);
      if (!/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text)) wrong(column, "is not HH:MM");
      return text;
    },
    count: (column: string) => {
      const text = row.cell(column);
      if (!/^\d{1,9}$/.test(text)) wrong(column, "is not a number");
      return Number(text);
    },
    list: (column: string) =>
      row
        .cell(column)
        .split(/\s+/)
        .filter((each) => each !== ""),
  };
}
