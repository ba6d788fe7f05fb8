/**
 * Counts what a request holds before anything is made of it. A megabyte of empty list items takes seconds and a
 * gigabyte to decode and to check (measured: 500,000 items, 9 s and 1.6 GB), all of it on the one thread that
 * answers everybody. Here each costs a few nanoseconds, and the first list that is too long ends it.
 *
 * Guaranteed: no list is longer than the `max_items` of its rule, and `parts` is how many messages there are.
 * Not guaranteed: anything about values; that is for the decoder and the rules.
 */
import { type DescField, type DescMessage, getOption, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { field as fieldRules } from "@carehub/contracts/gen/buf/validate/validate_pb.ts";

import type { FieldViolation } from "@carehub/rules/domain-error";

/** How many messages a request holds, itself included, or the first thing of which it holds too much. */
export type Parts = { readonly parts: number } | { readonly excess: FieldViolation };

/** Makes the counter of one message. Bytes that are not in protobuf's format count as too much of anything. */
export function partsCounter(schema: DescMessage): (bytes: Uint8Array) => Parts {
  const plan = planOf(schema, new Map());
  return (bytes) => {
    const reader = new BinaryReader(bytes);
    const count: Count = { parts: 0, fields: 0 };
    try {
      scan(reader, reader.len, { plan, path: "", count });
    } catch {
      return { excess: { field: "request", description: `is not a ${schema.typeName}` } };
    }
    return count.excess === undefined ? { parts: count.parts } : { excess: count.excess };
  };
}

/** More than any request of ours holds, known or not: the largest, a tariff or a hub, has some thousands. */
const fieldsMax = 50_000;

const bytesPerCharacterMax = 4;
/** For a text whose form is a rule, such as a name or a code: matching a megabyte takes half a second. */
const formBytesMax = 1_024;

type Count = { parts: number; fields: number; excess?: FieldViolation };

type Part = {
  readonly name: string;
  /** Infinite for what is no list, and for a list without the rule. */
  readonly itemsMax: number;
  /** What a text may take on the wire; infinite where its rules do not look at each character. */
  readonly bytesMax: number;
  /** Counts the numbers of a list that came as one piece. */
  readonly countPacked?: (packed: Uint8Array) => number;
  readonly plan?: Plan;
};

type Plan = Map<number, Part>;

// A message that holds itself has one plan for all its depths.
function planOf(schema: DescMessage, known: Map<DescMessage, Plan>): Plan {
  const found = known.get(schema);
  if (found !== undefined) return found;
  const plan: Plan = new Map();
  known.set(schema, plan);
  for (const field of schema.fields) {
    const isPacked = field.fieldKind === "list" && field.listKind !== "message" && field.packed;
    plan.set(field.number, {
      name: field.name,
      itemsMax: itemsMaxOf(field),
      bytesMax: bytesMaxOf(field),
      ...(isPacked && { countPacked: packedCounter(field.scalar) }),
      ...(field.message !== undefined && { plan: planOf(field.message, known) }),
    });
  }
  return plan;
}

function itemsMaxOf(field: DescField): number {
  const { type } = getOption(field, fieldRules);
  if (field.fieldKind !== "list" || type.case !== "repeated") return Number.POSITIVE_INFINITY;
  return type.value.maxItems === 0n ? Number.POSITIVE_INFINITY : Number(type.value.maxItems);
}

function bytesMaxOf(field: DescField): number {
  const { type } = getOption(field, fieldRules);
  const rules = type.case === "repeated" ? type.value.items?.type : type;
  if (rules?.case !== "string") return Number.POSITIVE_INFINITY;
  const { maxLen, pattern, wellKnown } = rules.value;
  if (maxLen > 0n) return Number(maxLen) * bytesPerCharacterMax;
  return pattern === "" && wellKnown.case === undefined ? Number.POSITIVE_INFINITY : formBytesMax;
}

function packedCounter(scalar: ScalarType | undefined): (packed: Uint8Array) => number {
  switch (scalar) {
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return ({ length }) => length / 8;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return ({ length }) => length / 4;
    default:
      return countVarints;
  }
}

function countVarints(packed: Uint8Array): number {
  let count = 0;
  for (const byte of packed) if (byte < 0x80) count += 1;
  return count;
}

type Place = { readonly plan: Plan; readonly path: string; readonly count: Count };

function scan(reader: BinaryReader, end: number, { plan, path, count }: Place): void {
  count.parts += 1;
  const items = new Map<number, number>();
  while (reader.pos < end && count.excess === undefined) {
    const [number, wireType] = reader.tag();
    count.fields += 1;
    if (count.fields > fieldsMax) count.excess ??= tooMany("request", fieldsMax);
    const part = plan.get(number);
    if (part === undefined || wireType !== WireType.LengthDelimited) {
      reader.skip(wireType, number);
      if (part !== undefined) add(items, { number, part, amount: 1 }, { path, count });
    } else if (part.plan === undefined) {
      const value = reader.bytes();
      const amount = part.countPacked?.(value) ?? 1;
      add(items, { number, part, amount }, { path, count });
      if (value.length > part.bytesMax) count.excess ??= tooLong(path + part.name, part.bytesMax);
    } else {
      add(items, { number, part, amount: 1 }, { path, count });
      const stop = reader.uint32() + reader.pos;
      if (stop > end) throw new RangeError("a field reaches beyond its message");
      scan(reader, stop, { plan: part.plan, path: `${path}${part.name}.`, count });
    }
  }
}

function add(
  items: Map<number, number>,
  { number, part, amount }: { number: number; part: Part; amount: number },
  { path, count }: Pick<Place, "path" | "count">,
): void {
  if (part.itemsMax === Number.POSITIVE_INFINITY) return;
  const total = (items.get(number) ?? 0) + amount;
  items.set(number, total);
  if (total > part.itemsMax) count.excess ??= tooMany(path + part.name, part.itemsMax);
}

function tooMany(field: string, itemsMax: number): FieldViolation {
  return { field, description: `must hold at most ${itemsMax} items` };
}

function tooLong(field: string, bytesMax: number): FieldViolation {
  return { field, description: `must be at most ${bytesMax} bytes long` };
}
