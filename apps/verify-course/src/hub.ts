import { calendarEntry, hasCalendarYear } from "@carehub/calendar/table";
import type {
  Closure,
  CourseTemplate,
  Hub,
  Pool,
  Resource,
  SessionShape,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { ResourceKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Date as WireDate } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { dateAt, datesBetween, minuteAt, overlaps, type Span } from "./clock.ts";

const monday = 1;

/** The resource of that full name; undefined where the document has none. */
export function resourceOf(hub: Hub, name: string): Resource | undefined {
  return hub.resources.find(({ id }) => name === `${hub.name}/resources/${id}`);
}

/** The pool of that full name; undefined where the document has none. */
export function poolOf(hub: Hub, name: string): Pool | undefined {
  return hub.pools.find(({ id }) => name === `${hub.name}/pools/${id}`);
}

/** Whether a session takes place at resources of that kind. */
export function isSiteKind(kind: ResourceKind): boolean {
  return kind === ResourceKind.ROOM || kind === ResourceKind.THEATRE;
}

/** What a session of a phase uses: its first one may have a shape of its own. */
export function shapeOf(
  template: CourseTemplate,
  phase: string,
  isFirst: boolean,
): SessionShape | undefined {
  const found = template.phases.find(({ id }) => id === phase);
  const usual = found?.session ?? template.session;
  return isFirst ? (found?.firstSession ?? usual) : usual;
}

/** The names of the sites that a template allows. */
export function sitesOf(hub: Hub, template: CourseTemplate): string[] {
  const kind = template.session?.uses.find((use) => isSiteKind(use.kind))?.kind;
  const named = template.session?.sites ?? [];
  const allowed = hub.resources.filter((resource) =>
    named.length > 0 ? named.includes(resource.id) : resource.kind === kind,
  );
  return allowed.map(({ id }) => `${hub.name}/resources/${id}`);
}

/**
 * Whether a resource is open for all of a span; openings that are kept for lost days count where that is asked, and
 * openings that touch are one, also those that were opened for this course alone.
 */
export function isOpen(
  hub: Hub,
  resource: Resource,
  asked: Span & { readonly forCompensation: boolean; readonly opened?: readonly Span[] },
): boolean {
  const dates = datesBetween(
    dateAt(asked.start, hub.zone).subtract({ days: 1 }),
    dateAt(asked.end, hub.zone),
  );
  const windows = dates
    .flatMap((date) => windowsOn(hub, resource, { date, forCompensation: asked.forCompensation }))
    .concat(asked.opened ?? [])
    .toSorted((one, other) => one.start - other.start);
  let reached = asked.start;
  for (const { start, end } of windows) {
    if (start <= reached && end > reached) reached = end;
  }
  return reached >= asked.end;
}

// What is kept for lost days is open on a holiday too: that is what it is for.
function windowsOn(
  hub: Hub,
  resource: Resource,
  { date, forCompensation }: { date: Temporal.PlainDate; forCompensation: boolean },
): Span[] {
  const weekly = resource.weeklyOpenings.filter(({ days, onlyForCompensation }) =>
    onlyForCompensation
      ? forCompensation && days.some((day) => day === date.dayOfWeek)
      : holdsOn(hub, days, date),
  );
  const exceptional = hub.exceptionalOpenings.filter(
    ({ resources, date: onDate }) =>
      (resources.length === 0 || resources.includes(resource.id)) && toDate(onDate)?.equals(date),
  );
  return [...weekly, ...exceptional].map(({ start, end }) => ({
    start: minuteAt(date, start, hub.zone),
    end: minuteAt(date, end, hub.zone),
  }));
}

// A weekly opening holds on its weekdays as far as the country works, and a moved working day is as a Monday too.
function holdsOn(hub: Hub, days: readonly number[], date: Temporal.PlainDate): boolean {
  if (!hasCalendarYear(hub.country, date.year)) return false;
  const works = calendarEntry(hub.country, date)?.works;
  if (works === true && days.includes(monday)) return true;
  return days.includes(date.dayOfWeek) && (works !== false || hub.worksOnPublicHolidays);
}

/** The closures of a resource that lie over a span. */
export function closuresOver(hub: Hub, resource: Resource, span: Span): Closure[] {
  return hub.closures.filter((closure) => {
    const first = toDate(closure.firstDate);
    const last = toDate(closure.lastDate);
    if (first === undefined || last === undefined) return false;
    if (closure.resources.length > 0 && !closure.resources.includes(resource.id)) return false;
    const start = minuteAt(first, closure.start || "00:00", hub.zone);
    const end = minuteAt(last, closure.end || "24:00", hub.zone);
    return overlaps({ start, end }, span);
  });
}

/** Whether the daily check of a resource's machine lies over a span. */
export function isChecked(hub: Hub, { machineCheck }: Resource, span: Span): boolean {
  if (machineCheck === undefined) return false;
  const dates = datesBetween(
    dateAt(span.start, hub.zone).subtract({ days: 1 }),
    dateAt(span.end, hub.zone),
  );
  return dates.some((date) => {
    const start = minuteAt(date, machineCheck.start, hub.zone);
    return overlaps({ start, end: start + machineCheck.minutes }, span);
  });
}

/** How many places a pool has on a date, or minutes in each half hour. */
export function capacityOn(pool: Pool, date: Temporal.PlainDate): number {
  const change = pool.changes.findLast(({ firstDate, lastDate }) => {
    const [first, last] = [toDate(firstDate), toDate(lastDate)];
    return first !== undefined && last !== undefined && isWithin(date, first, last);
  });
  return change?.capacity ?? pool.capacity;
}

/** Whether a date lies between two others or is one of them. */
export function isWithin(
  date: Temporal.PlainDate,
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
): boolean {
  const { compare } = Temporal.PlainDate;
  return compare(first, date) <= 0 && compare(date, last) <= 0;
}

/** The date of a message; undefined where there is none. */
export function toDate(
  date: Pick<WireDate, "year" | "month" | "day"> | undefined,
): Temporal.PlainDate | undefined {
  return date && Temporal.PlainDate.from({ year: date.year, month: date.month, day: date.day });
}
