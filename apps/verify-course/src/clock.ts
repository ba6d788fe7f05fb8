/** Whole minutes since 1970-01-01T00:00Z. */
export type Minute = number;

/** From, inclusive, and to, exclusive. */
export type Span = { readonly start: Minute; readonly end: Minute };

const millisecondsOfMinute = 60_000;

/** The minute of an instant's text. */
export function minuteOf(text: string): Minute {
  return Temporal.Instant.from(text).epochMilliseconds / millisecondsOfMinute;
}

/** The date and time of day of a minute on a zone's clocks. */
export function clockAt(minute: Minute, zone: string): Temporal.ZonedDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(minute * millisecondsOfMinute);
  return instant.toZonedDateTimeISO(zone);
}

/** The date of a minute on a zone's clocks. */
export function dateAt(minute: Minute, zone: string): Temporal.PlainDate {
  return clockAt(minute, zone).toPlainDate();
}

/** Minutes since midnight, as a zone's clocks show them. */
export function minuteOfDay(minute: Minute, zone: string): number {
  const { hour, minute: ofHour } = clockAt(minute, zone);
  return hour * 60 + ofHour;
}

/** The minute at which a zone's clocks show `HH:MM` on a date; `24:00` is the next midnight. */
export function minuteAt(date: Temporal.PlainDate, time: string, zone: string): Minute {
  const isEnd = time === "24:00";
  const day = isEnd ? date.add({ days: 1 }) : date;
  const plainTime = Temporal.PlainTime.from(isEnd ? "00:00" : time);
  const zoned = day.toZonedDateTime({ timeZone: zone, plainTime });
  return zoned.epochMilliseconds / millisecondsOfMinute;
}

/** Every date from the first to the last, both counted. */
export function datesBetween(
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
): Temporal.PlainDate[] {
  const days = first.until(last, { largestUnit: "days" }).days;
  return Array.from({ length: Math.max(0, days + 1) }, (_, index) => first.add({ days: index }));
}

/** How many days a date lies after another; below 0 where it lies before. */
export function daysFrom(first: Temporal.PlainDate, last: Temporal.PlainDate): number {
  return first.until(last, { largestUnit: "days" }).days;
}

/** The Monday of a date's week. */
export function mondayOf(date: Temporal.PlainDate): Temporal.PlainDate {
  return date.subtract({ days: date.dayOfWeek - 1 });
}

/** Whether two spans have a minute in common. */
export function overlaps(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end;
}

/** A minute as a person of that zone would write it. */
export function show(minute: Minute, zone: string): string {
  return clockAt(minute, zone)
    .toPlainDateTime()
    .toString({ smallestUnit: "minute" })
    .replace("T", " ");
}
