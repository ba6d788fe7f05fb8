/*
 * Time of sites that is kept for urgent courses, week by week: all of it while the week is far away, less the nearer it
 * comes, nothing at last, so that what no urgent patient took is not lost.
 */
import { type Availability, firstOverlap } from "./availability.ts";
import type { Demand } from "./demand.ts";
import type { UrgentReserve } from "./hub.ts";
import type { Day, Span } from "./hub-time.ts";

/** Counts weeks from Monday. */
export type Week = number;

const daysOfWeek = 7;

/** The week of a day. */
export function weekOfDay(day: Day): Week {
  return Math.floor((day + 3) / daysOfWeek);
}

/** The Monday of a week. */
export function mondayOf(week: Week): Day {
  return week * daysOfWeek - 3;
}

/** The minutes that are kept for urgent courses in a week, as seen from today. */
export function keptMinutes(reserve: UrgentReserve, week: Week, today: Day): number {
  const { minutesPerWeek, fullDays, openDays } = reserve;
  const away = mondayOf(week) - today;
  const share = Math.min(1, Math.max(0, (away - openDays) / (fullDays - openDays)));
  return Math.round(minutesPerWeek * share);
}

/**
 * How many sessions a course that is not urgent may have in each week, so that what is kept stays free; undefined where
 * nothing is kept from it.
 */
export function weekCapOf(
  demand: Demand,
  availability: Availability,
): ((week: Week) => number) | undefined {
  const { reserve } = demand;
  if (reserve === undefined) return undefined;
  const caps = new Map<Week, number>();
  const minutes = Math.max(...demand.shapes.map(({ siteUse }) => siteUse.minutes));
  return (week) => {
    const known = caps.get(week);
    if (known !== undefined) return known;
    const kept = keptMinutes(reserve, week, demand.today);
    const free = kept === 0 ? 0 : freeMinutes(demand, availability, week);
    const cap = kept === 0 ? Number.POSITIVE_INFINITY : Math.floor((free - kept) / minutes);
    caps.set(week, cap);
    return cap;
  };
}

/** The ids of all sites whose time is counted for what is kept. */
export function reservedSites({
  document,
  reserve,
}: Pick<Demand, "document" | "reserve">): string[] {
  return document.resources.filter(({ kind }) => kind === reserve?.kind).map(({ id }) => id);
}

function freeMinutes(demand: Demand, availability: Availability, week: Week): number {
  const monday = mondayOf(week);
  const days = Array.from({ length: daysOfWeek }, (_, index) => monday + index);
  return reservedSites(demand)
    .flatMap((site) => days.flatMap((day) => freeOn(demand, availability, { site, day })))
    .reduce((sum, minutes) => sum + minutes, 0);
}

function freeOn(
  { time, notBefore }: Demand,
  { busy }: Availability,
  { site, day }: { readonly site: string; readonly day: Day },
): number[] {
  const spans = busy.get(site) ?? [];
  return time.openings(site, day).map((opening) => {
    const open = { start: Math.max(opening.start, notBefore), end: opening.end };
    return Math.max(0, open.end - open.start) - takenIn(spans, open);
  });
}

function takenIn(spans: readonly Span[], { start, end }: Span): number {
  let taken = 0;
  for (let from = start; from < end; ) {
    const span = firstOverlap(spans, { start: from, end });
    if (span === undefined) break;
    taken += Math.min(span.end, end) - Math.max(span.start, from);
    from = span.end;
  }
  return taken;
}
