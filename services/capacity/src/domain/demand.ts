import { DomainError } from "@carehub/rules/domain-error";
import { invalidField } from "@carehub/rules/ids";
import type {
  Compensation,
  CourseTemplate,
  Hub,
  HubDocument,
  Pool,
  PreparationStep,
  SessionRules,
  UrgentReserve,
} from "./hub.ts";
import { isStale } from "./hub.ts";
import { type Day, dayOfDate, type HubTime, type Minute, minuteOfInstant } from "./hub-time.ts";
import { splitTemplateName } from "./names.ts";
import { phasesOf, preparationOf, reserveOf, siteGroupsOf, staysOf } from "./plan-parts.ts";
import type { Priority } from "./priority.ts";
import type { CapacityReason } from "./reasons.ts";
import { type Shape, shapesOf } from "./session-shape.ts";
import { daysOf } from "./stay-presence.ts";
import { reservedSites } from "./urgent-reserve.ts";

/** What is asked for: a template with the patient's own numbers. */
export type CoursePlan = {
  readonly template: string;
  /** The phases with their number of sessions; empty for all of the template as it has them. */
  readonly phases: readonly { readonly phase: string; readonly sessionCount: number }[];
  /** The stays with their days; empty for all of the template as it has them. */
  readonly stays: readonly { readonly stay: string; readonly days: number }[];
  readonly readyDate: Temporal.PlainDate;
  readonly dueDate: Temporal.PlainDate;
  readonly underAnaesthesia: boolean;
  /** The STAT mortality category of the operation, 1 to 5; absent where it is none. */
  readonly statCategory?: number;
  /** The age in completed months at the ready date; absent where it is not said. */
  readonly ageMonths?: number;
};

/** A stay to be placed, from a day counted from that of the first session. */
export type DemandedStay = {
  readonly stay: string;
  readonly pool: string;
  readonly fromDay: number;
  readonly days: number;
  /** The probabilities, in millionths, that the patient is there on its days; absent where the days are certain. */
  readonly presence?: readonly number[];
};

/** A course that has begun: only the rest of it is placed. */
export type Begun = {
  /** How many sessions count as given. */
  readonly done: number;
  /** The phase of each of them, where they were not given in the order of the course; one for each. */
  readonly phases?: readonly string[];
  /** How many of them were on the day of the last, and in its week; absent for one. */
  readonly ofDay?: number;
  readonly ofWeek?: number;
  /** The last of them; the site by its id. */
  readonly last: { readonly end: Minute; readonly site: string };
  /** When the first of them began. */
  readonly firstStart: Minute;
};

/** All that the planner has to place, in its own terms. */
export type Demand = {
  readonly document: HubDocument;
  readonly time: HubTime;
  readonly template: CourseTemplate;
  /** The phase of each session, in the order of the sessions. */
  readonly phases: readonly string[];
  /** What each session uses, in the same order; equal ones are the same object. */
  readonly shapes: readonly Shape[];
  readonly preparation: readonly PreparationStep[];
  /** The sites that one course may be treated at: one of the groups, any site in it. */
  readonly siteGroups: readonly (readonly string[])[];
  readonly rules: SessionRules;
  readonly stays: readonly DemandedStay[];
  readonly underAnaesthesia: boolean;
  /** Whether beds that are kept for emergencies may be used. */
  readonly isEmergency: boolean;
  /** What is kept of the sites for urgent courses; absent where nothing is, or this course is urgent. */
  readonly reserve?: UrgentReserve;
  /** The day on which it is planned. */
  readonly today: Day;
  /** The ways to make up for lost days that may be used; the planner tries with few first. */
  readonly compensations: readonly Compensation[];
  /** Only the rest of a course that has begun is placed; its next session is between the ready and the due day. */
  readonly begun?: Begun;
  /** The days on which the course may start, by its first session or stay. */
  readonly readyDay: Day;
  readonly dueDay: Day;
  /** Nothing is placed before it. */
  readonly notBefore: Minute;
  /** Which of several equal resources is tried first; 0 for the order of the document. */
  readonly spread: number;
};

/** A hub's version with its prepared days. */
export type TimedHub = Hub & { readonly time: HubTime };

