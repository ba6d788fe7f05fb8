import { create, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  RecordSessionsRequestSchema,
  type SessionEntry,
  SessionEntrySchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { cellReader, type Row, readCsv } from "./csv-file.ts";
import { FileError, type Problem } from "./file-error.ts";
import { type InputFile, type Locate, violationsOf } from "./input-file.ts";
import { instantOf } from "./times.ts";
import { readYaml } from "./yaml-file.ts";

/** The columns of a table of sessions, as `sessions --csv` writes it. */
export const sessionColumns = [
  "course",
  "number",
  "phase",
  "site",
  "start",
  "end",
  "under_anaesthesia",
  "record",
  "reason",
] as const;

const columns = { known: sessionColumns, needed: ["course", "number", "record"] };

/** What a file of sessions is made of, for the help. */
export const sessionsHelp = `Make the table of a day with \`carehub sessions DATE --csv > day.csv\`, write delivered or missed into the column record
and send it; a row whose record is empty is left out. A missed one needs a reason: PATIENT_UNWELL, NO_SHOW, MACHINE,
BED_UNAVAILABLE, STAFF or OTHER. Correct start and end where they were others than planned; a time without an offset
is of --zone, or else of the hub's. A .yaml or .json file holds the same as \`entries:\` of the request.
A file may be sent again when more rows are filled: what is recorded as it says is left as it is. To change what was
recorded, correct it first.`;

/** The sessions of a file, and where each stands. */
export type SessionsFile = {
  readonly entries: readonly SessionEntry[];
  /** How many rows said nothing yet. */
  readonly skipped: number;
  readonly locate: Locate;
};

/** Reads a file of sessions; fails with FileError and every problem. */
export function readSessions(input: InputFile, zone: string | undefined): SessionsFile {
  const problems: Problem[] = [];
  const file = input.isCsv ? fromCsv(input, { zone, problems }) : fromYaml(input);
  const violations =
    problems.length > 0
      ? []
      : file.entries.flatMap((entry, index) =>
          violationsOf(SessionEntrySchema, entry, `entries[${index}]`),
        );
  for (const { path, description } of violations) {
    problems.push({ ...(file.locate(path) ?? { line: 0, field: path }), description });
  }
  if (problems.length > 0) throw new FileError(input.name, problems);
  return file;
}

function fromYaml(input: InputFile): SessionsFile {
  const file = readYaml(input.name, input.text);
  const { entries } = file.message(RecordSessionsRequestSchema, []);
  const locate: Locate = (path) => ({ line: file.lineOf(path), field: path });
  return { entries, skipped: 0, locate };
}

type Read = { readonly zone: string | undefined; readonly problems: Problem[] };

function fromCsv(input: InputFile, read: Read): SessionsFile {
  const all = readCsv(input.name, input.text, columns);
  const rows = all.filter((row) => row.cell("record") !== "");
  const entries = rows.map((row) => create(SessionEntrySchema, readRow(row, read)));
  const locate: Locate = (path) => {
    const [, index] = /^entries\[(\d+)\]/.exec(path) ?? [];
    const row = index === undefined ? undefined : rows[Number(index)];
    if (row === undefined) return undefined;
    return { line: row.line, field: columnOf[path.split(".").at(-1) ?? ""] ?? "" };
  };
  return { entries, skipped: all.length - rows.length, locate };
}

const columnOf: Readonly<Record<string, string>> = {
  course: "course",
  number: "number",
  site: "site",
  start_time: "start",
  end_time: "end",
  under_anaesthesia: "under_anaesthesia",
  reason: "reason",
};

function readRow(row: Row, { zone, problems }: Read): MessageInitShape<typeof SessionEntrySchema> {
  const cells = cellReader(row, problems);
  const course = cells.text("course");
  const session = {
    course: course.includes("/") ? course : `courses/${course}`,
    number: cells.count("number"),
  };
  switch (row.cell("record").toLowerCase()) {
    case "missed":
      return {
        ...session,
        record: { case: "missed", value: { reason: cells.text("reason").toUpperCase() } },
      };
    case "delivered": {
      if (row.cell("reason") !== "") cells.wrong("reason", "belongs to a missed session");
      const times = { startTime: readTime("start"), endTime: readTime("end") };
      const value = { ...times, site: row.cell("site"), ...readAnaesthesia() };
      return { ...session, record: { case: "delivered", value } };
    }
    default:
      cells.wrong("record", "is not delivered or missed");
      return session;
  }

  function readTime(column: string): Timestamp {
    const text = cells.text(column);
    const instant = text === "" ? undefined : instantOf(text, zone);
    if (instant instanceof Temporal.Instant) {
      return fromJson(TimestampSchema, instant.toString());
    }
    if (instant !== undefined) cells.wrong(column, instant);
    return create(TimestampSchema);
  }

  function readAnaesthesia() {
    const text = row.cell("under_anaesthesia").toLowerCase();
    if (text === "") return {};
    if (text !== "yes" && text !== "no") cells.wrong("under_anaesthesia", "is not yes or no");
    return { underAnaesthesia: text === "yes" };
  }
}
