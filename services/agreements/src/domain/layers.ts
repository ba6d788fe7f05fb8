import {
  type AgreementText,
  type Clause,
  type ClauseKind,
  type ClauseTerms,
  type Layer,
  layers,
} from "./agreement.ts";
import { type ClauseFinding, findClause } from "./clause-finding.ts";
import type { Facts } from "./facts.ts";

/** What was found in one agreement. Holds texts and numbers only, so it can be stored as it is. */
export type AgreementFinding = {
  readonly agreement: string;
  readonly version: number;
  readonly layer: Layer;
  readonly covers: boolean;
  readonly clauses: readonly ClauseFinding[];
};

/** An agreement with what was found of each of its clauses, in the order of the text. */
export type Considered = {
  readonly text: AgreementText;
  readonly clauses: readonly { readonly clause: Clause; readonly finding: ClauseFinding }[];
};

type TermsOf<Kind extends ClauseKind> = Extract<ClauseTerms, { kind: Kind }>;

/** A clause that decides its kind: from the most specific agreement that has one for the case. */
export type Resolved<Kind extends ClauseKind> = {
  readonly text: AgreementText;
  readonly finding: ClauseFinding;
  readonly terms: TermsOf<Kind>;
};

/** Looks at every clause of every agreement; the answer begins with the most specific. */
export function considerAll(agreements: readonly AgreementText[], facts: Facts): Considered[] {
  return agreements.toSorted(compareSpecificity).map((text) => ({
    text,
    clauses: text.clauses.map((clause) => ({ clause, finding: findClause(text, clause, facts) })),
  }));
}

/** Above 0 when the layer is more specific. */
export function compareLayers(left: Layer, right: Layer): number {
  return layers.indexOf(left) - layers.indexOf(right);
}

/** Whether a planned case is covered by this agreement alone. */
export function covers({ clauses }: Considered): boolean {
  return clauses.some(({ clause, finding }) => {
    return clause.terms.kind === "COVERAGE" && finding.result === "SATISFIED";
  });
}

/** The clause of that kind that counts: the first satisfied one, most specific agreement first. */
export function resolve<Kind extends ClauseKind>(
  considered: readonly Considered[],
  kind: Kind,
  suits: (terms: TermsOf<Kind>) => boolean = () => true,
): Resolved<Kind> | undefined {
  for (const { text, clauses } of considered) {
    for (const { clause, finding } of clauses) {
      const { terms } = clause;
      if (!isKind(terms, kind) || finding.result !== "SATISFIED") continue;
      if (suits(terms)) return { text, finding, terms };
    }
  }
  return undefined;
}

/** The names of the coverage clauses that the case satisfies. */
export function coverageOf(considered: readonly Considered[]): string[] {
  return considered
    .flatMap(({ clauses }) => clauses)
    .filter(({ finding }) => finding.kind === "COVERAGE" && finding.result === "SATISFIED")
    .map(({ finding }) => finding.clause);
}

/**
 * The findings as they are told: what a more specific clause of its kind has replaced is marked,
 * and so are the clauses that fail on what lies outside their conditions (a date, an accreditation,
 * a seat).
 */
export function explain(
  considered: readonly Considered[],
  failing: Failing = { clauses: [], missing: "" },
): AgreementFinding[] {
  return considered.map((agreement) => ({
    agreement: agreement.text.name,
    version: agreement.text.version,
    layer: agreement.text.layer,
    covers: covers(agreement),
    clauses: agreement.clauses.map(({ clause, finding }) => {
      if (failing.clauses.includes(finding.clause)) return fail(finding, failing.missing);
      return { ...finding, overriddenBy: overriding(considered, clause.terms, finding) };
    }),
  }));
}

/** Marks clauses of stored findings that fail after all. */
export function explainFailing(
  findings: readonly AgreementFinding[],
  { clauses, missing }: Failing,
): AgreementFinding[] {
  return findings.map((found) => ({
    ...found,
    clauses: found.clauses.map((one) => (clauses.includes(one.clause) ? fail(one, missing) : one)),
  }));
}

type Failing = { readonly clauses: readonly string[]; readonly missing: string };

function fail(finding: ClauseFinding, missing: string): ClauseFinding {
  return { ...finding, result: "NOT_SATISFIED", missing: [missing] };
}

const cumulative: ReadonlySet<ClauseKind> = new Set(["COVERAGE", "EXCLUSION"]);

function overriding(
  considered: readonly Considered[],
  terms: ClauseTerms,
  finding: ClauseFinding,
): string {
  if (finding.result !== "SATISFIED" || cumulative.has(terms.kind)) return "";
  const deciding =
    terms.kind === "PERMITTED_STAY"
      ? terms.purposes.map((purpose) =>
          resolve(considered, "PERMITTED_STAY", ({ purposes }) => purposes.includes(purpose)),
        )
      : [resolve(considered, terms.kind)];
  const clauses = deciding.flatMap((one) => (one === undefined ? [] : [one.finding.clause]));
  return clauses.includes(finding.clause) ? "" : (clauses[0] ?? "");
}

function compareSpecificity(left: AgreementText, right: AgreementText): number {
  const byLayer = compareLayers(right.layer, left.layer);
  if (byLayer !== 0) return byLayer;
  const byDate = Temporal.PlainDate.compare(right.inForce.first, left.inForce.first);
  if (byDate !== 0) return byDate;
  return left.name < right.name ? -1 : 1;
}

function isKind<Kind extends ClauseKind>(terms: ClauseTerms, kind: Kind): terms is TermsOf<Kind> {
  return terms.kind === kind;
}
