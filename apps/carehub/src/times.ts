import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

const expected = "is no time such as 2026-02-03T09:00+05:00";

/** The instant that a person typed, with an offset or of the zone; or what is wrong with the text. */
export function instantOf(text: string, zone: string | undefined): Temporal.Instant | string {
  const iso = text.replace(" ", "T");
  try {
    if (hasOffset(iso)) return Temporal.Instant.from(iso);
    const local = Temporal.PlainDateTime.from(iso);
    if (!iso.includes("T")) return expected;
    if (zone === undefined) return "has no offset: write 2026-02-03T09:00+05:00, or give --zone";
    return local.toZonedDateTime(zone).toInstant();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return expected;
  }
}

/** Whether a time says by itself which instant it is. */
export function hasOffset(text: string): boolean {
  return /(Z|[+-]\d{2}:?\d{2})$/.test(text) && /[T ]/.test(text);
}

/** An instant to the minute, as the clocks of the zone show it; with its weekday where a day is to be chosen. */
export function showLocal(time: Timestamp | undefined, zone: string): string {
  if (time === undefined) return "";
  const local = zonedOf(time, zone);
  const day = local.toLocaleString("en-GB", { weekday: "short" });
  return `${day} ${local.toPlainDate().toString()} ${clockOf(local)}`;
}

/** The time of day alone. */
export function showClock(time: Timestamp | undefined, zone: string): string {
  return time === undefined ? "" : clockOf(zonedOf(time, zone));
}

/** The same as a table holds it, with its offset. */
export function writeLocal(time: Timestamp | undefined, zone: string): string {
  if (time === undefined) return "";
  const local = zonedOf(time, zone);
  return `${local.toPlainDate().toString()}T${clockOf(local)}${local.offset}`;
}

function zonedOf(time: Timestamp, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(timestampMs(time)).toZonedDateTimeISO(zone);
}

function clockOf(local: Temporal.ZonedDateTime): string {
  return local.toPlainTime().toString({ smallestUnit: "minute" });
}
