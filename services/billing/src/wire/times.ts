import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  DeadlineSchema,
  AnswerTime as WireAnswerTime,
  Deadline as WireDeadline,
} from "@carehub/contracts/gen/carehub/type/v1/deadline_pb.ts";
import { toInstant, toTimestamp } from "@carehub/grpc/instants";
import { invalidField } from "@carehub/rules/ids";
import type { AnswerTime, Deadline } from "../domain/terms.ts";

type WireDate = { readonly year: number; readonly month: number; readonly day: number };

/** Reads a civil date; a part of one, or one that does not exist, fails with INVALID_FIELD. */
export function readDate(date: WireDate | undefined, field: string): Temporal.PlainDate {
  if (date === undefined) throw invalidField(field, "is missing");
  const { year, month, day } = date;
  if (year < 1) throw invalidField(field, "is not a date");
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch {
    throw invalidField(field, "is not a date");
  }
}

/** A civil date for the wire. */
export function toWireDate({ year, month, day }: Temporal.PlainDate): WireDate {
  return { year, month, day };
}

/** Reads a time to answer; absent or without a calendar it fails with INVALID_FIELD. */
export function readAnswerTime(time: WireAnswerTime | undefined, field: string): AnswerTime {
  if (time === undefined) throw invalidField(field, "is missing");
  const { workingDays, calendars, graceHours, clause } = time;
  if (workingDays < 1 || calendars.length === 0) throw invalidField(field, "has no length");
  return { workingDays, calendars: [...calendars], graceHours, clause };
}

/** Reads a deadline as another service computed it. */
export function readDeadline(deadline: WireDeadline | undefined, field: string): Deadline {
  if (deadline?.expireTime === undefined) throw invalidField(field, "is missing");
  const { date, expireTime, answerTime, calendarVersion, estimated } = deadline;
  return {
    date: readDate(date, `${field}.date`),
    expireAt: toInstant(expireTime),
    answerTime: readAnswerTime(answerTime, `${field}.answer_time`),
    calendarVersion,
    estimated,
  };
}

/** A deadline for the wire. */
export function toWireDeadline(deadline: Deadline): MessageInitShape<typeof DeadlineSchema> {
  const { date, expireAt, answerTime, calendarVersion, estimated } = deadline;
  return {
    date: toWireDate(date),
    expireTime: toTimestamp(expireAt),
    answerTime: { ...answerTime, calendars: [...answerTime.calendars] },
    calendarVersion,
    estimated,
  };
}
