/** What a rule may know of a case; a fact that is absent is unknown, never empty. No identity. */
export type Facts = {
  readonly citizenship?: string;
  readonly residence_country?: string;
  readonly residence_region?: string;
  readonly age_years?: number;
  readonly companion_count?: number;
  readonly programme?: string;
  readonly hub?: string;
  readonly diagnosis_code?: string;
  readonly priority?: string;
  /** As `2026-01-05`: compares as it reads. */
  readonly referral_date?: string;
  readonly sending_party?: string;
};

export type FactName = keyof Facts;

/**
 * The type of each fact in an expression; the names are the language of the agreements and never
 * change.
 */
export const factTypes = {
  citizenship: "string",
  residence_country: "string",
  residence_region: "string",
  age_years: "int",
  companion_count: "int",
  programme: "string",
  hub: "string",
  diagnosis_code: "string",
  priority: "string",
  referral_date: "string",
  sending_party: "string",
} as const satisfies Record<FactName, "string" | "int">;

/** Whether a name in an expression is that of a fact. */
export function isFactName(name: string): name is FactName {
  return Object.hasOwn(factTypes, name);
}

/** The facts of these names that are known, as text for an explanation. */
export function showFacts(facts: Facts, names: readonly FactName[]): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const name of names) {
    const value = facts[name];
    if (value !== undefined) shown[name] = String(value);
  }
  return shown;
}
