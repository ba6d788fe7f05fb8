import { DomainError } from "@carehub/rules/domain-error";
import type { CoursePlan, DemandedStay } from "./demand.ts";
import {
  type CourseTemplate,
  type HubDocument,
  isSiteKind,
  type PreparationStep,
  type UrgentReserve,
} from "./hub.ts";
import type { CapacityReason } from "./reasons.ts";
import { presenceOf } from "./stay-presence.ts";

/** The phase of each session; fails with PLAN_OUTSIDE_TEMPLATE. */
export function phasesOf(template: CourseTemplate, plan: CoursePlan): string[] {
  const planned = new Map(plan.phases.map(({ phase, sessionCount }) => [phase, sessionCount]));
  for (const { phase } of plan.phases) {
    if (!template.phases.some(({ id }) => id === phase)) {
      throw outside({ phase });
    }
  }
  return template.phases.flatMap(({ id, sessionCount, sessionCountMin, sessionCountMax }) => {
    const count = planned.size === 0 ? sessionCount : planned.get(id);
    if (count === undefined) return [];
    if (count < sessionCountMin || count > sessionCountMax) {
      const limits = { min: String(sessionCountMin), max: String(sessionCountMax) };
      throw outside({
        phase: id,
        session_count: String(count),
        ...limits,
      });
    }
    return Array.from({ length: count }, () => id);
  });
}

/**
 * The stays with their days; one that the plan makes longer or shorter moves those that begin when it ends. Fails with
 * PLAN_OUTSIDE_TEMPLATE.
 */
export function staysOf(template: CourseTemplate, plan: CoursePlan): DemandedStay[] {
  const planned = new Map(plan.stays.map(({ stay, days }) => [stay, days]));
  for (const { stay } of plan.stays) {
    if (!template.stays.some(({ id }) => id === stay)) {
      throw outside({ stay });
    }
  }
  const shiftByEnd = new Map<number, number>();
  return template.stays.flatMap(({ id, pool, fromDay, days, distributions = [] }) => {
    const wanted = planned.size === 0 ? days : planned.get(id);
    if (wanted === undefined) return [];
    const shift = shiftByEnd.get(fromDay) ?? 0;
    shiftByEnd.set(fromDay + days, shift + wanted - days);
    const presence = presenceOf({ distributions }, plan);
    const stay = { stay: id, pool, fromDay: fromDay + shift, days: wanted };
    return [presence === undefined ? stay : { ...stay, presence }];
  });
}

/** The steps before the first session, without what only a patient under anaesthesia uses where there is none. */
export function preparationOf(
  template: CourseTemplate,
  underAnaesthesia: boolean,
): PreparationStep[] {
  return (template.preparation ?? []).map((step) => ({
    ...step,
    uses: step.uses.filter(({ onlyUnderAnaesthesia }) => underAnaesthesia || !onlyUnderAnaesthesia),
  }));
}

/** The sites that one course may be treated at: one of the groups, any site in it. */
export function siteGroupsOf(document: HubDocument, template: CourseTemplate): string[][] {
  const kind = template.uses.find((use) => isSiteKind(use.kind))?.kind;
  const sites = document.resources.filter(({ id, ...resource }) =>
    template.sites.length > 0 ? template.sites.includes(id) : resource.kind === kind,
  );
  if (!template.rules.sameSite) return [sites.map(({ id }) => id)];
  const groups = Map.groupBy(sites, ({ id, mirrorGroup = "" }) =>
    mirrorGroup === "" ? id : `=${mirrorGroup}`,
  );
  return [...groups.values()].map((group) => group.map(({ id }) => id));
}

/** What the hub keeps of the template's kind of site for urgent courses; undefined for nothing. */
export function reserveOf(
  { urgentReserves = [] }: HubDocument,
  template: CourseTemplate,
): UrgentReserve | undefined {
  return urgentReserves.find(({ kind }) => template.uses.some((use) => use.kind === kind));
}

function outside(metadata: Record<string, string>): DomainError {
  const reason: CapacityReason = "PLAN_OUTSIDE_TEMPLATE";
  return new DomainError(reason, metadata);
}
