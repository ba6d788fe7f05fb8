import { must } from "@carehub/rules/fault";
import type { Step } from "./course-rules.ts";
import { createSearch, type PlanContext } from "./course-search.ts";
import type { Demand } from "./demand.ts";
import type { Compensation } from "./hub.ts";
import type { Day, Minute } from "./hub-time.ts";
import type { FittingCourse } from "./planner.ts";
import { idealDays, prolongationOf } from "./prolongation.ts";
import { type Replanning, replanAfter } from "./replan-search.ts";
import type { Placement } from "./session-placement.ts";
import { weekOfDay } from "./urgent-reserve.ts";

/** A course whose sessions cannot all be given as they are planned; by the hub's own ids. */
export type Disturbed = {
  /** All its sessions in their order, given or to come. */
  readonly sessions: readonly Placement[];
  /** How many of them count as given. */
  readonly done: number;
  /** The places in that list of those that cannot be given. */
  readonly lost: ReadonlySet<number>;
};

/** One appointment that is another now; `from` is absent where there are more than before, `to` where there are fewer. */
export type Change = { readonly from?: Placement; readonly to?: Placement };

/** A new plan of a course. */
export type Replan = {
  readonly sessions: readonly Placement[];
  readonly changes: readonly Change[];
  readonly prolongationDays: number;
  /** Whether it keeps the template's limit of prolongation. */
  readonly isWithinLimit: boolean;
  /** The course where all of it is planned anew, with its stays; absent where only sessions are. */
  readonly whole?: FittingCourse;
};

/**
 * Plans the sessions that cannot be given anew, changing as few appointments as can be. First within the template's
 * limit of prolongation, with its ways to make up for lost days; where that leaves no way, beyond the limit, and it is
 * told. Undefined where there is no way at all, or where the first session of all is lost: then the course begins anew.
 * `availability` is what others take; the course's own time is free to it.
 */
export function replanCourse(context: PlanContext, disturbed: Disturbed): Replan | undefined {
  const { demand } = context;
  const firstLost = Math.min(...disturbed.lost);
  const before = disturbed.sessions[firstLost - 1];
  const [first] = disturbed.sessions;
  if (before === undefined || first === undefined) return undefined;
  const ofHub = siteGroupOf(demand, before.site);
  const ideal = idealDays(demand, ofHub, first.day);
  const replanning = {
    group: ofHub,
    firstOfDay: first.start - demand.time.startOf(first.day),
    ideal,
    kept: disturbed.sessions.filter((_, at) => at > firstLost && !disturbed.lost.has(at)),
  };
  const step = stepOf(disturbed, firstLost - 1, demand);
  for (const way of waysOf(demand, ideal)) {
    const steps = placeSo(context, replanning, { step, way });
    if (steps === undefined) continue;
    const given = disturbed.sessions.slice(0, firstLost);
    const sessions = [...given, ...steps.map(toPlacement)];
    const last = sessions.at(-1)?.day ?? first.day;
    return {
      sessions,
      changes: changesOf(disturbed.sessions, sessions),
      prolongationDays: prolongationOf(ideal, last),
      isWithinLimit: way.isWithinLimit,
    };
  }
  return undefined;
}

type Way = {
  readonly compensations: readonly Compensation[];
  readonly limitDay: Day;
  readonly isWithinLimit: boolean;
};

// As few means as suffice: nothing made up for, then all that the template allows, then longer than it allows.
function waysOf({ rules, compensations, phases }: Demand, ideal: readonly Day[]): Way[] {
  const last = ideal.at(-1) ?? 0;
  const spare = last + phases.length + spareDays;
  const max = rules.prolongationDaysMax;
  const limitDay = max === undefined ? spare : last + max;
  const within = { limitDay, isWithinLimit: true };
  return [
    { compensations: [], ...within },
    { compensations, ...within },
    ...(max === undefined ? [] : [{ compensations, limitDay: spare, isWithinLimit: false }]),
  ];
}

const spareDays = 28;

function placeSo(
  context: PlanContext,
  replanning: Omit<Replanning, "search" | "limitDay">,
  { step, way }: { readonly step: Step; readonly way: Way },
): Step[] | undefined {
  const { compensations, limitDay } = way;
  const search = createSearch({ ...context, demand: { ...context.demand, compensations } });
  return replanAfter({ ...replanning, search, limitDay }, step);
}

function siteGroupOf({ siteGroups }: Demand, site: string): readonly string[] {
  return siteGroups.find((group) => group.includes(site)) ?? [site];
}

// The last session that stays as it was, with the counts of its day and week.
function stepOf({ sessions }: Disturbed, index: number, demand: Demand): Step {
  const placement = must(sessions[index], "a session stands before the first that is lost");
  const before = sessions.slice(0, index + 1);
  const ofDay = before.filter(({ day }) => day === placement.day).length;
  const inWeek = before.filter(
    ({ day, compensation }) =>
      weekOfDay(day) === weekOfDay(placement.day) && compensation === undefined,
  );
  return { placement, index, ofDay, ofWeek: isCounted(demand) ? inWeek.length : 1 };
}

function isCounted({ rules, reserve }: Demand): boolean {
  return rules.sessionsPerWeek > 0 || reserve !== undefined;
}

function toPlacement({ placement, compensation }: Step): Placement {
  if (compensation === undefined || placement.compensation !== undefined) return placement;
  return { ...placement, compensation };
}

/** How appointments differ; what was dropped stands beside what was added, in their order. */
export function changesOf(before: readonly Placement[], after: readonly Placement[]): Change[] {
  const keyOf = ({ site, start }: { site: string; start: Minute }) => `${site} ${start}`;
  const old = new Set(before.map(keyOf));
  const now = new Set(after.map(keyOf));
  const dropped = before.filter((session) => !now.has(keyOf(session)));
  const added = after.filter((session) => !old.has(keyOf(session)));
  return Array.from({ length: Math.max(dropped.length, added.length) }, (_, at) => {
    const [from, to] = [dropped[at], added[at]];
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  });
}
