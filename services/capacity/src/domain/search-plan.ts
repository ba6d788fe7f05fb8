import { type CoursePlan, createDemand, type Demand, withPriority } from "./demand.ts";
import { type AnswerTime, answerByOf, releaseOf } from "./hold.ts";
import { type Day, dayOfDate, type Minute, minuteOfInstant } from "./hub-time.ts";
import { splitTemplateName } from "./names.ts";
import type { Priority } from "./priority.ts";
import type { HubSearch } from "./search-earliest.ts";
import type { Firsts } from "./search-firsts.ts";
import type { HubIndex } from "./search-index.ts";
import { entryOf } from "./session-times.ts";

type Prepared = {
  readonly demand: Demand;
  readonly firsts: Map<string, Firsts>;
  changes: number;
};

/** What is kept of one hub's plans from search to search. */
export type Plans = Map<string, Prepared>;

const plansMax = 64;

/** What a search asks of every hub, and when. */
export type Asked = {
  readonly plan: Omit<CoursePlan, "template">;
  readonly priority: Priority;
  readonly now: Temporal.Instant;
  /** The same of two that differ in nothing but dates. */
  readonly key: string;
  readonly readyDay: Day;
  readonly dueDay: Day;
  readonly nowMinute: Minute;
  /** Later than now where a party would be waited for. */
  readonly notBefore: Minute;
};

/** Reads what is asked once for all hubs. */
export function toAsked(
  plan: Omit<CoursePlan, "template">,
  priority: Priority,
  now: Temporal.Instant,
): Asked {
  const { readyDate, dueDate, ...rest } = plan;
  const nowMinute = minuteOfInstant(now);
  return {
    ...{ plan, priority, now },
    key: JSON.stringify([rest, priority]),
    readyDay: dayOfDate(readyDate),
    dueDay: dayOfDate(dueDate),
    ...{ nowMinute, notBefore: nowMinute },
  };
}

/** The same for a case whose party has so long to answer: nothing before its hold could be released. */
export function askedForCase(asked: Asked, answerTime: AnswerTime): Asked {
  const releaseAt = releaseOf(answerByOf(answerTime, asked.now));
  return { ...asked, notBefore: Math.max(asked.notBefore, minuteOfInstant(releaseAt)) };
}

/**
 * Prepares the search for a template of a hub; what does not depend on the dates is kept. Fails as `createDemand` does,
 * but does not look whether the hub's document is still valid once it has prepared it.
 */
export function prepareSearch(
  index: HubIndex,
  plans: Plans,
  { template, asked }: { readonly template: string; readonly asked: Asked },
): HubSearch {
  const { plan, priority, now, readyDay, dueDay, nowMinute, notBefore } = asked;
  const key = `${splitTemplateName(template)?.id} ${asked.key}`;
  if (plans.size >= plansMax && !plans.has(key)) plans.clear();
  const prepared = entryOf(plans, key, () => ({
    demand: withPriority(createDemand(index.hub, { ...plan, template }, now), priority),
    firsts: new Map(),
    changes: index.changes(),
  }));
  if (prepared.changes !== index.changes()) {
    prepared.firsts.clear();
    prepared.changes = index.changes();
  }
  const today = index.hub.time.dayOf(nowMinute);
  const demand: Demand = { ...prepared.demand, readyDay, dueDay, notBefore, today };
  return { index, demand, firsts: prepared.firsts };
}
