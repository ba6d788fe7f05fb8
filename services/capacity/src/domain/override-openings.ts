/*
 * What an override means for a plan. Only the course that it is for is planned on it: everybody else sees the hub as its
 * document has it, and the beds that the course takes beyond a pool's number count as taken for them.
 */
import { freeOf, holds, type PoolUse } from "./availability.ts";
import type { PlanContext } from "./course-search.ts";
import type { Resource } from "./hub.ts";
import { dayOfDate, type HubTime, type Minute, minuteOfInstant, type Span } from "./hub-time.ts";
import { withOpenings } from "./openings.ts";
import { overflowObstacles } from "./overflow-rule.ts";
import type { Opens } from "./override.ts";
import { type FittingCourse, poolUses } from "./planner.ts";
import type { Opening } from "./refusal.ts";

/** An override that a course may use, by its name. */
export type UsableOverride = { readonly name: string; readonly opens: Opens };

/** The context with what the override opens: free to be planned on, by its course alone. */
export function withOverride(context: PlanContext, { opens }: UsableOverride): PlanContext {
  return withOpenings(context, openingsOf(context, opens));
}

/** The beds that a course takes of a bucket beyond what the pool has for it. */
export function overbookedBeds(context: PlanContext, use: PoolUse): number {
  return Math.max(0, use.amount - freeOf(context, use.pool, use.bucket));
}

/** Whether a course that was planned with an override could not be without it; the context is that without. */
export function needsOverride(context: PlanContext, course: FittingCourse): boolean {
  const { time } = context.demand;
  const steps = [...course.sessions, ...course.preparation];
  return (
    poolUses(course).some((use) => overbookedBeds(context, use) > 0) ||
    steps.some(({ uses }) => uses.some((use) => !isOpen(time, use.resource, use))) ||
    overflowObstacles(context, course.stays).length > 0
  );
}

// One opening a bed and day; of resources what is left beside the daily check of their machine.
function openingsOf({ demand: { document, time } }: PlanContext, opens: Opens): Opening[] {
  if (opens.kind === "OVERBOOKING") {
    const first = dayOfDate(opens.firstDate);
    const days = dayOfDate(opens.lastDate) - first + 1;
    return Array.from({ length: days * opens.count }, (_, index) => {
      const day = first + (index % days);
      return { at: opens.pool, start: time.startOf(day), end: time.startOf(day + 1) };
    });
  }
  const span = { start: minuteOfInstant(opens.startAt), end: minuteOfInstant(opens.endAt) };
  return document.resources
    .filter(({ id }) => opens.resources.includes(id))
    .flatMap((resource) =>
      besideCheck(resource, span, time).map((part) => ({ at: resource.id, ...part })),
    );
}

function besideCheck({ machineCheck }: Resource, span: Span, time: HubTime): Span[] {
  if (machineCheck === undefined) return [span];
  const start = time.startOf(time.dayOf(span.start)) + machineCheck.start;
  const end = start + machineCheck.minutes;
  const parts = [
    { start: span.start, end: Math.min(span.end, start) },
    { start: Math.max(span.start, end), end: span.end },
  ];
  return parts.filter((part) => part.start < part.end);
}

function isOpen(time: HubTime, resource: string, span: Span): boolean {
  for (let day = time.dayOf(span.start); time.startOf(day) < span.end; day += 1) {
    const start: Minute = Math.max(span.start, time.startOf(day));
    const end: Minute = Math.min(span.end, time.startOf(day + 1));
    if (!holds(time.openings(resource, day, true), { start, end })) return false;
  }
  return true;
}
