import { now } from "@carehub/database/clock";
import type { Database } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { invalidField } from "@carehub/rules/ids";
import type { CoursePlan } from "../domain/demand.ts";
import { type AnswerTime, holdParts } from "../domain/hold.ts";
import { isStale } from "../domain/hub.ts";
import { splitTemplateName } from "../domain/names.ts";
import { worstOverflow } from "../domain/overflow-rule.ts";
import type { Priority } from "../domain/priority.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { type FoundCourse, findEarliest, type HubSearch } from "../domain/search-earliest.ts";
import { knownOf } from "../domain/search-firsts.ts";
import { type Asked, askedForCase, prepareSearch, toAsked } from "../domain/search-plan.ts";
import { isUrgentOnly } from "../domain/search-urgent.ts";
import { type IndexedHub, type SearchIndex, templateName } from "./search-index.ts";
import { searchInSlices, searchTooLong, sliceMsMax } from "./search-slices.ts";
import { hubNotFound } from "./visibility.ts";

/** What searches read from. */
export type FindDeps = { readonly db: Database; readonly searchIndex: SearchIndex };

/** What is searched for. */
export type FindQuery = {
  /** Empty where templates are named. */
  readonly programme: string;
  readonly templates: readonly string[];
  /** Empty for all. */
  readonly hubs: readonly string[];
  readonly plan: Omit<CoursePlan, "template">;
  readonly priority: Priority;
  /** How long a case's party would have to answer; absent for a hub's own patient. */
  readonly answerTime?: AnswerTime;
  readonly limit: number;
};

/** Why a template of a hub has no course; without a template where the hub has none of the programme. */
export type Without = {
  readonly hub: string;
  readonly template: string;
  readonly reason: string;
};

/** A course that would fit. */
export type FoundView = ReturnType<typeof holdParts> & {
  readonly hub: string;
  readonly template: string;
  readonly capacityVersion: number;
  readonly overflowProbabilityPpm: number;
  readonly urgentOnly: boolean;
};

/** What was found, and how far the index had read. */
export type FoundCourses = {
  readonly courses: readonly FoundView[];
  readonly without: readonly Without[];
  readonly asOf: bigint;
  readonly searchAt: Temporal.Instant;
};

const daysMax = 366;
const hubDaysMax = 6_000;
/** How many days are looked at between two looks at the clock. */
const looksBetween = 128;

/**
 * Finds the earliest courses in the index; nothing is held. Fails with HUB_NOT_FOUND, INVALID_FIELD, SEARCH_TOO_WIDE,
 * SEARCH_TOO_LONG, and CALENDAR_YEAR_UNKNOWN for the answer time.
 */
export async function findCourses(
  { db, searchIndex }: FindDeps,
  query: FindQuery,
  remainingMs: number,
): Promise<FoundCourses> {
  const begunAt = performance.now();
  const at = await now(db);
  const { hubs, asOf } = searchIndex;
  const sliced = {
    search: (limitMs: number) => ({
      ...searchHubs(hubs, query, { at, remainingMs: limitMs }),
      asOf: asOf(),
    }),
    workedOut: () => workedOutOf(hubs),
  };
  return await searchInSlices(sliced, remainingMs - (performance.now() - begunAt));
}

/** Counts what searches worked out and left for the next. */
export function workedOutOf(hubs: ReadonlyMap<string, IndexedHub>): number {
  let count = 0;
  for (const { index, plans } of hubs.values()) {
    count += index.daysWorkedOut();
    for (const { firsts } of plans.values()) {
      for (const known of firsts.values()) count += knownOf(known);
    }
  }
  return count;
}

/** The search itself; nothing changes the index meanwhile. */
export function searchHubs(
  hubs: ReadonlyMap<string, IndexedHub>,
  query: FindQuery,
  { at, remainingMs }: { readonly at: Temporal.Instant; readonly remainingMs: number },
): Omit<FoundCourses, "asOf"> {
  const { limit } = query;
  const asked = askedOf(query, at);
  const targets = targetsOf(hubs, query);
  checkWidth(asked, new Set(targets.map(({ hub }) => hub)).size);
  const without: Without[] = [];
  const searches: HubSearch[] = [];
  for (const { hub, template } of targets) {
    const indexed = hubs.get(hub);
    if (indexed === undefined) throw hubNotFound(hub);
    const prepared = tryToPrepare(indexed, template, asked);
    if (typeof prepared === "string") without.push({ hub, template, reason: prepared });
    else searches.push(prepared);
  }
  const found = findEarliest(searches, { limit, onLook: clock(remainingMs) });
  for (const search of found.without) {
    without.push({ ...namesOf(search), reason: "NOTHING_FREE" });
  }
  const askedRoutine = askedOf({ ...query, priority: "ROUTINE" }, at);
  const courses = found.courses.map((course) => viewOf(hubs, course, { asked, askedRoutine }));
  return { courses, without: without.toSorted(byName), searchAt: at };
}

