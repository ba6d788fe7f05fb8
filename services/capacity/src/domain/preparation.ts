import type { PlanContext } from "./course-search.ts";
import type { PreparationStep } from "./hub.ts";
import type { Day, Minute, Span } from "./hub-time.ts";
import { type Obstacle, type PlacedUse, placeUse } from "./session-placement.ts";

/** A step of the preparation at its time; without uses where it only takes time. */
export type PlacedStep = Span & { readonly step: string; readonly uses: readonly PlacedUse[] };

/** The whole preparation, or what is in the way of the step that cannot be placed. */
export type Prepared =
  | { readonly steps: readonly PlacedStep[] }
  | { readonly step: string; readonly obstacles: readonly Obstacle[] };

const minutesOfDay = 1440;

/**
 * Places the steps before a first session on that day, each as late as can be. From the last to the first: the later a
 * step is, the more room is left to those before it, so this finds a preparation wherever there is one.
 */
export function placePreparation(context: PlanContext, firstDay: Day): Prepared {
  const { demand } = context;
  const steps: PlacedStep[] = [];
  let until = demand.time.startOf(firstDay);
  for (const step of demand.preparation.toReversed()) {
    const tried = placeStep(context, { step, firstDay, until });
    if (Array.isArray(tried)) return { step: step.id, obstacles: tried };
    steps.unshift(tried);
    until = tried.start;
  }
  return { steps };
}

type ToPlace = { readonly step: PreparationStep; readonly firstDay: Day; readonly until: Minute };

function placeStep(context: PlanContext, toPlace: ToPlace): PlacedStep | Obstacle[] {
  const { demand } = context;
  const { time, notBefore } = demand;
  const { step, firstDay, until } = toPlace;
  const last = time.workingDaysBefore(firstDay, step.leadDaysMin);
  const first = time.workingDaysBefore(firstDay, step.leadDaysMax);
  if (last === undefined || first === undefined) return [];
  const from = Math.max(first, time.dayOf(notBefore));
  let fewest: Obstacle[] | undefined;
  for (let day = Math.min(last, time.dayOf(until)); day >= from; day -= 1) {
    const tried = placeOn(context, { step, day, until });
    if (!Array.isArray(tried)) return tried;
    if (fewest === undefined || (tried.length > 0 && tried.length < fewest.length)) fewest = tried;
  }
  return fewest ?? [];
}

type OnDay = { readonly step: PreparationStep; readonly day: Day; readonly until: Minute };

function placeOn(context: PlanContext, { step, day, until }: OnDay): PlacedStep | Obstacle[] {
  const { time, rules } = context.demand;
  const dayStart = time.startOf(day);
  const { id, uses } = step;
  if (uses.length === 0) {
    return dayStart <= until ? { step: id, start: dayStart, end: dayStart, uses: [] } : [];
  }
  const minutes = Math.max(...uses.map((use) => use.offsetMinutes + use.minutes));
  let fewest: Obstacle[] = [];
  for (let ofDay = minutesOfDay - rules.gridMinutes; ofDay >= 0; ofDay -= rules.gridMinutes) {
    const start = dayStart + ofDay;
    if (start + minutes > until) continue;
    const tried = placeUses(context, step, start);
    if ("uses" in tried) return { step: id, start, end: start + minutes, uses: tried.uses };
    const better = fewest.length === 0 || tried.obstacles.length < fewest.length;
    if (better) fewest = tried.obstacles;
  }
  return fewest;
}

function placeUses(
  context: PlanContext,
  { uses }: PreparationStep,
  start: Minute,
): { readonly uses: PlacedUse[] } | { readonly obstacles: Obstacle[] } {
  const placed: PlacedUse[] = [];
  const obstacles: Obstacle[] = [];
  for (const use of uses) {
    const tried = placeUse(context, { use, start, taken: placed });
    if (Array.isArray(tried)) obstacles.push(...tried);
    else placed.push(tried);
  }
  return obstacles.length === 0 ? { uses: placed } : { obstacles };
}
