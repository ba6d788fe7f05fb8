import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import {
  type PlannedSession,
  PlannedSessionSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/session_pb.ts";
import * as api from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { must } from "@carehub/rules/fault";
import { invalidField, parseName } from "@carehub/rules/ids";
import type { BatchReplies, SessionEntry } from "../app/session-batch.ts";
import type { DayLine } from "../app/session-list.ts";
import { etagOf } from "../app/visibility.ts";
import { instantOfMinute } from "../domain/hub-time.ts";
import { courseName } from "../domain/names.ts";
import { type MissedSession, type SessionRecord, standingOf } from "../domain/session-record.ts";
import { readInstant, toWireMinute } from "../wire/basics.ts";
import { wireStates } from "./course-message.ts";
import { toWireRecord, toWireRecords } from "./record-message.ts";

type Records = DayLine["records"];

/** A line of a day's list; of a missed session the plan is as it was. */
export function toWireLine(line: DayLine): PlannedSession {
  const { startAt, records, step, session } = line;
  const missed = missedAs(records, startAt);
  const uses = missed?.uses ?? line.uses;
  const ends = uses.map(({ end }) => end);
  const endAt = missed?.endAt ?? instantOfMinute(Math.max(...ends));
  return create(PlannedSessionSchema, {
    course: courseName(line.course),
    number: line.number,
    step: step?.step ?? "",
    phase: missed?.phase ?? session?.phase ?? "",
    site: missed?.site ?? session?.site ?? "",
    startTime: toTimestamp(startAt),
    endTime: toTimestamp(endAt),
    resources: uses.map(({ resource, start, end }) => ({
      resource,
      startTime: toWireMinute(start),
      endTime: toWireMinute(end),
    })),
    underAnaesthesia: missed?.underAnaesthesia ?? line.underAnaesthesia,
    courseState: wireStates[line.state],
    courseEtag: etagOf(line.revision),
    records: toWireRecords(records),
  });
}

// The record of a session that was missed at that time, also where that was an error.
function missedAs(
  { missed = [], inError = [] }: Records,
  startAt: Temporal.Instant,
): MissedSession | undefined {
  const inErrorToo = inError.flatMap(({ was }) => (was.kind === "missed" ? [was.record] : []));
  return [...missed, ...inErrorToo].find((record) => record.startAt.equals(startAt));
}

type Delivered = {
  readonly startTime?: Timestamp | undefined;
  readonly endTime?: Timestamp | undefined;
  readonly site: string;
  readonly underAnaesthesia?: boolean | undefined;
};

const sessionHoursMax = 24;

/** Reads a session that took place; times that cannot be fail with INVALID_FIELD, under that path. */
export function readSession(number: number, request: Delivered, path = ""): SessionRecord {
  const startAt = readInstant(request.startTime, `${path}start_time`);
  const endAt = readInstant(request.endTime, `${path}end_time`);
  const hours = startAt.until(endAt).total("hours");
  const field = `${path}end_time`;
  if (hours <= 0) throw invalidField(field, "is not after the start");
  if (hours > sessionHoursMax) throw invalidField(field, "is more than a day after the start");
  const { site, underAnaesthesia } = request;
  return { number, startAt, endAt, site: site === "" ? undefined : site, underAnaesthesia };
}

/** Reads what is to be recorded of one session. */
export function readEntry(entry: api.SessionEntry, index: number): SessionEntry {
  const { course, number, record } = entry;
  const path = `entries[${index}].`;
  const named = { id: parseName(course, "courses", `${path}course`), number };
  switch (record.case) {
    case "delivered": {
      const session = readSession(number, record.value, `${path}delivered.`);
      return { ...named, kind: "delivered", session };
    }
    case "missed":
      return { ...named, kind: "missed", missed: { number, reason: record.value.reason } };
    case undefined:
      throw invalidField(`${path}record`, "is missing");
    default:
      return record satisfies never;
  }
}

/** Writes what became of each entry. */
export const batchReplies: BatchReplies = {
  recorded: (entry, { course, revision }) => {
    const was = must(standingOf(course, entry.number), "what was recorded stands");
    const recorded = { record: toWireRecord(was), courseEtag: etagOf(revision) };
    return resultOf(entry, { case: "recorded", value: recorded });
  },
  refused: (entry, { reason, metadata }) =>
    resultOf(entry, { case: "refused", value: { reason, metadata: { ...metadata } } }),
};

/** Writes the answer to a call from those to its entries. */
export function writeBatchReply(results: readonly Uint8Array[]): Uint8Array {
  const response = create(api.RecordSessionsResponseSchema, {
    results: results.map((result) => fromBinary(api.SessionResultSchema, result)),
  });
  return toBinary(api.RecordSessionsResponseSchema, response);
}

function resultOf(
  { id, number }: SessionEntry,
  result: NonNullable<MessageInitShape<typeof api.SessionResultSchema>["result"]>,
): Uint8Array {
  const message = create(api.SessionResultSchema, { course: courseName(id), number, result });
  return toBinary(api.SessionResultSchema, message);
}