const startDaysMax = 366;
const spareDays = 28;
const weekDays = 7;
const hoursOfDay = 24;
const workingDaysOfWeek = 5;

/**
 * Reads a plan against the hub's document. Fails with CAPACITY_STALE, TEMPLATE_UNKNOWN, PLAN_OUTSIDE_TEMPLATE, and
 * INVALID_FIELD where the dates are reversed.
 */
export function createDemand(hub: TimedHub, plan: CoursePlan, now: Temporal.Instant): Demand {
  const { document, time } = hub;
  if (isStale(document, now)) {
    const facts = { hub: document.name, valid_until_time: document.validUntilAt.toString() };
    throw refusal("CAPACITY_STALE", facts);
  }
  const id = splitTemplateName(plan.template)?.id;
  const template = document.templates.find((candidate) => candidate.id === id);
  if (template === undefined || splitTemplateName(plan.template)?.hub !== document.name) {
    throw refusal("TEMPLATE_UNKNOWN", { template: plan.template });
  }
  if (Temporal.PlainDate.compare(plan.readyDate, plan.dueDate) > 0) {
    throw invalidField("plan.due_date", "lies before the ready date");
  }
  const readyDay = dayOfDate(plan.readyDate);
  const phases = phasesOf(template, plan);
  const reserve = reserveOf(document, template);
  return {
    document,
    time,
    template,
    phases,
    shapes: shapesOf(template, phases, plan.underAnaesthesia),
    preparation: preparationOf(template, plan.underAnaesthesia),
    siteGroups: siteGroupsOf(document, template),
    rules: template.rules,
    stays: staysOf(template, plan),
    underAnaesthesia: plan.underAnaesthesia,
    isEmergency: false,
    ...(reserve === undefined ? {} : { reserve }),
    today: time.dayOf(minuteOfInstant(now)),
    compensations: template.rules.compensations ?? [],
    readyDay,
    dueDay: Math.min(dayOfDate(plan.dueDate), readyDay + startDaysMax),
    notBefore: minuteOfInstant(now),
    spread: 0,
  };
}

/** The same demand for a patient who needs it that soon; a demand is routine unless that is said. */
export function withPriority(demand: Demand, priority: Priority): Demand {
  if (priority === "ROUTINE") return demand;
  const { reserve: _, ...urgent } = demand;
  return { ...urgent, isEmergency: priority === "EMERGENCY" };
}

/** The same demand from the day after its due day on; nothing where that is past the last day. */
export function searchedLater(demand: Demand, lastDay: Day): Demand {
  return { ...demand, readyDay: demand.dueDay + 1, dueDay: Math.max(demand.dueDay, lastDay) };
}

/**
 * The same demand with its equal resources in another order, so that many who ask at once do not all try the same ones.
 */
export function spreadOut(demand: Demand, spread: number): Demand {
  const siteGroups = rotated(demand.siteGroups, spread).map((group) => rotated(group, spread));
  return { ...demand, siteGroups, spread };
}

/** The list from another entry on, and then from its beginning. */
export function rotated<Entry>(list: readonly Entry[], by: number): readonly Entry[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return from === 0 ? list : [...list.slice(from), ...list.slice(0, from)];
}

/** The same demand with nothing of it before that time. */
export function startingFrom(demand: Demand, at: Temporal.Instant): Demand {
  return { ...demand, notBefore: Math.max(demand.notBefore, minuteOfInstant(at)) };
}

/** The rest of a course that has begun: no preparation, no new stays, and only the sessions that are left. */
export function continuing(demand: Demand, begun: Begun): Demand {
  const rest = { ...demand, begun, preparation: [], stays: [] };
  if (begun.phases === undefined) return rest;
  // What was missed of a phase is still to be given as such, also where a later phase has begun.
  const phases = [...begun.phases, ...without(demand.phases, begun.phases)];
  const shapes = shapesOf(demand.template, phases, demand.underAnaesthesia);
  return { ...rest, phases, shapes };
}

