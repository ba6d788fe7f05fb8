import { now } from "@carehub/database/clock";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { type Appointment, type ClosureWindow, cheapestWindows } from "../domain/closure-window.ts";
import type { TimedHub } from "../domain/demand.ts";
import { dayOfDate, type Minute, minuteOfInstant } from "../domain/hub-time.ts";
import { hubOfCaller, resourceName, splitTemplateName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { readCourses } from "../storage/course-store.ts";
import { type CourseUse, readUses } from "../storage/replan-store.ts";
import type { Deps } from "./capacity-app.ts";
import { hubNotFound } from "./visibility.ts";

/** What a hub wants to close for a while, some time in a range of days; ids are its own. */
export type WantedClosure = {
  readonly hub: string;
  readonly resources: readonly string[];
  readonly minutes: number;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  /** Minutes of the day between which it may begin. */
  readonly start: Minute;
  readonly latestStart: Minute;
  readonly limit: number;
};

const rangeDaysMax = 92;
const minutesOfDay = 1440;
const stepMinutes = 30;

/**
 * The windows that disturb least, each with what it would displace; nothing is done. Fails with HUB_NOT_FOUND,
 * RESOURCE_UNKNOWN and DATE_RANGE_INVALID.
 */
export async function proposeClosure(
  deps: Deps,
  wanted: WantedClosure,
  caller: Caller,
): Promise<ClosureWindow[]> {
  const { hub: name, resources, minutes, limit } = wanted;
  const hub = hubOfCaller(caller) === name ? await deps.hubs.load(deps.db, name) : undefined;
  if (hub === undefined) throw hubNotFound(name);
  const known = new Set(hub.document.resources.map(({ id }) => id));
  const unknown = resources.find((id) => !known.has(id));
  if (unknown !== undefined) throw refusal("RESOURCE_UNKNOWN", { resource: unknown });
  const starts = startsOf(hub, wanted, minuteOfInstant(await now(deps.db)));
  const [start = 0] = starts;
  const range = { start, end: (starts.at(-1) ?? start) + minutes };
  const names = resources.map((id) => resourceName(hub.document.name, id));
  const uses = starts.length === 0 ? [] : await readUses(deps.db, names, range);
  const appointments = await appointmentsOf(deps, hub, uses);
  return cheapestWindows({ starts, minutes, appointments, limit });
}

function startsOf({ time }: TimedHub, wanted: WantedClosure, from: Minute): Minute[] {
  const first = dayOfDate(wanted.firstDate);
  const last = dayOfDate(wanted.lastDate);
  if (last < first || last - first >= rangeDaysMax) {
    throw refusal("DATE_RANGE_INVALID", { days_max: String(rangeDaysMax) });
  }
  const until = time.startOf(last + 1);
  return Array.from({ length: last - first + 1 }, (_, index) => time.startOf(first + index))
    .flatMap((dayStart) =>
      Array.from({ length: minutesOfDay / stepMinutes }, (_, step) => step * stepMinutes)
        .filter((minute) => minute >= wanted.start && minute <= wanted.latestStart)
        .map((minute) => dayStart + minute),
    )
    .filter((start) => start >= from && start + wanted.minutes <= until);
}

// One appointment for each session, whichever of the resources it uses.
async function appointmentsOf(
  { db }: Deps,
  { document }: TimedHub,
  uses: readonly CourseUse[],
): Promise<Appointment[]> {
  const courses = await readCourses(db, [...new Set(uses.map(({ course }) => course))]);
  const categories = new Map(
    courses.map(({ course }) => {
      const id = splitTemplateName(course.plan?.template ?? "")?.id;
      const template = document.templates.find((candidate) => candidate.id === id);
      return [course.id, template?.rules.interruptionCategory];
    }),
  );
  const sessions = Map.groupBy(uses, ({ course, number }) => `${course} ${number}`);
  return [...sessions.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const start = Math.min(first.start, ...others.map((use) => use.start));
    const end = Math.max(first.end, ...others.map((use) => use.end));
    const { course, number } = first;
    return [{ course, number, start, end, category: categories.get(course) }];
  });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
