import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import {
  type Path,
  type ReflectMessage,
  reflect,
  type ScalarValue,
} from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { DomainError, type FieldViolation } from "@carehub/rules/domain-error";
import { decodeRequest } from "./definition.ts";
import { type Parts, partsCounter } from "./request-parts.ts";

const violationsMax = 20;
/** Of a request with more messages in it only the first broken rule is told: finding all takes too long. */
const partsToCheckWhole = 500;
/** A shorter request cannot hold enough to be worth counting. */
const bytesToCount = 256;
const validator = createValidator();
const hastyValidator = createValidator({ failFast: true });

/**
 * Makes the reader of one method's requests: bytes in, a message that keeps the rules of its proto
 * out; else INVALID_FIELD with a violation for each broken rule, which never repeats a value. A
 * rule that does not compile is an error here, at start-up.
 */
export function requestReader<Schema extends DescMessage>(
  schema: Schema,
): (bytes: Uint8Array) => MessageShape<Schema> {
  const { kind, error } = validator.validate(schema, create(schema));
  if (kind === "error" && error.name === "CompilationError") throw error;
  const count = partsCounter(schema);
  return (bytes) => {
    const parts = bytes.length < bytesToCount ? 1 : requireBounded(count(bytes));
    const message = decodeRequest(schema, bytes);
    requireStorable(schema, message, bytes);
    requireValid(schema, message, parts);
    return message;
  };
}

function requireBounded(parts: Parts): number {
  return "excess" in parts ? refuse([parts.excess]) : parts.parts;
}

function requireValid<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
  parts: number,
): void {
  const whole = parts <= partsToCheckWhole;
  const result = (whole ? validator : hastyValidator).validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error")
    throw new Error(`validating ${schema.typeName}`, { cause: result.error });
  refuse(
    result.violations.map((violation) => ({
      field: describePath(violation.field) + (violation.forKey ? "[key]" : ""),
      description: violation.message || violation.ruleId,
    })),
  );
}

/**
 * PostgreSQL cannot store U+0000. Its byte appears in few requests (a zero in a fixed-width
 * number), so that only those are searched field by field.
 */
function requireStorable<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
  bytes: Uint8Array,
): void {
  if (!bytes.includes(0)) return;
  const violations: FieldViolation[] = [];
  findNul(reflect(schema, message), "", violations);
  if (violations.length > 0) refuse(violations);
}

function refuse(violations: readonly FieldViolation[]): never {
  const told = violations.slice(0, violationsMax);
  const metadata = { violations: String(violations.length) };
  throw new DomainError("INVALID_FIELD", metadata, { violations: told });
}

function findNul(message: ReflectMessage, prefix: string, found: FieldViolation[]): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const path = prefix === "" ? field.name : `${prefix}.${field.name}`;
    switch (field.fieldKind) {
      case "enum":
        break;
      case "scalar":
        checkText(message.get(field), path, found);
        break;
      case "message":
        findNul(message.get(field), path, found);
        break;
      case "list":
        for (const [index, item] of message.get(field).entries()) {
          checkValue(item, `${path}[${index}]`, found);
        }
        break;
      case "map":
        for (const [key, value] of message.get(field)) {
          checkText(key, `${path}[key]`, found);
          checkValue(value, `${path}[value]`, found);
        }
        break;
      default:
        field satisfies never;
    }
  }
}

function checkValue(
  value: ScalarValue | ReflectMessage | unknown,
  path: string,
  found: FieldViolation[],
): void {
  if (isReflectMessage(value)) findNul(value, path, found);
  else checkText(value, path, found);
}

function checkText(value: unknown, field: string, found: FieldViolation[]): void {
  if (typeof value !== "string" || !value.includes("\0")) return;
  found.push({ field, description: "must not hold the character U+0000" });
}

function isReflectMessage(value: unknown): value is ReflectMessage {
  return typeof value === "object" && value !== null && "fields" in value && "isSet" in value;
}

/** The path in the words of the proto; keys of maps are the caller's own text and are left out. */
function describePath(path: Path): string {
  return path.reduce((text, step) => {
    if (step.kind === "list_sub") return `${text}[${step.index}]`;
    if (step.kind === "map_sub") return `${text}[value]`;
    return text === "" ? step.name : `${text}.${step.name}`;
  }, "");
}
