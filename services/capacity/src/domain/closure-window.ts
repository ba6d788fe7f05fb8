import type { Uuid } from "@carehub/rules/ids";
import type { InterruptionCategory } from "./hub.ts";
import type { Minute, Span } from "./hub-time.ts";

/** A session or step that a course keeps at one of the resources to be closed; by the course's number of it. */
export type Appointment = Span & {
  readonly course: Uuid;
  readonly number: number;
  readonly category: InterruptionCategory | undefined;
};

/** A window in which the resources could be closed, and what that would displace. */
export type ClosureWindow = Span & { readonly displaced: readonly Appointment[] };

/** Where windows are looked for. */
export type WindowSearch = {
  readonly starts: readonly Minute[];
  readonly minutes: number;
  readonly appointments: readonly Appointment[];
  readonly limit: number;
};

// What it costs to displace a session, by its course's category: one of a fast tumour more than many of another.
const weights: Readonly<Record<InterruptionCategory, number>> = { 1: 100, 2: 10, 3: 3 };
const uncategorisedWeight = 1;

/** The windows that disturb least, apart from each other, the cheapest first and of equals the earliest. */
export function cheapestWindows(search: WindowSearch): ClosureWindow[] {
  const { starts, minutes, limit } = search;
  const appointments = search.appointments.toSorted((one, other) => one.start - other.start);
  const windows = starts.map((start) => {
    const end = start + minutes;
    const displaced = appointments.filter((one) => one.start < end && start < one.end);
    return { start, end, displaced };
  });
  const cheapest = windows.toSorted(
    (one, other) => costOf(one) - costOf(other) || one.start - other.start,
  );
  const chosen: ClosureWindow[] = [];
  for (const window of cheapest) {
    if (chosen.length === limit) break;
    if (chosen.every(({ start, end }) => window.end <= start || end <= window.start)) {
      chosen.push(window);
    }
  }
  return chosen;
}

function costOf({ displaced }: ClosureWindow): number {
  return displaced.reduce(
    (sum, { category }) => sum + (category === undefined ? uncategorisedWeight : weights[category]),
    0,
  );
}
