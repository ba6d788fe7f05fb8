import { hasCalendarYear } from "@carehub/calendar/table";
import { DomainError, type FieldViolation } from "@carehub/rules/domain-error";
import { type CourseTemplate, type HubDocument, isSiteKind } from "./hub.ts";
import type { CapacityReason } from "./reasons.ts";

/**
 * Checks that the parts of a document fit each other; what a single field may hold is checked before. Fails with
 * HUB_DOCUMENT_INVALID and every violation that it found.
 */
export function checkHubDocument(document: HubDocument, now: Temporal.Instant): void {
  const violations = [
    ...checkPlace(document, now),
    ...checkResources(document),
    ...checkPools(document),
    ...checkDates(document),
    ...unique("hub.templates", document.templates),
    ...document.templates.flatMap((template, index) =>
      checkTemplate(document, template, `hub.templates[${index}]`),
    ),
  ];
  if (violations.length === 0) return;
  const reason: CapacityReason = "HUB_DOCUMENT_INVALID";
  throw new DomainError(reason, { violations: String(violations.length) }, { violations });
}

type Violations = readonly FieldViolation[];

function violation(field: string, description: string): FieldViolation {
  return { field, description };
}

function checkPlace(document: HubDocument, now: Temporal.Instant): Violations {
  const { zone, country, validUntilAt } = document;
  const year = now.toZonedDateTimeISO("UTC").year;
  return [
    ...(isZone(zone) ? [] : [violation("hub.zone", "is not a known time zone")]),
    ...(hasCalendarYear(country, year)
      ? []
      : [violation("hub.country", "has no table of working days for this year")]),
    ...(Temporal.Instant.compare(validUntilAt, now) > 0
      ? []
      : [violation("hub.valid_until_time", "is not in the future")]),
  ];
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function checkResources({ resources }: HubDocument): Violations {
  return [
    ...unique("hub.resources", resources),
    ...resources.flatMap((resource, at) =>
      resource.weeklyOpenings.flatMap((opening, index) =>
        checkWindow(opening, `hub.resources[${at}].weekly_openings[${index}]`),
      ),
    ),
  ];
}

function checkWindow(window: { start: number; end: number }, field: string): Violations {
  return window.start < window.end ? [] : [violation(`${field}.end`, "is not after the start")];
}

function checkPools({ pools, resources }: HubDocument): Violations {
  const kinds = new Map(resources.map(({ id, kind }) => [id, kind]));
  const servedBy = new Map<string, string>();
  return [
    ...unique("hub.pools", pools),
    ...pools.flatMap((pool, at) => {
      if (pool.kind === "BED" && pool.serves.length > 0) {
        return [violation(`hub.pools[${at}].serves`, "beds serve no rooms")];
      }
      return pool.serves.flatMap((room, index) => {
        const field = `hub.pools[${at}].serves[${index}]`;
        const kind = kinds.get(room);
        if (kind === undefined || !isSiteKind(kind)) return [violation(field, "is no site")];
        if (servedBy.has(room)) return [violation(field, "is served by another beam")];
        servedBy.set(room, pool.id);
        return [];
      });
    }),
  ];
}

function checkDates(document: HubDocument): Violations {
  const known = new Set(document.resources.map(({ id }) => id));
  const checkKnown = (ids: readonly string[], field: string) =>
    ids.flatMap((id, index) =>
      known.has(id) ? [] : [violation(`${field}.resources[${index}]`, "is no resource")],
    );
  return [
    ...document.exceptionalOpenings.flatMap((opening, index) => {
      const field = `hub.exceptional_openings[${index}]`;
      return [...checkKnown(opening.resources, field), ...checkWindow(opening, field)];
    }),
    ...document.closures.flatMap((closure, index) => {
      const field = `hub.closures[${index}]`;
      const days = Temporal.PlainDate.compare(closure.firstDate, closure.lastDate);
      const backward = days > 0 || (days === 0 && closure.start >= closure.end);
      return [
        ...checkKnown(closure.resources, field),
        ...(backward ? [violation(`${field}.last_date`, "lies before the beginning")] : []),
      ];
    }),
  ];
}

function checkTemplate(hub: HubDocument, template: CourseTemplate, field: string): Violations {
  return [
    ...checkShape(hub, template, `${field}.session`),
    ...checkRules(template, `${field}.rules`),
    ...unique(`${field}.phases`, template.phases),
    ...template.phases.flatMap(({ sessionCount, sessionCountMin, sessionCountMax }, index) =>
      sessionCountMin <= sessionCount && sessionCount <= sessionCountMax
        ? []
        : [violation(`${field}.phases[${index}]`, "its session count is outside its own limits")],
    ),
    ...unique(`${field}.stays`, template.stays),
    ...template.stays.flatMap(({ pool }, index) =>
      hub.pools.some(({ id, kind }) => id === pool && kind === "BED")
        ? []
        : [violation(`${field}.stays[${index}].pool`, "is no pool of beds")],
    ),
    ...template.services.flatMap(({ basis, stay }, index) => {
      const known = template.stays.some(({ id }) => id === stay);
      const right = basis === "PER_STAY_DAY" ? known : stay === "";
      return right ? [] : [violation(`${field}.services[${index}].stay`, "does not fit the basis")];
    }),
  ];
}

function checkShape(hub: HubDocument, template: CourseTemplate, field: string): Violations {
  const siteUses = template.uses.filter(({ kind }) => isSiteKind(kind));
  const [site] = siteUses;
  if (site === undefined || siteUses.length > 1 || site.onlyUnderAnaesthesia) {
    return [violation(`${field}.uses`, "uses exactly one room or theatre, in every session")];
  }
  const ofKind = hub.resources.filter(({ kind }) => kind === site.kind).map(({ id }) => id);
  const sites = template.sites.length === 0 ? ofKind : template.sites;
  const beams = hub.pools.filter(({ kind }) => kind === "BEAM");
  return [
    ...(sites.length === 0 ? [violation(`${field}.sites`, "has no site")] : []),
    ...sites
      .filter((id) => !ofKind.includes(id))
      .map((id) => violation(`${field}.sites`, `${id} is not of the site's kind`)),
    ...sites
      .filter((id) => template.beam && !beams.some(({ serves }) => serves.includes(id)))
      .map((id) => violation(`${field}.beam`, `no beam serves ${id}`)),
    ...template.uses
      .filter((use) => !hub.resources.some(({ kind }) => kind === use.kind))
      .map((use) => violation(`${field}.uses`, `the hub has no ${use.kind}`)),
  ];
}

function checkRules({ rules }: CourseTemplate, field: string): Violations {
  const { minGapHours, maxGapHours } = rules;
  return minGapHours <= maxGapHours
    ? []
    : [violation(`${field}.max_gap_hours`, "is less than the least gap")];
}

function unique(field: string, parts: readonly { readonly id: string }[]): Violations {
  const ids = new Set<string>();
  return parts.flatMap(({ id }, index) => {
    if (ids.has(id)) return [violation(`${field}[${index}].id`, "stands twice")];
    ids.add(id);
    return [];
  });
}
