import {
  type AgreementText,
  type Clause,
  type ClauseKind,
  type CoverageTerms,
  clauseName,
} from "./agreement.ts";
import { compileCondition } from "./expression.ts";
import { type FactName, type Facts, showFacts } from "./facts.ts";

/** As it is told in an event. */
export type FindingResult = "SATISFIED" | "NOT_SATISFIED" | "NOT_APPLICABLE";

/**
 * What was found of one clause: its result and why. Holds texts and numbers only, so it can be
 * stored as it is.
 */
export type ClauseFinding = {
  readonly clause: string;
  readonly kind: ClauseKind;
  readonly summary: string;
  readonly result: FindingResult;
  /** The facts that are missing or would have to differ. */
  readonly missing: readonly string[];
  /** The facts that it looked at. */
  readonly facts: Readonly<Record<string, string>>;
  /** The more specific clause that took its place. */
  readonly overriddenBy: string;
  /** An exclusion that cannot be told for want of a fact. */
  readonly undecided: boolean;
};

type Verdict = {
  readonly result: FindingResult;
  readonly names: readonly FactName[];
  readonly missing: readonly FactName[];
  readonly undecided?: boolean;
};

/**
 * Looks at one clause with the facts of a case. A clause for other programmes, or for emergency
 * care, is not applicable.
 */
export function findClause(text: AgreementText, clause: Clause, facts: Facts): ClauseFinding {
  const { result, names, missing, undecided = false } = judge(clause, facts);
  return {
    clause: clauseName(text, clause.id),
    kind: clause.terms.kind,
    summary: clause.summary,
    result,
    missing,
    facts: showFacts(facts, names),
    overriddenBy: "",
    undecided,
  };
}

function judge(clause: Clause, facts: Facts): Verdict {
  const { terms } = clause;
  if (terms.kind === "COVERAGE") return judgeCoverage(clause, terms, facts);
  if (!speaksOf(clause.programmes, facts.programme)) {
    return { result: "NOT_APPLICABLE", names: ["programme"], missing: [] };
  }
  const condition = compileCondition(clause.condition);
  const { holds, blocking } = condition.evaluate(facts);
  const names = condition.names;
  if (terms.kind === "EXCLUSION" && holds === undefined) {
    return { result: "NOT_SATISFIED", names, missing: blocking, undecided: true };
  }
  if (terms.kind === "EXCLUSION") {
    return { result: holds === true ? "SATISFIED" : "NOT_SATISFIED", names, missing: [] };
  }
  if (terms.kind === "PERMITTED_STAY" && !speaksOf(terms.citizenships, facts.citizenship)) {
    return { result: "NOT_APPLICABLE", names: ["citizenship", ...names], missing: [] };
  }
  return { result: holds === true ? "SATISFIED" : "NOT_SATISFIED", names, missing: blocking };
}

function judgeCoverage(clause: Clause, terms: CoverageTerms, facts: Facts): Verdict {
  if (terms.care === "EMERGENCY") return { result: "NOT_APPLICABLE", names: [], missing: [] };
  const condition = compileCondition(clause.condition);
  const { holds, blocking } = condition.evaluate(facts);
  const missing: FactName[] = [
    ...(speaksOf(clause.programmes, facts.programme) ? [] : ["programme" as const]),
    ...(speaksOf(terms.hubs, facts.hub) ? [] : ["hub" as const]),
    ...(coversDiagnosis(terms, facts.diagnosis_code) ? [] : ["diagnosis_code" as const]),
    ...blocking,
  ];
  const looked: readonly FactName[] = ["programme", "hub", "diagnosis_code", ...condition.names];
  const satisfied = missing.length === 0 && holds === true;
  return {
    result: satisfied ? "SATISFIED" : "NOT_SATISFIED",
    names: [...new Set(looked)],
    missing: [...new Set(missing)],
  };
}

function coversDiagnosis({ diagnosisPrefixes }: CoverageTerms, code: string | undefined): boolean {
  if (diagnosisPrefixes.length === 0) return true;
  return code !== undefined && diagnosisPrefixes.some((prefix) => code.startsWith(prefix));
}

function speaksOf(list: readonly string[], value: string | undefined): boolean {
  return list.length === 0 || (value !== undefined && list.includes(value));
}
