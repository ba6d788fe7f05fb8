import { type DescField, ScalarType } from "@bufbuild/protobuf";
import type { FieldRules, StringRules } from "@carehub/contracts/gen/buf/validate/validate_pb.ts";
import fc from "fast-check";

const textLengthMax = 60;
const int32Max = 2 ** 31 - 1;

/** The values of a scalar or enum field, or of the items of a list, that its rules allow. */
export function scalarsOf(field: DescField, rules: FieldRules | undefined): fc.Arbitrary<unknown> {
  if (field.enum !== undefined) return enumOf(field, rules);
  switch (field.scalar) {
    case ScalarType.STRING:
      return textOf(rules?.type.case === "string" ? rules.type.value : undefined);
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: textLengthMax });
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return fc.double({ min: 0, max: 100, noNaN: true });
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64: {
      const { min, max } = boundsOf(rules, 1_000_000);
      return fc.bigInt({ min: BigInt(min), max: BigInt(max) });
    }
    default: {
      const { min, max } = boundsOf(rules, int32Max);
      return fc.integer({ min: Math.max(min, -int32Max), max: Math.min(max, int32Max) });
    }
  }
}

/** The least and the most that the rules of a number allow, inside a range that is safe to send. */
function boundsOf(rules: FieldRules | undefined, most: number): { min: number; max: number } {
  const told = rules?.type.value;
  if (told === undefined || !("greaterThan" in told)) return { min: 0, max: most };
  const { greaterThan, lessThan } = told;
  const low = Number(greaterThan.value ?? 0) + (greaterThan.case === "gt" ? 1 : 0);
  const high = Number(lessThan.value ?? most) - (lessThan.case === "lt" ? 1 : 0);
  const min = Math.max(low, greaterThan.case === undefined ? 0 : low);
  return { min, max: Math.max(min, Math.min(high, min + most)) };
}

function textOf(rules: StringRules | undefined): fc.Arbitrary<string> {
  if (rules === undefined) return fc.string({ maxLength: textLengthMax });
  if (rules.in.length > 0) return fc.constantFrom(...rules.in);
  if (rules.wellKnown.case === "uuid") return fc.uuid();
  const minLength = Number(rules.minLen);
  const maxLength = Math.min(Number(rules.maxLen || BigInt(textLengthMax)), textLengthMax);
  if (rules.pattern === "") return fc.string({ minLength, maxLength });
  const matching = fc.stringMatching(new RegExp(rules.pattern));
  const limit = Number(rules.maxLen || BigInt(int32Max));
  return matching.filter(({ length }) => length >= minLength && length <= limit);
}

function enumOf(field: DescField, rules: FieldRules | undefined): fc.Arbitrary<number> {
  const not = rules?.type.case === "enum" ? rules.type.value.notIn : [];
  const numbers = (field.enum?.values ?? []).map(({ number }) => number);
  return fc.constantFrom(...numbers.filter((number) => !not.includes(number)));
}
