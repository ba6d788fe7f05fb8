import { hasCalendarYear } from "@carehub/calendar/table";
import { DomainError } from "@carehub/rules/domain-error";
import { type HubDocument, isSiteKind, type Pool } from "./hub.ts";
import type { CapacityReason } from "./reasons.ts";
import { checkTemplate } from "./template-rules.ts";
import { unique, type Violations, violation } from "./violations.ts";

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
    ...checkReserves(document),
    ...unique("hub.templates", document.templates),
    ...document.templates.flatMap((template, index) =>
      checkTemplate(document, template, `hub.templates[${index}]`),
    ),
  ];
  if (violations.length === 0) return;
  const reason: CapacityReason = "HUB_DOCUMENT_INVALID";
  throw new DomainError(reason, { violations: String(violations.length) }, { violations });
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
    ...resources.flatMap(({ kind, mirrorGroup }, at) =>
      mirrorGroup === undefined || isSiteKind(kind)
        ? []
        : [violation(`hub.resources[${at}].mirror_group`, "only rooms and theatres are mirrored")],
    ),
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
      if (pool.kind === "BED") return checkBeds(pool, `hub.pools[${at}]`);
      if (isOnlyForBeds(pool)) {
        return [violation(`hub.pools[${at}]`, "has what only pools of beds have")];
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

function checkBeds(pool: Pool, field: string): Violations {
  const { serves, changes = [], emergencyReserve = 0, capacity } = pool;
  return [
    ...(serves.length > 0 ? [violation(`${field}.serves`, "beds serve no rooms")] : []),
    ...(emergencyReserve > capacity
      ? [violation(`${field}.emergency_reserve`, "is more than there are")]
      : []),
    ...changes.flatMap(({ firstDate, lastDate }, index) =>
      Temporal.PlainDate.compare(firstDate, lastDate) > 0
        ? [violation(`${field}.changes[${index}].last_date`, "lies before the first")]
        : [],
    ),
  ];
}

function isOnlyForBeds({ changes = [], ...pool }: Pool): boolean {
  const { isotopeOrderDays, emergencyReserve, overflowBoundPpm } = pool;
  return changes.length > 0 || (isotopeOrderDays ?? emergencyReserve ?? overflowBoundPpm ?? 0) > 0;
}

function checkReserves({ urgentReserves = [] }: HubDocument): Violations {
  return urgentReserves.flatMap(({ kind, fullDays, openDays }, index) => {
    const field = `hub.urgent_reserves[${index}]`;
    return [
      ...(isSiteKind(kind) ? [] : [violation(`${field}.kind`, "is no kind of sites")]),
      ...(openDays < fullDays
        ? []
        : [violation(`${field}.open_days`, "is not less than full_days")]),
    ];
  });
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
