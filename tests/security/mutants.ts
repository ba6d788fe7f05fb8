import {
  clone,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Seeded } from "./seeded.ts";

/** Two megabytes of items, which is too much to read, and half a megabyte, which is read. */
const manyItems = [1_000_000, 250_000];
const longText = "x".repeat(100_000);

/** A request with one absurd value, and the field that holds it. */
export type Mutant = { readonly kind: string; readonly bytes: Uint8Array };

/** Bends one field, at any depth, of a valid request; the request itself stays as it is. */
export function aMutant(schema: DescMessage, valid: Message, random: Seeded): Mutant {
  const message = clone(schema, valid);
  const sites = sitesOf(schema, message);
  if (sites.length === 0) return { kind: "unknown fields", bytes: random.bytes(0) };
  const { field, holder } = random.pick(sites);
  const kind = `${field.parent.name}.${field.name}`;
  if (field.fieldKind === "list" && random.below(100) === 0) {
    return { kind: `${kind} ×10^6`, bytes: withMany(schema, message, { field, random }) };
  }
  bend(holder, field, random);
  return { kind, bytes: toBinary(schema, message) };
}

type Holder = Record<string, unknown>;
type Site = { readonly holder: Holder; readonly field: DescField };

function sitesOf(schema: DescMessage, message: Message): Site[] {
  const holder = message as unknown as Holder;
  return schema.fields.flatMap((field): Site[] => {
    const value = valueIn(holder, field);
    const inner = field.message;
    if (inner === undefined) return [{ holder, field }];
    const held = field.fieldKind === "list" ? (value as Message[]) : [value as Message | undefined];
    const deeper = held.flatMap((each) => (each === undefined ? [] : sitesOf(inner, each)));
    return [{ holder, field }, ...deeper];
  });
}

function valueIn(holder: Holder, field: DescField): unknown {
  if (field.oneof === undefined) return holder[field.localName];
  const chosen = holder[field.oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === field.localName ? chosen.value : undefined;
}

function bend(holder: Holder, field: DescField, random: Seeded): void {
  if (field.oneof !== undefined) {
    holder[field.oneof.localName] = { case: undefined };
    return;
  }
  const name = field.localName;
  const value = holder[name];
  switch (field.fieldKind) {
    case "scalar":
      holder[name] = absurdScalar(field.scalar, value, random);
      return;
    case "enum":
      holder[name] = random.pick([-1, 0, 9_999, 2 ** 31 - 1, -(2 ** 31)]);
      return;
    case "message":
      holder[name] = absurdMessage(field.message, value as Message | undefined, random);
      return;
    case "list":
      holder[name] = absurdList(value as unknown[], random);
      return;
    default:
  }
}

function absurdScalar(scalar: ScalarType, value: unknown, random: Seeded): unknown {
  switch (scalar) {
    case ScalarType.STRING:
      return random.pick(textsFrom(String(value)));
    case ScalarType.BOOL:
      return value !== true;
    case ScalarType.BYTES:
      return random.bytes(random.below(10_000));
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.pick([Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308, -1]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return random.pick([-1n, 0n, 2n ** 63n - 1n, -(2n ** 63n), -100n, 10n ** 15n + 1n]);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return random.pick([0n, 2n ** 64n - 1n]);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return random.pick([0, 2 ** 32 - 1]);
    default:
      return random.pick([-1, 0, 2 ** 31 - 1, -(2 ** 31), 10_000, 400]);
  }
}

function textsFrom(text: string): string[] {
  return [
    "",
    "\0",
    `${text}\0`,
    longText,
    text.toUpperCase(),
    `${text}\n`,
    ` ${text}`,
    `${text}${text}`,
    "'; drop table log.event; --",
    "../../../etc/passwd",
    "\u202Egnp.exe",
    "\u{1F600}".repeat(200),
    "%s%n{{7*7}}",
    "00000000-0000-0000-0000-000000000000",
    "null",
    "-1",
    "9".repeat(400),
  ];
}

const farSeconds = [
  -62_167_219_200n, // 1 January of the year 0
  -62_135_596_801n,
  253_402_300_799n, // the last second of 9999
  253_402_300_800n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -1n,
  0n,
];
const farNanos = [-1, 999_999_999, 1_000_000_000, 2 ** 31 - 1, 0];
const farDates = [
  [0, 0, 0],
  [0, 1, 1],
  [-1, 1, 1],
  [9999, 12, 31],
  [10_000, 1, 1],
  [2 ** 31 - 1, 12, 31],
  [2026, 2, 30],
  [2026, 13, 1],
  [2026, 1, 32],
  [2026, -1, -1],
  [2026, 1, 0],
  [1899, 12, 31],
  [300_000, 6, 15],
] as const;

function absurdMessage(
  schema: DescMessage,
  value: Message | undefined,
  random: Seeded,
): Message | undefined {
  if (value === undefined || random.below(4) === 0) return undefined;
  const bent = value as unknown as Holder;
  switch (schema.typeName) {
    case "google.protobuf.Timestamp":
    case "google.protobuf.Duration":
      Object.assign(bent, { seconds: random.pick(farSeconds), nanos: random.pick(farNanos) });
      break;
    case "google.type.Date": {
      const [year, month, day] = random.pick(farDates);
      Object.assign(bent, { year, month, day });
      break;
    }
    default:
      for (const field of schema.fields) if (random.below(2) === 0) bend(bent, field, random);
  }
  return value;
}

function absurdList(value: readonly unknown[], random: Seeded): unknown[] {
  const [first] = value;
  if (first === undefined || random.below(3) === 0) return [];
  return Array.from({ length: random.pick([2, 51, 600, 5_000]) }, () => first);
}

function withMany(
  schema: DescMessage,
  message: Message,
  { field, random }: { field: DescField; random: Seeded },
): Uint8Array {
  const tag = new BinaryWriter().tag(field.number, WireType.LengthDelimited).finish();
  const item = Buffer.concat([tag, Buffer.alloc(1)]);
  const items = Buffer.alloc(random.pick(manyItems) * item.length, item);
  return Buffer.concat([toBinary(schema, message), items]);
}
