import { must } from "@carehub/rules/fault";
import { type Blocked, blockersOfBreak, blockersOfStart } from "./blockers.ts";
import type { PlanContext } from "./course-search.ts";
import { type Demand, searchedLater } from "./demand.ts";
import type { Day, Span } from "./hub-time.ts";
import { type PossibleSession, planWithOpenings } from "./opened-plan.ts";
import { suggestOpenings } from "./openings.ts";
import { type FailedSearch, planCourse } from "./planner.ts";
import type { Obstacle } from "./session-placement.ts";
import { mondayOf, weekCapOf, weekOfDay } from "./urgent-reserve.ts";

/** Why a course does not fit, as a closed code. */
export type UnavailableReason =
  | "NO_FREE_TIME"
  | "NO_BED"
  | "HUB_CLOSED"
  | "DUE_BEFORE_ANSWER"
  | "GAP_TOO_LONG"
  | "PROLONGATION_TOO_LONG"
  | "CAPACITY_STALE"
  | "TEMPLATE_UNKNOWN"
  | "PLAN_OUTSIDE_TEMPLATE"
  | "CALENDAR_YEAR_UNKNOWN";

/** One thing in the way of one session; 0 for a stay. */
export type Blocker = Obstacle & { readonly sessionNumber: number };

/** More time at a resource, or one more place in a pool; ids are the hub's own. */
export type Opening = Span & { readonly at: string };

/** What stands in the way of a course, and what would change it. */
export type Refusal = {
  readonly reason: UnavailableReason;
  /**
   * The smallest set at each place where the course breaks: what is in the way of the first session outside of what is
   * open and free, counted in the whole course as it would be with all that is missing.
   */
  readonly blockers: readonly Blocker[];
  /** Openings with all of which the course would fit, tried by the planner; empty when none help. */
  readonly openings: readonly Opening[];
  /** Undefined when there is none within the search. */
  readonly firstPossibleDay: Day | undefined;
};

// How far beyond the ready day a first possible date is searched.
const searchDays = 180;

const blockersMax = 20;

/** Explains a failed search. `wide` is the availability of the longer range in which a first date is searched. */
export function explainRefusal(
  context: PlanContext,
  failed: FailedSearch,
  wide: PlanContext,
): Refusal {
  const { reason, blockers, openings } =
    explainProlongation(context) ?? explainReserve(context) ?? explainBlockers(context, failed);
  const later = planCourse(wide);
  const first = later.kind === "fits" ? later.course : undefined;
  const days = first && [
    first.sessions[0]?.day ?? 0,
    ...first.stays.map(({ firstDay }) => firstDay),
  ];
  const firstPossibleDay = days === undefined ? undefined : Math.min(...days);
  return { reason, blockers: blockers.slice(0, blockersMax), openings, firstPossibleDay };
}

/** The same demand after its due day, where a first possible date is searched once there is none before. */
export function widened(demand: Demand): Demand {
  const from = Math.max(demand.readyDay, demand.time.dayOf(demand.notBefore));
  return searchedLater(demand, from + searchDays);
}

// Where only the course's own limit is in the way.
function explainProlongation(context: PlanContext): Omit<Refusal, "firstPossibleDay"> | undefined {
  const { prolongationDaysMax, ...rules } = context.demand.rules;
  if (prolongationDaysMax === undefined) return undefined;
  const found = planCourse({ ...context, demand: { ...context.demand, rules } });
  if (found.kind === "blocked") return undefined;
  const { sessions, prolongationDays } = found.course;
  const last = must(sessions.at(-1), "a course that fits has a session");
  const tooMany = prolongationDays - prolongationDaysMax;
  const start = context.demand.time.startOf(last.day - tooMany + 1);
  const sessionNumber = context.demand.phases.length;
  const blocker = { kind: "PROLONGATION_RULE", at: last.site, start, end: last.end } as const;
  const blockers = [{ ...blocker, sessionNumber }];
  return { reason: "PROLONGATION_TOO_LONG", blockers, openings: [] };
}

// Where only what is kept for urgent courses is in the way: the week of the first session that would take of it.
function explainReserve(context: PlanContext): Omit<Refusal, "firstPossibleDay"> | undefined {
  const { reserve, ...demand } = context.demand;
  if (reserve === undefined) return undefined;
  const found = planCourse({ ...context, demand });
  if (found.kind === "blocked") return undefined;
  const { time } = demand;
  const weekCap = must(weekCapOf(context.demand, context.availability), "something is kept");
  const { sessions } = found.course;
  const ofWeek = (day: Day) => sessions.filter((s) => weekOfDay(s.day) === weekOfDay(day)).length;
  const index = sessions.findIndex(({ day }) => ofWeek(day) > weekCap(weekOfDay(day)));
  const { site: at, day } = must(sessions[Math.max(0, index)], "a course that fits has a session");
  const monday = mondayOf(weekOfDay(day));
  const [start, end] = [time.startOf(monday), time.startOf(mondayOf(weekOfDay(day) + 1))];
  const sessionNumber = (demand.begun?.done ?? 0) + Math.max(0, index) + 1;
  const blockers = [{ kind: "RESERVE" as const, at, start, end, sessionNumber }];
  return { reason: "NO_FREE_TIME", blockers, openings: [] };
}

function explainBlockers(
  context: PlanContext,
  failed: FailedSearch,
): Omit<Refusal, "firstPossibleDay"> {
  const possible = planWithOpenings(context, failed);
  const { reason, blockers } = findBlockers(context, failed, possible);
  const openings =
    reason === "DUE_BEFORE_ANSWER" ? [] : suggestOpenings(context, possible, blockers);
  return { reason, blockers, openings };
}

function findBlockers(
  context: PlanContext,
  failed: FailedSearch,
  possible: readonly PossibleSession[] | undefined,
): Blocked {
  // Without a plan at all, what is in the way where the longest part breaks off.
  const sessions =
    possible ?? failed.sessions.map((placement) => ({ placement, openings: [], torn: false }));
  const breaks = breaksOf(sessions);
  const all = (possible === undefined ? [sessions.length] : breaks).map((index) => {
    const [first, ...before] = sessions.slice(0, index).map(({ placement }) => placement);
    if (first === undefined) return blockersOfStart(context);
    const after = sessions.slice(index).find(isOpenNow)?.placement.start;
    return blockersOfBreak(context, { before: [first, ...before], group: failed.group, after });
  });
  const reason = all[0]?.reason ?? "NO_FREE_TIME";
  return { reason, blockers: all.flatMap(({ blockers }) => blockers) };
}

// Where sessions begin that the hub cannot give as it is.
function breaksOf(sessions: readonly PossibleSession[]): number[] {
  return sessions.flatMap((session, index) => {
    const before = sessions[index - 1];
    const begins =
      session.torn || (!isOpenNow(session) && (before === undefined || isOpenNow(before)));
    return begins ? [index] : [];
  });
}

function isOpenNow({ openings }: PossibleSession): boolean {
  return openings.length === 0;
}
