/** What a certificate can be rejected for; README.md says what each one means. */
export const rules = [
  "FORM",
  "HASH",
  "COURSE",
  "HUB",
  "VERSION",
  "CALENDAR",
  "TEMPLATE",
  "OVERRIDE",
  "RULES",
  "SESSION_NUMBER",
  "PHASE",
  "SHAPE",
  "RESOURCE",
  "SITE",
  "OPENING",
  "CLOSURE",
  "MACHINE_CHECK",
  "ANAESTHESIA_WINDOW",
  "GRID",
  "GAP_TOO_SHORT",
  "GAP_TOO_LONG",
  "GAP_MINUTES",
  "SESSIONS_PER_DAY",
  "SESSIONS_PER_WEEK",
  "TIME_OF_DAY",
  "COMPENSATION",
  "START_BETWEEN",
  "PREPARATION_STEPS",
  "PREPARATION_LEAD",
  "PREPARATION_ORDER",
  "STAYS",
  "SELF_OVERLAP",
  "OVERALL_DAYS",
  "PROLONGATION",
  "PROLONGATION_LIMIT",
  "DOUBLE_BOOKING",
  "BEDS_FULL",
  "BEDS_RESERVED",
  "BEAM_FULL",
] as const;

/** One of these rules. */
export type Rule = (typeof rules)[number];

/** A rule that a course breaks: where in it, and what was found there. */
export type Violation = { readonly rule: Rule; readonly where: string; readonly found: string };

/** One violation, or none. */
export function unless(holds: boolean, rule: Rule, where: string, found: string): Violation[] {
  return holds ? [] : [{ rule, where, found }];
}
