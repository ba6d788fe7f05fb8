import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { CourseTemplate, Hub, HubDocument, Pool, ResourceUse, SessionRules } from "./hub.ts";
import { isSiteKind, isStale } from "./hub.ts";
import { type Day, dayOfDate, type HubTime, type Minute, minuteOfInstant } from "./hub-time.ts";
import { splitTemplateName } from "./names.ts";
import type { CapacityReason } from "./reasons.ts";

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
};

/** A stay to be placed, from a day counted from that of the first session. */
export type DemandedStay = {
  readonly stay: string;
  readonly pool: string;
  readonly fromDay: number;
  readonly days: number;
};

/** All that the planner has to place, in its own terms. */
export type Demand = {
  readonly document: HubDocument;
  readonly time: HubTime;
  readonly template: CourseTemplate;
  /** The phase of each session, in the order of the sessions. */
  readonly phases: readonly string[];
  readonly siteUse: ResourceUse;
  readonly otherUses: readonly ResourceUse[];
  /** The sites that one course may be treated at: one of the groups, any site in it. */
  readonly siteGroups: readonly (readonly string[])[];
  readonly rules: SessionRules;
  readonly stays: readonly DemandedStay[];
  readonly underAnaesthesia: boolean;
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
  return {
    document,
    time,
    template,
    phases: phasesOf(template, plan),
    siteUse: must(
      template.uses.find(({ kind }) => isSiteKind(kind)),
      "a published template has a site",
    ),
    otherUses: template.uses.filter(
      ({ kind, onlyUnderAnaesthesia }) =>
        !isSiteKind(kind) && (plan.underAnaesthesia || !onlyUnderAnaesthesia),
    ),
    siteGroups: siteGroupsOf(document, template),
    rules: template.rules,
    stays: staysOf(template, plan),
    underAnaesthesia: plan.underAnaesthesia,
    readyDay,
    dueDay: Math.min(dayOfDate(plan.dueDate), readyDay + startDaysMax),
    notBefore: minuteOfInstant(now),
    spread: 0,
  };
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

/** The first and the last day on which the first session may be, with the stays before it. */
export function firstSessionDays(demand: Demand): { readonly first: Day; readonly last: Day } {
  const { time, readyDay, dueDay, notBefore } = demand;
  const lead = leadDays(demand);
  return { first: Math.max(readyDay, time.dayOf(notBefore)) + lead, last: dueDay + lead };
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
  const stayDays = Math.max(0, ...stays.map(({ fromDay, days }) => fromDay + days));
  const lastStart = demand.dueDay + leadDays(demand);
  return {
    firstDay: demand.readyDay,
    lastDay: lastStart + Math.max(sessionDays, stayDays) + spareDays,
  };
}

// Cycles of weeks may each be as late as their gap allows; 0 where sessions follow each other within the week.
function cycleDays({ minGapHours, maxGapHours }: SessionRules): number {
  if (minGapHours < weekDays * hoursOfDay) return 0;
  return Math.ceil((maxGapHours === 0 ? minGapHours : maxGapHours) / hoursOfDay) + 1;
}

/** The ids of the resources that a demand may use. */
export function resourcesOf({ document, siteGroups, otherUses }: Demand): string[] {
  const kinds = new Set(otherUses.map(({ kind }) => kind));
  const others = document.resources.filter(({ kind }) => kinds.has(kind)).map(({ id }) => id);
  return [...siteGroups.flat(), ...others];
}

/** The pools that a demand may use. */
export function poolsOf({ document, stays, template, siteGroups }: Demand): Pool[] {
  const beds = new Set(stays.map(({ pool }) => pool));
  const sites = siteGroups.flat();
  return document.pools.filter(({ id, kind, serves }) =>
    kind === "BED"
      ? beds.has(id)
      : template.beam !== undefined && serves.some((site) => sites.includes(site)),
  );
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}

function phasesOf(template: CourseTemplate, plan: CoursePlan): string[] {
  const planned = new Map(plan.phases.map(({ phase, sessionCount }) => [phase, sessionCount]));
  for (const { phase } of plan.phases) {
    if (!template.phases.some(({ id }) => id === phase)) {
      throw refusal("PLAN_OUTSIDE_TEMPLATE", { phase });
    }
  }
  return template.phases.flatMap(({ id, sessionCount, sessionCountMin, sessionCountMax }) => {
    const count = planned.size === 0 ? sessionCount : planned.get(id);
    if (count === undefined) return [];
    if (count < sessionCountMin || count > sessionCountMax) {
      const limits = { min: String(sessionCountMin), max: String(sessionCountMax) };
      throw refusal("PLAN_OUTSIDE_TEMPLATE", {
        phase: id,
        session_count: String(count),
        ...limits,
      });
    }
    return Array.from({ length: count }, () => id);
  });
}

// A stay that the plan makes longer or shorter moves those that begin when it ends.
function staysOf(template: CourseTemplate, plan: CoursePlan): DemandedStay[] {
  const planned = new Map(plan.stays.map(({ stay, days }) => [stay, days]));
  for (const { stay } of plan.stays) {
    if (!template.stays.some(({ id }) => id === stay)) {
      throw refusal("PLAN_OUTSIDE_TEMPLATE", { stay });
    }
  }
  const shiftByEnd = new Map<number, number>();
  return template.stays.flatMap(({ id, pool, fromDay, days }) => {
    const wanted = planned.size === 0 ? days : planned.get(id);
    if (wanted === undefined) return [];
    const shift = shiftByEnd.get(fromDay) ?? 0;
    shiftByEnd.set(fromDay + days, shift + wanted - days);
    return [{ stay: id, pool, fromDay: fromDay + shift, days: wanted }];
  });
}

function siteGroupsOf(document: HubDocument, template: CourseTemplate): string[][] {
  const kind = template.uses.find((use) => isSiteKind(use.kind))?.kind;
  const sites =
    template.sites.length > 0
      ? [...template.sites]
      : document.resources.filter((resource) => resource.kind === kind).map(({ id }) => id);
  return template.rules.sameSite ? sites.map((site) => [site]) : [sites];
}
