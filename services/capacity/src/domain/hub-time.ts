import { calendarEntry, hasCalendarYear } from "@carehub/calendar/table";
import { isWorkingDay } from "@carehub/calendar/working-days";
import { must } from "@carehub/rules/fault";
import type { HubDocument, Resource } from "./hub.ts";

/** Whole minutes since 1970-01-01T00:00Z: the planner's time. */
export type Minute = number;

/** A civil day in the hub's zone, counted in days since 1970-01-01. */
export type Day = number;

/** From, inclusive, and to, exclusive. */
export type Span = { readonly start: Minute; readonly end: Minute };

/** The days and opening hours of one version of a hub's document. Days are computed once and kept. */
export type HubTime = {
  /** The minute at which the day begins. */
  readonly startOf: (day: Day) => Minute;
  readonly dayOf: (minute: Minute) => Day;
  /**
   * The openings of a resource, by its id, on a day: sorted, apart from each other; with those kept for lost days where
   * that is said.
   */
  readonly openings: (resource: string, day: Day, withExtra?: boolean) => readonly Span[];
  /** The day that many working days of the hub's country before; undefined beyond its table. */
  readonly workingDaysBefore: (day: Day, count: number) => Day | undefined;
  /** The day that many working days after; undefined beyond its table. */
  readonly workingDaysAfter: (day: Day, count: number) => Day | undefined;
};

const minutesOfDay = 1440;
const minutesOfHour = 60;
const noon = Temporal.PlainTime.from("12:00");
const epochDate = Temporal.PlainDate.from("1970-01-01");
const mondayIndex = 1;

/** Counts a date as a day. */
export function dayOfDate(date: Temporal.PlainDate): Day {
  return epochDate.until(date, { largestUnit: "days" }).days;
}

/** The date of a day. */
export function dateOfDay(day: Day): Temporal.PlainDate {
  return epochDate.add({ days: day });
}

/** The day of the week, 1 for Monday to 7 for Sunday; the epoch was a Thursday. */
export function weekdayOf(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** The instant of a minute. */
export function instantOfMinute(minute: Minute): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(minute * 60_000);
}

/** `HH:MM` of a minute of the day, up to `24:00`. */
export function timeOfMinute(minuteOfDay: number): string {
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${pad(Math.floor(minuteOfDay / minutesOfHour))}:${pad(minuteOfDay % minutesOfHour)}`;
}

/** The first whole minute that is not before the instant. */
export function minuteOfInstant(instant: Temporal.Instant): Minute {
  return Math.ceil(instant.epochMilliseconds / 60_000);
}

/** Prepares the days and openings of a document. */
export function createHubTime(document: HubDocument): HubTime {
  const starts = new Map<Day, Minute>();
  const startOf = (day: Day) => {
    const known = starts.get(day);
    if (known !== undefined) return known;
    // Counted back from noon, so that opening hours stay right on a day on which the zone moves its clocks.
    const zoned = dateOfDay(day).toZonedDateTime({ timeZone: document.zone, plainTime: noon });
    const start = zoned.epochMilliseconds / 60_000 - minutesOfDay / 2;
    starts.set(day, start);
    return start;
  };
  const dayOf = (minute: Minute) => {
    const near = Math.floor(minute / minutesOfDay);
    if (minute >= startOf(near + 1)) return near + 1;
    return minute >= startOf(near) ? near : near - 1;
  };
  const resources = new Map(document.resources.map((resource) => [resource.id, resource]));
  const spans = new Map<string, Map<Day, readonly Span[]>>();
  const openings = (id: string, day: Day, withExtra = false) => {
    const key = withExtra ? `+${id}` : id;
    const ofResource = spans.get(key) ?? new Map<Day, readonly Span[]>();
    const known = ofResource.get(day);
    if (known !== undefined) return known;
    const resource = must(resources.get(id), "a template's resource is in its document");
    const found = openingsOf(document, { resource, day, start: startOf(day), withExtra });
    spans.set(key, ofResource.set(day, found));
    return found;
  };
  const walk = (step: 1 | -1) => (from: Day, count: number) =>
    workingDaysFrom(document.country, { from, count, step });
  return { startOf, dayOf, openings, workingDaysBefore: walk(-1), workingDaysAfter: walk(1) };
}

function workingDaysFrom(
  country: string,
  { from, count, step }: { readonly from: Day; readonly count: number; readonly step: 1 | -1 },
): Day | undefined {
  let day = from;
  for (let left = count; left > 0; ) {
    day += step;
    const date = dateOfDay(day);
    if (!hasCalendarYear(country, date.year)) return undefined;
    if (isWorkingDay(country, date)) left -= 1;
  }
  return day;
}

type ResourceDay = {
  readonly resource: Resource;
  readonly day: Day;
  readonly start: Minute;
  readonly withExtra: boolean;
};

function openingsOf(document: HubDocument, at: ResourceDay): Span[] {
  const { resource, day, start, withExtra } = at;
  const date = dateOfDay(day);
  // What is kept for lost days is also open on a holiday: that is what it is for.
  const weekly = resource.weeklyOpenings.filter(({ days, onlyForCompensation }) =>
    onlyForCompensation
      ? withExtra && days.includes(weekdayOf(day))
      : isOpen(document, { days, day, date }),
  );
  const exceptional = document.exceptionalOpenings.filter(
    ({ onDate, resources }) =>
      onDate.equals(date) && (resources.length === 0 || resources.includes(resource.id)),
  );
  const open = mergeSpans(
    [...weekly, ...exceptional].map((opening) => ({
      start: start + opening.start,
      end: start + opening.end,
    })),
  );
  const { machineCheck: check } = resource;
  if (check === undefined) return open;
  const from = start + check.start;
  return open.flatMap((span) => without(span, { start: from, end: from + check.minutes }));
}

function without(span: Span, hole: Span): Span[] {
  if (hole.end <= span.start || hole.start >= span.end) return [span];
  return [
    { start: span.start, end: hole.start },
    { start: hole.end, end: span.end },
  ].filter(({ start, end }) => start < end);
}

type WeeklyDay = {
  readonly days: readonly number[];
  readonly day: Day;
  readonly date: Temporal.PlainDate;
};

function isOpen(document: HubDocument, { days, day, date }: WeeklyDay): boolean {
  // Beyond its table the country's working days are not known: nothing is offered there.
  if (!hasCalendarYear(document.country, date.year)) return false;
  const entry = calendarEntry(document.country, date);
  const onWeekday = days.includes(weekdayOf(day));
  if (entry === undefined) return onWeekday;
  if (entry.works) return onWeekday || days.includes(mondayIndex);
  return onWeekday && document.worksOnPublicHolidays;
}

/** Joins spans that touch or overlap; sorted. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last === undefined || span.start > last.end) merged.push(span);
    else if (span.end > last.end) merged[merged.length - 1] = { start: last.start, end: span.end };
  }
  return merged;
}
