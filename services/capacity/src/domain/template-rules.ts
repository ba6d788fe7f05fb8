import {
  type CourseTemplate,
  type HubDocument,
  isSiteKind,
  type SessionShape,
  type TemplateStay,
} from "./hub.ts";
import { unique, type Violations, violation } from "./violations.ts";

/** Checks that the parts of a template fit each other and its hub. */
export function checkTemplate(
  hub: HubDocument,
  template: CourseTemplate,
  field: string,
): Violations {
  return [
    ...checkSites(hub, template, `${field}.session`),
    ...checkShape(hub, template, { shape: template, field: `${field}.session` }),
    ...template.phases.flatMap(({ session, firstSession }, index) => [
      ...checkPhaseShape(hub, template, {
        shape: session,
        field: `${field}.phases[${index}].session`,
      }),
      ...checkPhaseShape(hub, template, {
        shape: firstSession,
        field: `${field}.phases[${index}].first_session`,
      }),
    ]),
    ...checkRules(template, `${field}.rules`),
    ...checkPreparation(hub, template, `${field}.preparation`),
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
    ...template.stays.flatMap((stay, index) => checkStay(stay, `${field}.stays[${index}]`)),
    ...template.services.flatMap(({ basis, stay }, index) => {
      const known = template.stays.some(({ id }) => id === stay);
      const right = basis === "PER_STAY_DAY" ? known : stay === "";
      return right ? [] : [violation(`${field}.services[${index}].stay`, "does not fit the basis")];
    }),
  ];
}

function checkSites(hub: HubDocument, template: CourseTemplate, field: string): Violations {
  const site = template.uses.find(({ kind }) => isSiteKind(kind));
  const ofKind = hub.resources.filter(({ kind }) => kind === site?.kind).map(({ id }) => id);
  const sites = template.sites.length === 0 ? ofKind : template.sites;
  return [
    ...(sites.length === 0 ? [violation(`${field}.sites`, "has no site")] : []),
    ...sites
      .filter((id) => !ofKind.includes(id))
      .map((id) => violation(`${field}.sites`, `${id} is not of the site's kind`)),
  ];
}

type ShapeAt = { readonly shape: SessionShape; readonly field: string };

function checkShape(
  hub: HubDocument,
  template: CourseTemplate,
  { shape, field }: ShapeAt,
): Violations {
  const siteUses = shape.uses.filter(({ kind }) => isSiteKind(kind));
  const [site] = siteUses;
  if (site === undefined || siteUses.length > 1 || site.onlyUnderAnaesthesia) {
    return [violation(`${field}.uses`, "uses exactly one room or theatre, in every session")];
  }
  const ofKind = hub.resources.filter(({ kind }) => kind === site.kind).map(({ id }) => id);
  const sites = template.sites.length === 0 ? ofKind : template.sites;
  const beams = hub.pools.filter(({ kind }) => kind === "BEAM");
  return [
    ...sites
      .filter((id) => shape.beam && !beams.some(({ serves }) => serves.includes(id)))
      .map((id) => violation(`${field}.beam`, `no beam serves ${id}`)),
    ...checkKinds(hub, shape.uses, `${field}.uses`),
  ];
}

// A phase is treated where the template says, so its own shapes name no sites.
function checkPhaseShape(
  hub: HubDocument,
  template: CourseTemplate,
  { shape, field }: { readonly shape: SessionShape | undefined; readonly field: string },
): Violations {
  if (shape === undefined) return [];
  const siteKind = (uses: SessionShape["uses"]) => uses.find(({ kind }) => isSiteKind(kind))?.kind;
  const violations = checkShape(hub, template, { shape, field });
  return violations.length > 0 || siteKind(shape.uses) === siteKind(template.uses)
    ? violations
    : [violation(`${field}.uses`, "its site is not of the template's kind")];
}

function checkKinds(hub: HubDocument, uses: SessionShape["uses"], field: string): Violations {
  return uses
    .filter((use) => !hub.resources.some(({ kind }) => kind === use.kind))
    .map((use) => violation(field, `the hub has no ${use.kind}`));
}

function checkPreparation(hub: HubDocument, template: CourseTemplate, field: string): Violations {
  const steps = template.preparation ?? [];
  return [
    ...unique(field, steps),
    ...steps.flatMap(({ uses, leadDaysMin, leadDaysMax }, index) => {
      const at = `${field}[${index}]`;
      const before = steps[index - 1]?.leadDaysMax ?? Number.POSITIVE_INFINITY;
      return [
        ...checkKinds(hub, uses, `${at}.uses`),
        ...(leadDaysMin <= leadDaysMax
          ? []
          : [violation(`${at}.lead_days_max`, "is less than the fewest")]),
        ...(before >= leadDaysMin
          ? []
          : [violation(`${at}.lead_days_min`, "would come before the step that it follows")]),
      ];
    }),
  ];
}

// Nobody comes back who left: the probability to be there never rises.
function checkStay({ distributions = [] }: TemplateStay, field: string): Violations {
  return distributions.flatMap(({ presentPpm, ageMonthsMin, ageMonthsMax }, index) => {
    const at = `${field}.distributions[${index}]`;
    const rises = presentPpm.some((present, day) => present > (presentPpm[day - 1] ?? present));
    return [
      ...(rises ? [violation(`${at}.present_ppm`, "rises from one day to the next")] : []),
      ...(ageMonthsMax > 0 && ageMonthsMax < ageMonthsMin
        ? [violation(`${at}.age_months_max`, "is less than the least age")]
        : []),
    ];
  });
}

// The least gap of two fractions on one day (Royal College of Radiologists, timely delivery of radical radiotherapy, 2019).
const sameDayGapHoursMin = 6;

function checkRules({ rules }: CourseTemplate, field: string): Violations {
  const { minGapHours, maxGapHours, sameDayGapHours, anaesthesiaWindow: window } = rules;
  const compensations = rules.compensations ?? [];
  return [
    ...(minGapHours <= maxGapHours
      ? []
      : [violation(`${field}.max_gap_hours`, "is less than the least gap")]),
    ...(compensations.includes("SAME_DAY") && (sameDayGapHours ?? 0) < sameDayGapHoursMin
      ? [violation(`${field}.same_day_gap_hours`, "is less than six hours for a lost day")]
      : []),
    ...(window !== undefined && window.start >= window.end
      ? [violation(`${field}.anaesthesia_window.end`, "is not after the start")]
      : []),
  ];
}