function askedOf({ plan, priority, answerTime }: FindQuery, at: Temporal.Instant): Asked {
  const asked = toAsked(plan, priority, at);
  return answerTime === undefined ? asked : askedForCase(asked, answerTime);
}

type Target = { readonly hub: string; readonly template: string };

function targetsOf(hubs: ReadonlyMap<string, IndexedHub>, query: FindQuery): Target[] {
  const { programme, templates } = query;
  if ((programme === "") === (templates.length === 0)) {
    throw invalidField("programme", "is to be named, or templates, and not both");
  }
  const unknown = query.hubs.find((hub) => !hubs.has(hub));
  if (unknown !== undefined) throw hubNotFound(unknown);
  const isAsked = (hub: string) => query.hubs.length === 0 || query.hubs.includes(hub);
  if (templates.length > 0) {
    return templates
      .map((template) => ({ hub: splitTemplateName(template)?.hub ?? "", template }))
      .filter(({ hub }) => isAsked(hub));
  }
  const targets: Target[] = [];
  for (const [hub, { index }] of hubs) {
    if (!isAsked(hub)) continue;
    const { name, templates: own } = index.hub.document;
    const fitting = own.filter((template) => template.programme === programme);
    targets.push(...fitting.map(({ id }) => ({ hub, template: templateName(name, id) })));
    // Of those that nobody named, the ones without the programme are not worth a word.
    if (fitting.length === 0 && query.hubs.length > 0) targets.push({ hub, template: "" });
  }
  return targets;
}

function checkWidth({ readyDay, dueDay }: Asked, hubs: number): void {
  if (readyDay > dueDay) throw invalidField("due_date", "lies before the ready date");
  const days = dueDay - readyDay + 1;
  if (days <= daysMax && days * hubs <= hubDaysMax) return;
  throw refusal("SEARCH_TOO_WIDE", {
    hub_days: String(days * hubs),
    hub_days_max: String(hubDaysMax),
    days_max: String(daysMax),
  });
}

function tryToPrepare({ index, plans }: IndexedHub, template: string, asked: Asked) {
  if (template === "") return "NO_TEMPLATE";
  if (isStale(index.hub.document, asked.now)) return "CAPACITY_STALE";
  try {
    return prepareSearch(index, plans, { template, asked });
  } catch (error) {
    if (error instanceof DomainError) return error.reason;
    throw error;
  }
}

// Looks at the clock now and then: a search runs to its end at once, and nobody else is served meanwhile.
function clock(remainingMs: number): () => void {
  const limitMs = Math.min(sliceMsMax, remainingMs);
  const until = performance.now() + limitMs;
  let looks = 0;
  return () => {
    looks += 1;
    if (looks % looksBetween !== 0 || performance.now() < until) return;
    throw searchTooLong(limitMs);
  };
}

function viewOf(
  hubs: ReadonlyMap<string, IndexedHub>,
  { search, course }: FoundCourse,
  { asked, askedRoutine }: { readonly asked: Asked; readonly askedRoutine: Asked },
): FoundView {
  const { index, demand } = search;
  const availability = index.availability();
  const names = namesOf(search);
  const indexed = hubs.get(names.hub);
  const isUrgent = asked.priority !== "ROUTINE" && indexed !== undefined;
  const routine = isUrgent
    ? prepareSearch(indexed.index, indexed.plans, {
        template: names.template,
        asked: askedRoutine,
      })
    : undefined;
  return {
    ...holdParts(demand, course),
    ...names,
    capacityVersion: index.hub.version,
    overflowProbabilityPpm: worstOverflow({ demand, availability }, course.stays) ?? 0,
    urgentOnly:
      routine !== undefined && isUrgentOnly({ demand: routine.demand, availability }, course),
  };
}

function namesOf({ demand: { document, template } }: HubSearch): Target {
  return { hub: document.name, template: templateName(document.name, template.id) };
}

function byName(one: Without, other: Without): number {
  if (one.hub !== other.hub) return one.hub < other.hub ? -1 : 1;
  return one.template < other.template ? -1 : 1;
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
