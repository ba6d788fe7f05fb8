import { create, fromJson, toJson } from "@bufbuild/protobuf";
import {
  RecordSessionsRequestSchema,
  RecordSessionsResponseSchema,
  type SessionEntry,
  type SessionResult,
  SessionService,
} from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { describeProblem, PartlyRefusedError, type Problem } from "./file-error.ts";
import { type Locate, locating, readInput } from "./input-file.ts";
import { hubOf, zoneOf } from "./own-hub.ts";
import type { Reading } from "./reads.ts";
import { adviceFor } from "./refusal.ts";
import { resultOf } from "./sessions.ts";
import { readSessions, type SessionsFile } from "./sessions-file.ts";
import { signature } from "./signature.ts";
import { UsageError } from "./usage-error.ts";

const entriesOfCallMax = 200;
// Each entry is a commit of its own.
const batchDeadlineMs = 25_000;

/**
 * Records the sessions of a file, at most 200 a call; with --dry-run only reads it and says what is wrong. Fails with
 * PartlyRefusedError where sessions were refused one by one.
 */
export async function recordSessions(reading: Reading): Promise<string> {
  const { connection, target, values, json } = reading;
  const input = readInput(target);
  const isDry = values["dry-run"] !== undefined;
  // A dry run asks nobody, so that times without an offset need --zone there.
  const zone =
    values.zone?.at(-1) ??
    (isDry || !input.isCsv
      ? undefined
      : await zoneOf(connection, await hubOf(connection, undefined)));
  const file = readSessions(input, zone);
  const { entries, skipped } = file;
  if (isDry) {
    if (json) return JSON.stringify({ dryRun: true, entries: entries.length, skipped }, null, 2);
    return `nothing was sent; the file records ${entries.length} sessions and leaves ${skipped} open`;
  }
  if (entries.length === 0) {
    throw new UsageError(`${input.name} records nothing: write delivered or missed into a row`);
  }
  const results: SessionResult[] = [];
  for (let from = 0; from < entries.length; from += entriesOfCallMax) {
    results.push(...(await send(reading, file, from)));
  }
  return tell(results, { file, name: input.name, json });
}

async function send({ connection, values }: Reading, file: SessionsFile, from: number) {
  const signed = signature(values, from / entriesOfCallMax);
  const request = create(RecordSessionsRequestSchema, {
    ...fromJson(RecordSessionsRequestSchema, signed),
    entries: file.entries.slice(from, from + entriesOfCallMax),
  });
  const locate: Locate = (path) =>
    file.locate(
      path.replace(/^entries\[(\d+)\]/, (_, index) => `entries[${Number(index) + from}]`),
    );
  const { results } = await locating(locate, () =>
    connection.client(SessionService).recordSessions(request, { deadlineMs: batchDeadlineMs }),
  );
  return results;
}

type Told = { readonly file: SessionsFile; readonly name: string; readonly json: boolean };

function tell(results: readonly SessionResult[], { file, name, json }: Told): string {
  const records = results.flatMap(({ result }) =>
    result.case === "recorded" && result.value.record ? [result.value.record] : [],
  );
  const before = results.filter((each, index) => isAsBefore(each, file.entries[index]));
  const refused = results.flatMap((each, index) => {
    const { result } = each;
    return result.case === "refused" && !before.includes(each) ? [{ ...each, index, result }] : [];
  });
  const problems = refused.map(({ course, number, index, result }): Problem => {
    const { reason, metadata } = result.value;
    const facts = Object.entries(metadata).map(([key, value]) => `${key} ${value}`);
    const { line = 0 } = file.locate(`entries[${index}].number`) ?? {};
    const description = [reason, ...facts].join(", ");
    return { line, field: `${course} session ${number}`, description };
  });
  const reasons = new Set(refused.map(({ result }) => result.value.reason));
  const text = json
    ? JSON.stringify(toJson(RecordSessionsResponseSchema, answerOf(results)), null, 2)
    : [
        `recorded ${countsOf(records.map(resultOf))}; recorded before ${before.length}, refused ${problems.length}, left open ${file.skipped}`,
        ...problems.map((problem) => `${name}: ${describeProblem(problem)}`),
        ...[...reasons].map((reason) => `what to do about ${reason}: ${adviceOf(reason)}`),
      ].join("\n");
  if (problems.length > 0) throw new PartlyRefusedError(text);
  return text;
}

// A file that is sent again says of these what stands already.
function isAsBefore({ result }: SessionResult, entry: SessionEntry | undefined): boolean {
  if (result.case !== "refused" || result.value.reason !== "SESSION_ALREADY_RECORDED") return false;
  return result.value.metadata.record?.toLowerCase() === entry?.record.case;
}

function adviceOf(reason: string): string {
  return adviceFor({ code: "FAILED_PRECONDITION", reason });
}

function answerOf(results: readonly SessionResult[]) {
  return create(RecordSessionsResponseSchema, { results: [...results] });
}

function countsOf(told: readonly string[]): string {
  const counts = Map.groupBy(told, (each) => each);
  const parts = [...counts].map(([each, some]) => `${some.length} ${each}`);
  return parts.length === 0 ? "0" : parts.join(", ");
}
