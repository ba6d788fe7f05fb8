/*
 * Whether a course could go on from its first session to its end, looked at by days alone: on which of them is a free
 * start near its time of day, a free start in what is kept for lost days, or room for two; how far apart may they be,
 * how many sessions may a week have, and when is the course behind. A course that fits fits so too. A graph of days is
 * a thousand times smaller than that of starts, and nearly every first session of a full hub fails in it already.
 */
import { rangeAfter } from "./course-rules.ts";
import { type FirstSession, idealFrom, type Search } from "./course-search.ts";
import type { Day, Minute } from "./hub-time.ts";
import { entryOf, type Wanted } from "./session-times.ts";
import { weekOfDay } from "./urgent-reserve.ts";

/** What a day has for a course of one time of day; times by their least and greatest. */
type DayRoom = {
  readonly regular: boolean;
  readonly extra: boolean;
  readonly second: boolean;
  readonly firstStart: Minute;
  readonly lastStart: Minute;
  readonly firstEnd: Minute;
  readonly lastEnd: Minute;
};

// More than the sessions of any week.
const weekBase = 64;

/** Says no only of a first session after which no course fits. */
export function createDayBound(search: Search): (first: FirstSession) => boolean {
  const { demand } = search;
  const rooms = new Map<string, Map<Day, DayRoom | undefined>>();
  const known = new Map<string, boolean>();
  const free = new Map<string, readonly Free[]>();
  // A day's starts are the same for every time of day, of which a fine grid has hundreds.
  const freeAt = ({ group, day, withExtra }: OnDay) =>
    entryOf(free, `${group[0]} ${day} ${withExtra}`, () =>
      freeOn(search, { group, day, withExtra }),
    );
  return (first) => {
    if (demand.rules.sessionsPerDay !== 1 || demand.phases.length < 2) return true;
    const { placement, group } = first;
    const ofDay = placement.start - demand.time.startOf(placement.day);
    const ofTime = entryOf(rooms, `${group[0]} ${ofDay}`, () => new Map());
    const roomOn = (day: Day) => {
      if (!ofTime.has(day)) ofTime.set(day, roomOf(search, { group, ofDay, day, freeAt }));
      return ofTime.get(day);
    };
    return entryOf(known, `${group[0]} ${placement.start}`, () =>
      reachesEnd(search, first, roomOn),
    );
  };
}

function reachesEnd(
  search: Search,
  first: FirstSession,
  roomOn: (day: Day) => DayRoom | undefined,
): boolean {
  const { demand, lastDay, weekCap } = search;
  const { rules, phases, shapes, compensations } = demand;
  const { day: firstDay, start } = first.placement;
  const ideal = idealFrom(search, first);
  const limit = rules.prolongationDaysMax ?? Number.POSITIVE_INFINITY;
  const until = Math.min(lastDay, (ideal.at(-1) ?? lastDay) + limit);
  const end = start + (shapes[0]?.minutes ?? 0);
  const days = new Map([[firstDay, { states: new Set([1]), firstEnd: end, lastEnd: end }]]);
  for (let day = firstDay + 1; day <= until; day += 1) {
    const room = roomOn(day);
    if (room === undefined) continue;
    const cap = Math.min(
      weekCap?.(weekOfDay(day)) ?? Number.POSITIVE_INFINITY,
      rules.sessionsPerWeek || Number.POSITIVE_INFINITY,
    );
    const states = new Set<number>();
    for (const [before, from] of days) {
      search.looks.left -= 1;
      if (search.looks.left < 0) return false;
      if (room.lastStart < rangeAfter(demand, from.firstEnd).earliest) continue;
      if (room.firstStart > rangeAfter(demand, from.lastEnd).latest) continue;
      const isSameWeek = weekOfDay(before) === weekOfDay(day);
      for (const state of from.states) {
        const index = Math.floor(state / weekBase) + 1;
        const ofWeek = isSameWeek ? state % weekBase : 0;
        const isBehind = (at: number) => (ideal[at] ?? day + 1) <= day;
        const add = (at: number, count: number) => {
          if (count > cap) return;
          states.add(at * weekBase + count);
          const mayHaveMore = room.second && compensations.includes("SAME_DAY");
          if (mayHaveMore && isBehind(at + 1)) states.add((at + 1) * weekBase + count);
        };
        if (room.regular) add(index, ofWeek + 1);
        if (room.extra && isBehind(index)) add(index, ofWeek);
      }
    }
    if (states.values().some((state) => Math.floor(state / weekBase) >= phases.length - 1))
      return true;
    if (states.size > 0) days.set(day, { states, firstEnd: room.firstEnd, lastEnd: room.lastEnd });
    forgetFar(days, room.firstStart, search);
  }
  return false;
}

// What is too far behind for this day is so for all that follow.
function forgetFar(
  days: Map<Day, { readonly lastEnd: Minute }>,
  start: Minute,
  { demand }: Search,
): void {
  for (const [day, { lastEnd }] of days) {
    if (start > rangeAfter(demand, lastEnd).latest + minutesOfDay) days.delete(day);
  }
}

const minutesOfDay = 1440;

type RoomFor = {
  readonly group: readonly string[];
  readonly ofDay: Minute;
  readonly day: Day;
  readonly freeAt: (on: OnDay) => readonly Free[];
};

function roomOf(search: Search, { group, ofDay, day, freeAt }: RoomFor): DayRoom | undefined {
  const { demand } = search;
  const { rules, compensations, time } = demand;
  const window = rules.timeOfDayWindowMinutes || Number.POSITIVE_INFINITY;
  const dayStart = time.startOf(day);
  const regular = freeAt({ group, day, withExtra: false });
  const isExtra = compensations.includes("EXTRA_DAY");
  const extra = isExtra ? freeAt({ group, day, withExtra: true }) : [];
  const isNear = ({ start }: Free) => Math.abs(start - dayStart - ofDay) <= window;
  const all = [...regular, ...extra];
  search.looks.left -= all.length;
  const near = all.filter(isNear);
  if (near.length === 0) return undefined;
  const firstEnd = Math.min(...near.map(({ end }) => end));
  const { sameDay } = rangeAfter(demand, firstEnd);
  const second = compensations.includes("SAME_DAY") && all.some(({ start }) => start >= sameDay);
  return {
    ...{ regular: regular.some(isNear), extra: extra.some(isNear), second },
    firstStart: Math.min(...near.map(({ start }) => start)),
    lastStart: Math.max(...near.map(({ start }) => start)),
    firstEnd,
    lastEnd: Math.max(...(second ? all : near).map(({ end }) => end)),
  };
}

type Free = { readonly start: Minute; readonly end: Minute };
type OnDay = { readonly group: readonly string[]; readonly day: Day; readonly withExtra: boolean };

function freeOn({ demand, times }: Search, { group, day, withExtra }: OnDay): Free[] {
  return [...new Set(demand.shapes.slice(1))].flatMap((shape) => {
    const wanted: Wanted = { shape, withExtra };
    return times
      .startsAt(group, day, wanted)
      .filter((start) => times.onlyFree || times.isFree(start, wanted))
      .map(({ start }) => ({ start, end: start + shape.minutes }));
  });
}
