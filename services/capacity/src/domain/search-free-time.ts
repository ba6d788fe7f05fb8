import { firstOverlap } from "./availability.ts";
import type { Day, HubTime, Minute, Span } from "./hub-time.ts";
import { entryOf } from "./session-times.ts";

/** The time in which a resource is open and not taken, day by day, computed once and kept until it changes. */
export type FreeTime = {
  /** Free from start to end of its day, one span after the other as pairs; with extra openings where that is said. */
  readonly on: (resource: string, day: Day, withExtra: boolean) => readonly Minute[];
  readonly forget: (resource: string, days: { readonly first: Day; readonly last: Day }) => void;
};

type ByDay = Map<Day, readonly Minute[]>;

/** Keeps the free time of one version of a hub. */
export function createFreeTime(
  time: HubTime,
  busyOf: (resource: string) => readonly Span[],
): FreeTime {
  const regular = new Map<string, ByDay>();
  const extra = new Map<string, ByDay>();
  return {
    on: (resource, day, withExtra) => {
      const ofResource = entryOf(withExtra ? extra : regular, resource, () => new Map());
      const known = ofResource.get(day);
      if (known !== undefined) return known;
      const busy = busyOf(resource);
      const free = time
        .openings(resource, day, withExtra)
        .flatMap((opening) => without(opening, busy));
      ofResource.set(day, free);
      return free;
    },
    forget: (resource, { first, last }) => {
      for (const days of [regular.get(resource), extra.get(resource)]) {
        for (let day = first; day <= last; day += 1) days?.delete(day);
      }
    },
  };
}

/** Whether one of the spans holds all of `[start, end)`. */
export function isWithin(free: readonly Minute[], start: Minute, end: Minute): boolean {
  for (let at = 0; at < free.length; at += 2) {
    if ((free[at] ?? end) <= start && end <= (free[at + 1] ?? start)) return true;
  }
  return false;
}

function without({ start, end }: Span, busy: readonly Span[]): Minute[] {
  const free: Minute[] = [];
  let from = start;
  while (from < end) {
    const taken = firstOverlap(busy, { start: from, end });
    const until = taken === undefined ? end : Math.max(from, taken.start);
    if (until > from) free.push(from, until);
    from = taken === undefined ? end : taken.end;
  }
  return free;
}
