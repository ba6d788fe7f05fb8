import type { parse } from "@bufbuild/cel";
import type { DomainError } from "@carehub/rules/domain-error";
import { factTypes, isFactName } from "./facts.ts";
import { refusal } from "./reasons.ts";

/** A node of the syntax tree, as the CEL library parses it. */
export type Expr = ReturnType<typeof parse>["expr"];

type Type = "string" | "int" | "bool" | "list(string)" | "list(int)";
type Signature = { readonly takes: readonly Type[]; readonly gives: Type };
type Walk = { readonly positionOf: (id: bigint) => number; nodes: number };

const nodesMax = 200;
const depthMax = 30;

/** Why an expression cannot be a condition, and at which character of it, from 1. */
export function conditionFault(fault: string, offset: number, cause?: unknown): DomainError {
  return refusal("AGREEMENT_INVALID", { fault, column: String(offset + 1) }, { cause });
}

const comparisons: readonly Signature[] = [
  { takes: ["string", "string"], gives: "bool" },
  { takes: ["int", "int"], gives: "bool" },
];
const equality: readonly Signature[] = [...comparisons, { takes: ["bool", "bool"], gives: "bool" }];
const logic: readonly Signature[] = [{ takes: ["bool", "bool"], gives: "bool" }];
const ofTexts: readonly Signature[] = [{ takes: ["string", "string"], gives: "bool" }];

/**
 * What a condition may call; `matches` and the looping macros are left out, so time is bounded by
 * size.
 */
const functions: Readonly<Record<string, readonly Signature[]>> = {
  "_&&_": logic,
  "_||_": logic,
  "!_": [{ takes: ["bool"], gives: "bool" }],
  "_==_": equality,
  "_!=_": equality,
  "_<_": comparisons,
  "_<=_": comparisons,
  "_>_": comparisons,
  "_>=_": comparisons,
  "@in": [
    { takes: ["string", "list(string)"], gives: "bool" },
    { takes: ["int", "list(int)"], gives: "bool" },
  ],
  "_?_:_": (["string", "int", "bool"] as const).map((type) => ({
    takes: ["bool", type, type],
    gives: type,
  })),
  startsWith: ofTexts,
  endsWith: ofTexts,
  contains: ofTexts,
};

/**
 * Passes an expression that is of type bool under the types of the facts; any other fails with
 * AGREEMENT_INVALID.
 */
export function checkExpression(expr: Expr, positionOf: (id: bigint) => number): void {
  const walk: Walk = { positionOf, nodes: 0 };
  const type = typeOf(expr, walk, 1);
  if (type !== "bool") throw fault(expr, walk, `the condition is of type ${type}, not bool`);
}

function typeOf(expr: Expr, walk: Walk, depth: number): Type {
  walk.nodes += 1;
  if (walk.nodes > nodesMax) throw fault(expr, walk, `more than ${nodesMax} nodes`);
  if (depth > depthMax) throw fault(expr, walk, `nested deeper than ${depthMax}`);
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "constExpr":
      return typeOfConstant(expr, exprKind.value.constantKind.case, walk);
    case "identExpr":
      if (isFactName(exprKind.value.name)) return factTypes[exprKind.value.name];
      throw fault(expr, walk, `no fact is named ${exprKind.value.name}`);
    case "listExpr":
      return typeOfList(expr, exprKind.value.elements, { walk, depth });
    case "callExpr": {
      const { function: name, target, args } = exprKind.value;
      const all = target === undefined ? args : [target, ...args];
      const types = all.map((argument) => typeOf(argument, walk, depth + 1));
      return typeOfCall(expr, { name, types }, walk);
    }
    default:
      throw fault(expr, walk, "only facts, constants, lists and plain calls can be used");
  }
}

function typeOfConstant(expr: Expr, kind: string | undefined, walk: Walk): Type {
  if (kind === "stringValue") return "string";
  if (kind === "int64Value") return "int";
  if (kind === "boolValue") return "bool";
  throw fault(expr, walk, "a constant is a text, a whole number, true or false");
}

function typeOfList(
  expr: Expr,
  elements: readonly Expr[],
  { walk, depth }: { walk: Walk; depth: number },
): Type {
  const types = new Set(elements.map((element) => typeOf(element, walk, depth + 1)));
  const [type] = types;
  if (types.size === 1 && type === "string") return "list(string)";
  if (types.size === 1 && type === "int") return "list(int)";
  throw fault(expr, walk, "a list holds texts, or whole numbers, and at least one");
}

function typeOfCall(
  expr: Expr,
  { name, types }: { name: string; types: readonly Type[] },
  walk: Walk,
): Type {
  const signatures = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (signatures === undefined) throw fault(expr, walk, `${name} cannot be used`);
  const found = signatures.find(
    ({ takes }) =>
      takes.length === types.length && takes.every((type, index) => type === types[index]),
  );
  if (found === undefined) throw fault(expr, walk, `${name} does not take (${types.join(", ")})`);
  return found.gives;
}

function fault(expr: Expr, walk: Walk, message: string): DomainError {
  return conditionFault(message, walk.positionOf(expr.id));
}
