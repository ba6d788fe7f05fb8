import type { Agenda } from "./agenda.ts";
import type { Quiescence } from "./sandbox-clock.ts";

/** Partners look at their work every so often: what falls into one such time is done together. */
const officeHours = 3;

/** No example goes on after it; a case that is still open then has gone another way than its story. */
const lastDay = Temporal.Instant.from("2026-12-01T00:00:00Z");

/**
 * Where the clock goes next: to the last appointment of the coming office hours, or to the platform's own due time where
 * that comes first; due times within office hours are passed together unless an appointment lies between them.
 * Undefined when all cases are closed and nobody has anything to do, and past the last day of the examples.
 */
export function nextTime(
  agenda: Agenda,
  { nextDueAt, now }: Pick<Quiescence, "nextDueAt" | "now">,
  isOver: boolean,
): Temporal.Instant | undefined {
  const next = target(agenda, isOver && agenda.nextAt() === undefined ? undefined : nextDueAt);
  if (next === undefined || isAfter(next, lastDay)) return undefined;
  return isAfter(next, now) ? next : now.add({ milliseconds: 1 });
}

function target(agenda: Agenda, dueAt: Temporal.Instant | undefined) {
  const first = agenda.nextAt();
  if (first === undefined) return dueAt?.add({ hours: officeHours });
  const end = first.add({ hours: officeHours });
  if (dueAt === undefined || isAfter(dueAt, end)) return agenda.lastAtUntil(end);
  if (!isAfter(first, dueAt)) return agenda.lastAtUntil(dueAt);
  const passed = dueAt.add({ hours: officeHours });
  return isAfter(first, passed) ? passed : dueAt;
}

function isAfter(one: Temporal.Instant, other: Temporal.Instant): boolean {
  return Temporal.Instant.compare(one, other) > 0;
}
