import { create, fromJson, type MessageInitShape } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  type ExternalBooking,
  ExternalBooking_Status,
  ExternalBookingSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_pb.ts";
import { ImportExternalBookingsRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { cellReader, type Row, readCsv } from "./csv-file.ts";
import { FileError, type Problem } from "./file-error.ts";
import { type InputFile, type Locate, violationsOf } from "./input-file.ts";
import { instantOf } from "./times.ts";
import { readYaml } from "./yaml-file.ts";

const columns = {
  known: [
    ...["source_id", "source", "resource", "pool", "start", "end", "count", "status"],
    ...["beam_offset", "beam_minutes"],
  ],
  needed: ["source_id", "source", "start", "end", "status"],
};

/** What a file of bookings is made of, for the help. */
export const bookingsHelp = `A .csv file has the columns source_id, source, resource, start, end, status (booked or cancelled); for beds the columns
pool and count in the place of resource. Times have an offset (2026-02-03T09:00+05:00) or are of --zone; of beds start
and end are the first and the last date. beam_minutes says how long a room uses the beam that rooms share, beam_offset
how many minutes after its start. A .yaml or .json file holds the same as \`entries:\` of the request.`;

/** The bookings of a file, and where each stands. */
export type BookingsFile = {
  readonly entries: readonly ExternalBooking[];
  readonly locate: Locate;
};

/** Reads a file of bookings; fails with FileError and every problem. */
export function readBookings(input: InputFile, zone: string | undefined): BookingsFile {
  return input.isCsv ? fromCsv(input, zone) : fromYaml(input);
}

function fromYaml(input: InputFile): BookingsFile {
  const file = readYaml(input.name, input.text);
  const { entries } = file.message(ImportExternalBookingsRequestSchema, []);
  const locate: Locate = (path) => ({ line: file.lineOf(path), field: path });
  refuse(input, entries, { locate, problems: [] });
  return { entries, locate };
}

function fromCsv(input: InputFile, zone: string | undefined): BookingsFile {
  const problems: Problem[] = [];
  const rows = readCsv(input.name, input.text, columns);
  const entries = rows.map((row) => create(ExternalBookingSchema, readRow(row, problems, zone)));
  const locate: Locate = (path) => {
    const [, index] = /^entries\[(\d+)\]/.exec(path) ?? [];
    const row = index === undefined ? undefined : rows[Number(index)];
    if (row === undefined) return undefined;
    return { line: row.line, field: columnOf[path.split(".").at(-1) ?? ""] ?? "" };
  };
  refuse(input, entries, { locate, problems });
  return { entries, locate };
}

const columnOf: Readonly<Record<string, string>> = {
  source: "source",
  source_id: "source_id",
  status: "status",
  resource: "resource",
  pool: "pool",
  count: "count",
  start_time: "start",
  end_time: "end",
  first_date: "start",
  last_date: "end",
  beam: "beam_minutes",
  minutes: "beam_minutes",
  offset_minutes: "beam_offset",
};

function refuse(
  input: InputFile,
  entries: readonly ExternalBooking[],
  { locate, problems }: { readonly locate: Locate; readonly problems: Problem[] },
): void {
  const found =
    problems.length > 0
      ? []
      : entries.flatMap((entry, index) =>
          violationsOf(ExternalBookingSchema, entry, `entries[${index}]`),
        );
  const all = [
    ...problems,
    ...found.map(({ path, description }) => {
      return { ...(locate(path) ?? { line: 0, field: path }), description };
    }),
  ];
  if (all.length > 0) throw new FileError(input.name, all);
}

function readRow(
  row: Row,
  problems: Problem[],
  zone: string | undefined,
): MessageInitShape<typeof ExternalBookingSchema> {
  const cells = cellReader(row, problems);
  const status = row.cell("status").toUpperCase();
  if (status !== "BOOKED" && status !== "CANCELLED") {
    cells.wrong("status", "is not booked or cancelled");
  }
  const booking = {
    source: cells.text("source"),
    sourceId: cells.text("source_id"),
    status: status === "BOOKED" ? ExternalBooking_Status.BOOKED : ExternalBooking_Status.CANCELLED,
  };
  const [resource, pool] = [row.cell("resource"), row.cell("pool")];
  if (resource !== "" && pool !== "") cells.wrong("pool", "is named beside a resource");
  if (pool !== "") {
    const dates = { firstDate: cells.date("start"), lastDate: cells.date("end") };
    const count = row.cell("count") === "" ? 0 : cells.count("count");
    if (row.cell("beam_minutes") !== "") cells.wrong("beam_minutes", "is of rooms, not of beds");
    return { ...booking, place: { case: "stay", value: { pool, ...dates, count } } };
  }
  if (status === "CANCELLED" && row.cell("start") === "") return booking;
  if (resource === "") cells.wrong("resource", "is missing");
  const times = { startTime: readTime("start"), endTime: readTime("end") };
  const value = { resource, ...times, ...readBeam(row, cells) };
  return { ...booking, place: { case: "resourceTime", value } };

  function readTime(column: string) {
    const instant = instantOf(row.cell(column), zone);
    if (typeof instant !== "string") return fromJson(TimestampSchema, instant.toString());
    cells.wrong(column, instant);
    return {};
  }
}

function readBeam(row: Row, cells: ReturnType<typeof cellReader>) {
  const offset = row.cell("beam_offset");
  if (row.cell("beam_minutes") === "") {
    if (offset !== "") cells.wrong("beam_minutes", "is missing beside beam_offset");
    return {};
  }
  const offsetMinutes = offset === "" ? 0 : cells.count("beam_offset");
  return { beam: { offsetMinutes, minutes: cells.count("beam_minutes") } };
}
