import type { Deadline as WireDeadline } from "@carehub/contracts/gen/carehub/type/v1/deadline_pb.ts";
import type { Date as WireDate } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { toInstant, toTimestamp } from "@carehub/grpc/instants";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { AnswerTime, Deadline } from "../domain/case-terms.ts";

/** A civil date for the wire. */
export function toWireDate({ year, month, day }: Temporal.PlainDate) {
  return { year, month, day };
}

/** Reads a civil date; one that no calendar has fails with INVALID_FIELD naming the field. */
export function fromWireDate(date: WireDate | undefined, field: string): Temporal.PlainDate {
  if (date === undefined) throw invalidField(field, "is missing");
  const { year, month, day } = date;
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch (error) {
    if (error instanceof RangeError) throw invalidField(field, "is not a date");
    throw error;
  }
}

/** Reads a date that may be absent. */
export function fromOptionalDate(
  date: WireDate | undefined,
  field: string,
): Temporal.PlainDate | undefined {
  return date === undefined ? undefined : fromWireDate(date, field);
}

/** A deadline for the wire. */
export function toWireDeadline({ date, expireAt, answerTime, ...counted }: Deadline) {
  return {
    date: toWireDate(date),
    expireTime: toTimestamp(expireAt),
    answerTime: toWireAnswerTime(answerTime),
    ...counted,
  };
}

/** Reads a deadline that another service computed. */
export function fromWireDeadline(deadline: WireDeadline | undefined, field: string): Deadline {
  const { date, expireTime, answerTime, calendarVersion, estimated } = must(
    deadline,
    `${field} is there`,
  );
  return {
    date: fromWireDate(date, `${field}.date`),
    expireAt: toInstant(must(expireTime, `${field}.expire_time is there`)),
    answerTime: fromWireAnswerTime(answerTime, `${field}.answer_time`),
    calendarVersion,
    estimated,
  };
}

/** A length of time to answer, for the wire. */
export function toWireAnswerTime({ calendars, ...answerTime }: AnswerTime) {
  return { ...answerTime, calendars: [...calendars] };
}

/** Reads a length of time to answer. */
export function fromWireAnswerTime(
  answerTime: WireDeadline["answerTime"],
  field: string,
): AnswerTime {
  const { workingDays, calendars, graceHours, clause } = must(answerTime, `${field} is there`);
  return { workingDays, calendars, graceHours, clause };
}
