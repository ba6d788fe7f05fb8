import type { Date as WireDate } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { invalidField } from "@carehub/rules/ids";
import { type CivilDate, type DateInterval, fromCivilDate, toCivilDate } from "../domain/dates.ts";

type WireInterval = {
  readonly firstDate?: WireDate | undefined;
  readonly lastDate?: WireDate | undefined;
};

/** Reads a date; one that does not exist fails with INVALID_FIELD. */
export function readDate(date: CivilDate | undefined, field: string): Temporal.PlainDate {
  const read = date && fromCivilDate(date);
  if (read === undefined) throw invalidField(field, "is not a date");
  return read;
}

/** Reads an interval; an absent last date means without an end. */
export function readInterval(interval: WireInterval | undefined, field: string): DateInterval {
  const last = interval?.lastDate;
  return {
    first: readDate(interval?.firstDate, `${field}.first_date`),
    last: last && readDate(last, `${field}.last_date`),
  };
}

/** An interval for the wire. */
export function showInterval({ first, last }: DateInterval) {
  return { firstDate: toCivilDate(first), ...(last && { lastDate: toCivilDate(last) }) };
}
