import { type CelInput, CelScalar, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { checkExpression, conditionFault, type Expr } from "./expression-types.ts";
import { type FactName, type Facts, factTypes } from "./facts.ts";

/** Each is a conjunct of the condition, so that an explanation can name what stands in the way. */
type Conjunct = {
  readonly names: readonly FactName[];
  readonly evaluate: (bindings: Record<string, CelInput>) => boolean | undefined;
};

/** A condition that was parsed and type-checked. */
export type Condition = {
  /** The facts that it looks at. */
  readonly names: readonly FactName[];
  /**
   * Holds, does not hold, or cannot be told; and the facts that are missing or would have to
   * differ.
   */
  readonly evaluate: (facts: Facts) => {
    readonly holds: boolean | undefined;
    readonly blocking: readonly FactName[];
  };
};

const environment = celEnv({
  variables: Object.fromEntries(
    Object.entries(factTypes).map(([name, type]) => [
      name,
      type === "int" ? CelScalar.INT : CelScalar.STRING,
    ]),
  ),
});

const always: Condition = { names: [], evaluate: () => ({ holds: true, blocking: [] }) };

/**
 * Parses and checks a CEL expression over the facts; an empty one always holds. A bad one fails
 * with AGREEMENT_INVALID, saying at which column. Evaluation is bounded: no loops, at most 200
 * nodes.
 */
export function compileCondition(text: string): Condition {
  if (text.trim() === "") return always;
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const condition = compile(text);
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(text, condition);
  return condition;
}

// The same few texts decide every case, and parsing one costs more than all of a decision.
const compiled = new Map<string, Condition>();
const compiledMax = 1_000;

function compile(text: string): Condition {
  const root = parseExpression(text);
  checkExpression(root.expr, root.positionOf);
  const conjuncts = splitConjunction(root.expr).map(toConjunct);
  const names = unique(conjuncts.flatMap((conjunct) => conjunct.names));
  return { names, evaluate: (facts) => evaluateAll(conjuncts, facts) };
}

function parseExpression(text: string): { expr: Expr; positionOf: (id: bigint) => number } {
  try {
    const { expr, sourceInfo } = parse(text);
    return { expr, positionOf: (id) => sourceInfo?.positions[String(id)] ?? 0 };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw conditionFault(error.message.replace(/^.*?: /, ""), offsetOf(error), error);
  }
}

function offsetOf(error: object): number {
  if (!("location" in error)) return 0;
  const { location } = error as { location?: { start?: { offset?: number } } };
  return location?.start?.offset ?? 0;
}

function splitConjunction(expr: Expr): Expr[] {
  const { exprKind } = expr;
  if (exprKind.case !== "callExpr" || exprKind.value.function !== "_&&_") return [expr];
  return exprKind.value.args.flatMap(splitConjunction);
}

function toConjunct(expr: Expr): Conjunct {
  const run = plan(environment, expr);
  return {
    names: namesIn(expr),
    evaluate: (bindings) => {
      const result = run(bindings as Parameters<typeof run>[0]);
      // The types were checked, so the only error left is a fact that is not known.
      return isCelError(result) ? undefined : result === true;
    },
  };
}

function evaluateAll(conjuncts: readonly Conjunct[], facts: Facts) {
  const bindings: Record<string, CelInput> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value !== undefined) bindings[name] = typeof value === "number" ? BigInt(value) : value;
  }
  const results = conjuncts.map((conjunct) => ({ conjunct, holds: conjunct.evaluate(bindings) }));
  const failing = results.filter(({ holds }) => holds !== true);
  const known = failing.some(({ holds }) => holds === false);
  return {
    holds: failing.length === 0 ? true : known ? false : undefined,
    blocking: unique(failing.flatMap(({ conjunct }) => conjunct.names)),
  };
}

function namesIn(expr: Expr): FactName[] {
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "identExpr":
      return [exprKind.value.name as FactName];
    case "callExpr": {
      const { target, args } = exprKind.value;
      return unique([...(target === undefined ? [] : [target]), ...args].flatMap(namesIn));
    }
    case "listExpr":
      return unique(exprKind.value.elements.flatMap(namesIn));
    default:
      return [];
  }
}

function unique(names: readonly FactName[]): FactName[] {
  return [...new Set(names)];
}
