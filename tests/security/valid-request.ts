import {
  create,
  type DescField,
  type DescMessage,
  getOption,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type FieldRules,
  field as fieldRules,
  oneof as oneofRules,
} from "@carehub/contracts/gen/buf/validate/validate_pb.ts";
import { requestReader } from "@carehub/grpc/validation";
import fc from "fast-check";
import { scalarsOf } from "./valid-scalars.ts";

const attemptsMax = 40;
const depthMax = 6;

/** Says the value of a field where a test knows better; undefined leaves it to the generator. */
export type Fill = (field: DescField) => unknown;

/** What to generate: the same seed makes the same request. */
export type Wish = { readonly seed: number; readonly fill?: Fill };

/**
 * Makes a request that its descriptor and the rules in it allow, as the server's own reader judges. A message for
 * which none is found is an error: no method is left out.
 */
export function aValidRequest<Schema extends DescMessage>(
  schema: Schema,
  { seed, fill = () => undefined }: Wish,
): MessageShape<Schema> {
  const read = requestReader(schema);
  const candidates = fc.sample(initOf(schema, { fill, depth: 0 }), { seed, numRuns: attemptsMax });
  let last: unknown;
  for (const init of candidates) {
    const message = create(schema, init as never);
    try {
      return read(toBinary(schema, message));
    } catch (refusal) {
      last = refusal;
    }
  }
  throw new Error(`no valid ${schema.typeName} in ${attemptsMax} attempts`, { cause: last });
}

type Frame = { readonly fill: Fill; readonly depth: number };

function initOf(schema: DescMessage, frame: Frame): fc.Arbitrary<object> {
  const wellKnown = wellKnownOf(schema);
  if (wellKnown !== undefined) return wellKnown;
  if (frame.depth > depthMax) return fc.constant({});
  const inner = { ...frame, depth: frame.depth + 1 };
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of schema.fields) {
    if (field.oneof === undefined) parts[field.localName] = fieldOf(field, inner);
  }
  for (const oneof of schema.oneofs) {
    const cases = oneof.fields.map((field) =>
      fieldOf(field, inner).map((value) => ({ case: field.localName, value })),
    );
    const { required } = getOption(oneof, oneofRules);
    const chosen = fc.oneof(...cases);
    parts[oneof.localName] = required ? chosen : fc.option(chosen, { nil: undefined });
  }
  return fc.record(parts);
}

function fieldOf(field: DescField, frame: Frame): fc.Arbitrary<unknown> {
  const filled = frame.fill(field);
  if (filled !== undefined) return fc.constant(filled);
  const rules = getOption(field, fieldRules);
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
      return scalarsOf(field, rules);
    case "message":
      return present(boundedMessage(field.message, rules, frame), rules.required);
    case "list":
      return listOf(field, rules, frame);
    case "map":
      return fc.constant({});
    default:
      return field satisfies never;
  }
}

function listOf(
  field: DescField & { fieldKind: "list" },
  rules: FieldRules,
  frame: Frame,
): fc.Arbitrary<unknown> {
  const told = rules.type.case === "repeated" ? rules.type.value : undefined;
  const minLength = Number(told?.minItems ?? 0n);
  const maxLength = Math.min(Number(told?.maxItems || 2n), minLength + 1);
  if (field.listKind === "message") {
    return fc.array(initOf(field.message, frame), { minLength, maxLength });
  }
  const items = scalarsOf(field, told?.items);
  if (told?.unique === true) return fc.uniqueArray(items, { minLength, maxLength });
  return fc.array(items, { minLength, maxLength });
}

function present(value: fc.Arbitrary<unknown>, required: boolean): fc.Arbitrary<unknown> {
  return required ? value : fc.option(value, { nil: undefined });
}

function boundedMessage(
  schema: DescMessage,
  rules: FieldRules,
  frame: Frame,
): fc.Arbitrary<unknown> {
  if (rules.type.case === "duration") return fc.constant({ seconds: 0n, nanos: 1_000_000 });
  return initOf(schema, frame);
}

const yearSeconds = 31_536_000;
const startSeconds = 1_767_225_600; // 2026-01-01

function wellKnownOf({ typeName }: DescMessage): fc.Arbitrary<object> | undefined {
  switch (typeName) {
    case "google.protobuf.Timestamp":
      return fc
        .integer({ min: startSeconds, max: startSeconds + yearSeconds })
        .map((seconds) => ({ seconds: BigInt(seconds), nanos: 0 }));
    case "google.protobuf.Duration":
      return fc.constant({ seconds: 0n, nanos: 1_000_000 });
    case "google.type.Date":
      return fc.record({
        year: fc.constant(2026),
        month: fc.integer({ min: 1, max: 12 }),
        day: fc.integer({ min: 1, max: 28 }),
      });
    default:
      return undefined;
  }
}