function without(all: readonly string[], given: readonly string[]): string[] {
  const left = [...given];
  return all.filter((phase) => {
    const at = left.indexOf(phase);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** The first and the last day on which the first session may be, with the stays before it. */
export function firstSessionDays(demand: Demand): { readonly first: Day; readonly last: Day } {
  const { time, readyDay, dueDay, notBefore } = demand;
  const lead = leadDays(demand);
  const first = Math.max(readyDay, time.dayOf(notBefore)) + lead;
  return { first: Math.max(first, isotopeDay(demand)), last: dueDay + lead };
}

// The first day on which the stays that need an isotope can begin, as that of the first session; past the last day where
// the table of working days ends before.
function isotopeDay({ document, stays, time, notBefore, dueDay }: Demand): Day {
  const days = stays.flatMap(({ pool, fromDay }) => {
    const order = document.pools.find(({ id }) => id === pool)?.isotopeOrderDays ?? 0;
    if (order === 0) return [];
    return [
      (time.workingDaysAfter(time.dayOf(notBefore), order) ?? dueDay + startDaysMax) - fromDay,
    ];
  });
  return Math.max(Number.NEGATIVE_INFINITY, ...days);
}

/** How many days before the first session the first stay begins. */
export function leadDays(demand: Demand): number {
  return Math.max(0, ...demand.stays.map(({ fromDay }) => -fromDay));
}

/** The days that a course of this demand can touch; the planner looks at no others. */
export function horizonOf(demand: Demand): { readonly firstDay: Day; readonly lastDay: Day } {
  const { rules, phases, stays } = demand;
  const daysOfWeek = Math.min(
    workingDaysOfWeek,
    rules.sessionsPerWeek === 0 ? workingDaysOfWeek : rules.sessionsPerWeek,
  );
  const inWeeks = Math.ceil(phases.length / rules.sessionsPerDay / daysOfWeek) * weekDays;
  const sessionDays = Math.max(inWeeks, (phases.length - 1) * cycleDays(rules));
  const stayDays = Math.max(0, ...stays.map((stay) => stay.fromDay + daysOf(stay)));
  const lastStart = demand.dueDay + leadDays(demand);
  return {
    firstDay: preparationDay(demand),
    // A single session has no gap that a holiday could widen.
    lastDay: lastStart + Math.max(sessionDays, stayDays) + (phases.length > 1 ? spareDays : 1),
  };
}

// Working days are never further apart than this for each of them, with the longest holidays known.
const daysOfWorkingDay = 2;
const holidayDays = 10;

function preparationDay({ preparation, readyDay }: Demand): Day {
  const lead = Math.max(0, ...preparation.map(({ leadDaysMax }) => leadDaysMax));
  return lead === 0 ? readyDay : readyDay - lead * daysOfWorkingDay - holidayDays;
}

// Cycles of weeks may each be as late as their gap allows; 0 where sessions follow each other within the week.
function cycleDays({ minGapHours, maxGapHours }: SessionRules): number {
  if (minGapHours < weekDays * hoursOfDay) return 0;
  return Math.ceil((maxGapHours === 0 ? minGapHours : maxGapHours) / hoursOfDay) + 1;
}

/** The ids of the resources that a demand may use. */
export function resourcesOf(demand: Demand): string[] {
  const { document, siteGroups, shapes, preparation } = demand;
  const kinds = new Set([
    ...new Set(shapes).values().flatMap(({ otherUses }) => otherUses.map(({ kind }) => kind)),
    ...preparation.flatMap(({ uses }) => uses.map(({ kind }) => kind)),
  ]);
  const others = document.resources.filter(({ kind }) => kinds.has(kind)).map(({ id }) => id);
  return [...new Set([...siteGroups.flat(), ...others, ...reservedSites(demand)])];
}

/** The pools that a demand may use. */
export function poolsOf({ document, stays, shapes, siteGroups }: Demand): Pool[] {
  const beds = new Set(stays.map(({ pool }) => pool));
  const sites = siteGroups.flat();
  const usesBeam = shapes.some(({ beam }) => beam !== undefined);
  return document.pools.filter(({ id, kind, serves }) =>
    kind === "BED" ? beds.has(id) : usesBeam && serves.some((site) => sites.includes(site)),
  );
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
