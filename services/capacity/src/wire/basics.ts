import type { MessageInitShape } from "@bufbuild/protobuf";
import type { DateSchema, Date as WireDate } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { toInstant, toTimestamp } from "@carehub/grpc/instants";
import { invalidField } from "@carehub/rules/ids";
import { instantOfMinute, type Minute } from "../domain/hub-time.ts";

/** A date as the wire has it. */
export function toWireDate(date: Temporal.PlainDate): MessageInitShape<typeof DateSchema> {
  return { year: date.year, month: date.month, day: date.day };
}

/** Reads a whole date; a part that is missing or does not exist fails with INVALID_FIELD. */
export function readDate(
  date: Pick<WireDate, "year" | "month" | "day"> | undefined,
  field: string,
): Temporal.PlainDate {
  const { year = 0, month = 0, day = 0 } = date ?? {};
  try {
    if (year < 1) throw new RangeError("a date has a year");
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch (error) {
    if (error instanceof RangeError) throw invalidField(field, "is not a date");
    throw error;
  }
}

/** A whole minute as the wire's timestamp. */
export function toWireMinute(minute: Minute) {
  return toTimestamp(instantOfMinute(minute));
}

/** Reads a timestamp; an absent one fails with INVALID_FIELD. */
export function readInstant(
  time: { readonly seconds: bigint; readonly nanos: number } | undefined,
  field: string,
): Temporal.Instant {
  if (time === undefined) throw invalidField(field, "is missing");
  return toInstant(time);
}

/** The minute of the day of `HH:MM`, up to `24:00`. */
export function minuteOfText(text: string): number {
  const [hours = "0", minutes = "0"] = text.split(":");
  return Number(hours) * minutesOfHour + Number(minutes);
}

const minutesOfHour = 60;
