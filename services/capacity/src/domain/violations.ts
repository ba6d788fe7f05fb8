import type { FieldViolation } from "@carehub/rules/domain-error";

/** What is wrong with a document, by its fields. */
export type Violations = readonly FieldViolation[];

/** One thing that is wrong. */
export function violation(field: string, description: string): FieldViolation {
  return { field, description };
}

/** The parts whose id another has already. */
export function unique(field: string, parts: readonly { readonly id: string }[]): Violations {
  const ids = new Set<string>();
  return parts.flatMap(({ id }, index) => {
    if (ids.has(id)) return [violation(`${field}[${index}].id`, "stands twice")];
    ids.add(id);
    return [];
  });
}
