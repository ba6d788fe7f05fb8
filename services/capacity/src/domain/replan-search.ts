/*
 * The rest of a course with the fewest changes: of all ways to place its sessions that keep its rules, the one that
 * keeps the most appointments as they were; of these the one that ends first, then that with the fewest sessions that
 * make up for a lost day, then the nearest to the course's time of day.
 *
 * Of each day only a few new times are looked at (the first, the nearest to the course's time of day and the last), and
 * the cost of a rest is computed once for a session and its place, so that a course is planned in milliseconds.
 */
import { countsAfter, isNearTimeOfDay, rangeAfter, type Step, shapeAt } from "./course-rules.ts";
import type { Search } from "./course-search.ts";
import type { Day, Minute } from "./hub-time.ts";
import type { Placement } from "./session-placement.ts";
import { entryOf } from "./session-times.ts";

/** What the rest of a course is planned against. */
export type Replanning = {
  readonly search: Search;
  readonly group: readonly string[];
  /** The course's time of day. */
  readonly firstOfDay: Minute;
  /** The days of its sessions with nothing lost. */
  readonly ideal: readonly Day[];
  readonly limitDay: Day;
  /** The appointments that could stay, in their order; all still to come. */
  readonly kept: readonly Placement[];
};

type Rest = { readonly cost: number; readonly next: Step | undefined };
type Plan = Replanning & { readonly rests: Map<string, Rest> };

const changedCost = 1_000_000_000;
const dayCost = 1_000_000;
const makesUpCost = 10_000;
const unreachable: Rest = { cost: Number.POSITIVE_INFINITY, next: undefined };

/** Places all sessions after that step; undefined where the rules leave no way. */
export function replanAfter(replanning: Replanning, step: Step): Step[] | undefined {
  const plan: Plan = { ...replanning, rests: new Map() };
  const steps: Step[] = [];
  let rest = restAfter(plan, step);
  if (rest.cost === Number.POSITIVE_INFINITY) return undefined;
  while (rest.next !== undefined) {
    steps.push(rest.next);
    rest = restAfter(plan, rest.next);
  }
  return steps;
}

function restAfter(plan: Plan, step: Step): Rest {
  const { demand } = plan.search;
  if (step.index + 1 === demand.phases.length)
    return { cost: endCost(plan, step), next: undefined };
  const { placement, ofDay, ofWeek, index } = step;
  return entryOf(
    plan.rests,
    `${index} ${placement.site} ${placement.start} ${ofDay} ${ofWeek}`,
    () => {
      let best = unreachable;
      for (const next of nextOf(plan, step)) {
        const own = costOf(plan, next);
        if (own >= best.cost) continue;
        const cost = own + restAfter(plan, next).cost;
        if (cost < best.cost) best = { cost, next };
      }
      return best;
    },
  );
}

function endCost({ ideal }: Plan, { placement }: Step): number {
  return Math.max(0, placement.day - (ideal.at(-1) ?? placement.day)) * dayCost;
}

function costOf(plan: Plan, { placement, compensation }: Step): number {
  if (isKept(plan, placement)) return 0;
  const { time } = plan.search.demand;
  const away = Math.abs(placement.start - time.startOf(placement.day) - plan.firstOfDay);
  return changedCost + (compensation === undefined ? 0 : makesUpCost) + away;
}

function isKept({ kept }: Plan, placement: Placement): boolean {
  return kept.some((old) => old.start === placement.start && old.site === placement.site);
}

function* nextOf(plan: Plan, step: Step): Generator<Step> {
  const { demand } = plan.search;
  const { time, compensations } = demand;
  const { sameDay, earliest, latest } = rangeAfter(demand, step.placement.end);
  const until = Math.min(time.dayOf(latest), plan.limitDay);
  for (let day = time.dayOf(Math.min(sameDay, earliest)); day <= until; day += 1) {
    const isBehind = (plan.ideal[step.index + 1] ?? day + 1) <= day;
    const from = day === step.placement.day ? sameDay : earliest;
    for (const withExtra of [false, true]) {
      if (withExtra && !(isBehind && compensations.includes("EXTRA_DAY"))) continue;
      const counts = countsAfter(demand, step, { day, isBehind, withExtra });
      if (counts === undefined) continue;
      const index = step.index + 1;
      const near = counts.ofDay === 1;
      for (const placement of placesOn(plan, { day, index, withExtra, from, latest, near })) {
        yield { placement, index, ...counts };
      }
    }
  }
}

type OnDay = {
  readonly day: Day;
  readonly index: number;
  readonly withExtra: boolean;
  readonly from: Minute;
  readonly latest: Minute;
  readonly near: boolean;
};

// The appointments that the course has on that day, then the new times that are looked at.
function placesOn(plan: Plan, on: OnDay): Placement[] {
  const { search, group, firstOfDay, kept } = plan;
  const { demand, times } = search;
  const { day, index, withExtra, from, latest, near } = on;
  const shape = shapeAt(demand, index);
  const dayStart = demand.time.startOf(day);
  const isWithin = (start: Minute) =>
    start >= from &&
    start <= latest &&
    (!near || isNearTimeOfDay(demand, start - dayStart, firstOfDay));
  const stays = kept.filter(
    (old) =>
      old.day === day &&
      old.end - old.start === shape.minutes &&
      (old.compensation === "EXTRA_DAY") === withExtra &&
      isWithin(old.start),
  );
  const starts = times
    .startsAt(group, day, { shape, withExtra })
    .filter(({ start }) => isWithin(start));
  const away = (start: Minute) => Math.abs(start - dayStart - firstOfDay);
  const nearest = starts.toSorted((one, other) => away(one.start) - away(other.start));
  const fresh = [starts, nearest, starts.toReversed()].flatMap((order) => {
    for (const at of order) {
      const placement = times.placeAt(at, { shape, withExtra });
      if (placement !== undefined) return [placement];
    }
    return [];
  });
  return [...stays, ...new Set(fresh)];
}
