import { create } from "@bufbuild/protobuf";
import {
  RecordedSession_State,
  RecordedSessionSchema,
  type RecordedSession as WireRecord,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import type { Course } from "../domain/course.ts";
import type { RecordInError } from "../domain/session-record.ts";

type Records = Pick<Course, "recorded" | "missed" | "inError">;

/** All that was recorded: what took place, what was missed, then what was entered in error. */
export function toWireRecords({ recorded, missed = [], inError = [] }: Records): WireRecord[] {
  return [
    ...recorded.map((record) => toWireRecord({ kind: "delivered", record })),
    ...missed.map((record) => toWireRecord({ kind: "missed", record })),
    ...inError.map(({ was, correction }) => toWireRecord(was, correction)),
  ];
}

/** One record; with why it is an error where it is one. */
export function toWireRecord({ kind, record }: RecordInError["was"], correction = ""): WireRecord {
  const { number, startAt, endAt, site, underAnaesthesia } = record;
  const { DELIVERED, MISSED, ENTERED_IN_ERROR } = RecordedSession_State;
  const state = kind === "missed" ? MISSED : DELIVERED;
  return create(RecordedSessionSchema, {
    number,
    startTime: toTimestamp(startAt),
    endTime: toTimestamp(endAt),
    site,
    underAnaesthesia,
    state: correction === "" ? state : ENTERED_IN_ERROR,
    missedReason: kind === "missed" ? record.reason : "",
    correctionReason: correction,
  });
}
