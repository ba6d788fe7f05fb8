import { fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import {
  type ExternalConflict,
  ExternalConflictKindSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_pb.ts";
import {
  ExternalBookingService,
  ExternalRefusal_ReasonSchema,
  ImportExternalBookingsRequestSchema,
  type ImportExternalBookingsResponse,
  ImportExternalBookingsResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { type BookingsFile, readBookings } from "./bookings-file.ts";
import { nameOf } from "./describe.ts";
import { describeProblem, PartlyRefusedError, type Problem } from "./file-error.ts";
import { type Locate, locating, readInput } from "./input-file.ts";
import { showTime } from "./output.ts";
import { hubOf } from "./own-hub.ts";
import type { Reading } from "./reads.ts";
import { signature } from "./signature.ts";
import { UsageError } from "./usage-error.ts";

const entriesOfCallMax = 1000;
const conflictsShownMax = 20;

/**
 * Imports what a hub's own system has booked from a file, at most 1,000 bookings a call; with --dry-run only reads it and
 * says what is wrong. Fails with PartlyRefusedError where bookings were refused one by one.
 */
export async function importBookings(reading: Reading): Promise<string> {
  const { target, values, json } = reading;
  const input = readInput(target);
  const file = readBookings(input, values.zone?.at(-1));
  const { entries } = file;
  const range = readRange(values, entries.length);
  if (values["dry-run"] !== undefined) {
    if (json) return JSON.stringify({ dryRun: true, entries: entries.length }, null, 2);
    return `nothing was sent; the file holds ${entries.length} bookings`;
  }
  const hub = await hubOf(reading.connection, values.hub?.at(-1));
  const answers: Part[] = [];
  for (let from = 0; from === 0 || from < entries.length; from += entriesOfCallMax) {
    answers.push(await send(reading, { file, from, hub, range }));
  }
  return tell(input.name, answers, json);
}

type Part = {
  readonly answer: ImportExternalBookingsResponse;
  /** Of the refused bookings, with their lines. */
  readonly problems: readonly Problem[];
};

type Sending = {
  readonly file: BookingsFile;
  /** The place of the call's first booking in the file. */
  readonly from: number;
  readonly hub: string;
  readonly range: JsonObject | undefined;
};

async function send(
  { connection, values }: Reading,
  { file, from, hub, range }: Sending,
): Promise<Part> {
  const head = {
    hub,
    ...signature(values, from / entriesOfCallMax),
    ...(range === undefined ? {} : { replaceRange: range }),
  };
  const request = fromJson(ImportExternalBookingsRequestSchema, head);
  request.entries = file.entries.slice(from, from + entriesOfCallMax);
  const locate: Locate = (path) =>
    file.locate(
      path.replace(/^entries\[(\d+)\]/, (_, index) => `entries[${Number(index) + from}]`),
    );
  const client = connection.client(ExternalBookingService);
  const answer = await locating(locate, () => client.importExternalBookings(request));
  const problems = answer.refusals.map(({ field, reason, sourceId }): Problem => {
    const description = `${nameOf(ExternalRefusal_ReasonSchema, reason)} (${sourceId})`;
    return { ...(locate(field) ?? { line: 0, field }), description };
  });
  return { answer, problems };
}

function tell(file: string, parts: readonly Part[], json: boolean): string {
  const refused = parts.flatMap(({ problems }) => problems);
  const text = json ? jsonOf(parts, refused) : textOf(file, parts, refused);
  if (refused.length > 0) throw new PartlyRefusedError(text);
  return text;
}

function jsonOf(parts: readonly Part[], refused: readonly Problem[]): string {
  const answers = parts.map(({ answer }) => toJson(ImportExternalBookingsResponseSchema, answer));
  return JSON.stringify({ answers, refused }, null, 2);
}

function textOf(file: string, parts: readonly Part[], refused: readonly Problem[]): string {
  const sum = (read: (answer: ImportExternalBookingsResponse) => number) =>
    parts.reduce((total, { answer }) => total + read(answer), 0);
  const conflicts = parts.flatMap(({ answer }) => answer.conflicts);
  const conflictCount = sum((answer) => answer.conflictCount);
  return [
    `imported ${sum(({ imported }) => imported)}, cancelled ${sum(({ cancelled }) => cancelled)}, unchanged ${sum(({ unchanged }) => unchanged)}, refused ${refused.length}, conflicts ${conflictCount}`,
    ...refused.map((problem) => `${file}: ${describeProblem(problem)}`),
    ...conflicts.slice(0, conflictsShownMax).map(describeConflict),
    ...(conflictCount > conflictsShownMax
      ? [`… and ${conflictCount - conflictsShownMax} conflicts more: --json shows them`]
      : []),
  ].join("\n");
}

function describeConflict(conflict: ExternalConflict): string {
  const { sourceId, kind, resource, startTime, endTime, course } = conflict;
  const what = course === "" ? nameOf(ExternalConflictKindSchema, kind).toLowerCase() : course;
  return `conflict: ${sourceId} at ${resource} from ${showTime(startTime)} to ${showTime(endTime)} with ${what}`;
}

function readRange(values: Reading["values"], count: number): JsonObject | undefined {
  const [source, first, last] = ["replace-source", "replace-from", "replace-to"].map((name) =>
    values[name]?.at(-1),
  );
  if (source === undefined && first === undefined && last === undefined) return undefined;
  if (source === undefined || first === undefined || last === undefined) {
    throw new UsageError("--replace-source, --replace-from and --replace-to go together");
  }
  if (count > entriesOfCallMax) {
    throw new UsageError(
      `a replaced range has ${entriesOfCallMax} bookings at most: name fewer days`,
    );
  }
  return {
    source,
    firstDate: dateOf("replace-from", first),
    lastDate: dateOf("replace-to", last),
  };
}

function dateOf(option: string, text: string): JsonObject {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) throw new UsageError(`--${option} ${text}: expected YYYY-MM-DD`);
  return { year: Number(year), month: Number(month), day: Number(day) };
}
