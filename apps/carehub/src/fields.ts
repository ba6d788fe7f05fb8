import {
  type DescField,
  type DescMessage,
  fromJson,
  getOption,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { field as rulesOf } from "@carehub/contracts/gen/buf/validate/validate_pb.ts";
import { parseCurrency } from "@carehub/money/currency";
import { parseMoney } from "@carehub/money/decimal";
import { hasOffset, instantOf } from "./times.ts";
import { UsageError } from "./usage-error.ts";

const depthMax = 3;

/** One option of a command, made from a field of its request. */
export type FieldOption = {
  /** As it is typed: `plan.ready-date`. */
  readonly name: string;
  readonly path: readonly string[];
  readonly field: DescField;
  /** What to type: `YYYY-MM-DD`, `AMOUNT CURRENCY`, … */
  readonly hint: string;
};

/** The options of a request: every field that fits on a line, and those of its parts. */
export function optionsOf(
  request: DescMessage,
  filledIn: ReadonlySet<string>,
  path: readonly string[] = [],
): FieldOption[] {
  return request.fields.flatMap((field): FieldOption[] => {
    const here = [...path, field.localName];
    if (path.length === 0 && filledIn.has(field.localName)) return [];
    const hint = hintOf(field);
    if (hint !== undefined) return [{ name: here.map(kebab).join("."), path: here, field, hint }];
    if (field.fieldKind !== "message" || here.length >= depthMax) return [];
    return optionsOf(field.message, filledIn, here);
  });
}

/**
 * The same with every time that was typed without an offset as an instant of the zone, which is asked for only then; a
 * day alone is its beginning.
 */
export async function inOwnZone(given: Given, readZone: () => Promise<string>): Promise<Given> {
  const { options, values } = given;
  const local = options.flatMap(({ name, field }) => {
    const text = values[name]?.at(-1);
    const isTime = field.message?.typeName === "google.protobuf.Timestamp";
    return isTime && text !== undefined && !hasOffset(text) ? [{ name, text }] : [];
  });
  if (local.length === 0) return given;
  const zone = await readZone();
  const instants = local.map(({ name, text }) => {
    const instant = instantOf(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text, zone);
    if (typeof instant === "string") throw new UsageError(`--${name} ${text} ${instant}`);
    return [name, [instant.toString()]] as const;
  });
  return { ...given, values: { ...values, ...Object.fromEntries(instants) } };
}

/** The request that a file and options give together; what is given by both is the option's. */
export function readRequest<Request extends DescMessage>(
  request: Request,
  { options, values, base }: Given,
): MessageShape<Request> {
  const json: JsonObject = structuredClone(base);
  for (const option of options) {
    const texts = values[option.name];
    if (texts !== undefined) put(json, option.path, jsonOf(option, texts));
  }
  try {
    return fromJson(request, json);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** What the caller gave. */
export type Given = {
  readonly options: readonly FieldOption[];
  readonly values: Readonly<Record<string, readonly string[] | undefined>>;
  /** The fields that a file gave, as ProtoJSON. */
  readonly base: JsonObject;
};

/** How a field is typed; undefined for one that takes more than a line. */
function hintOf(field: DescField): string | undefined {
  switch (field.fieldKind) {
    case "scalar":
      return hintOfScalar(field);
    case "enum":
      return valuesOf(field.enum).join("|");
    case "message":
      return messageHints[field.message.typeName];
    case "list": {
      const isPlain = field.listKind === "scalar" || field.listKind === "enum";
      return isPlain ? "TEXT[,TEXT…]" : undefined;
    }
    default:
      return undefined;
  }
}

function hintOfScalar(field: DescField & { fieldKind: "scalar" }): string {
  if (field.localName === "dryRun") return ""; // As a flag, like that of every other command.
  if (field.scalar === ScalarType.BOOL) return "yes|no";
  if (field.scalar !== ScalarType.STRING) return "N";
  const { type } = getOption(field, rulesOf);
  if (type.case !== "string") return "TEXT";
  return type.value.in.length > 0 ? type.value.in.join("|") : nameHint(type.value.pattern);
}

// The pattern of a name, with a word for each part that varies; what is no name stays a text.
function nameHint(pattern: string): string {
  const plain = pattern
    .replaceAll("[0-9a-f-]{36}", "UUID")
    .replaceAll(/\[a-z0-9-\]\{1,\d+\}/g, "ID")
    .replaceAll(/[\^$()?]/g, "");
  return /^[a-z]+\/[A-Za-z/]+$/.test(plain) ? plain : "TEXT";
}

const messageHints: Readonly<Record<string, string>> = {
  "google.type.Date": "YYYY-MM-DD",
  "google.protobuf.Timestamp": "YYYY-MM-DD[Thh:mm]",
  "carehub.type.v1.Money": '"AMOUNT CURRENCY"',
};

function jsonOf({ name, field, hint }: FieldOption, texts: readonly string[]): JsonValue {
  if (field.fieldKind === "list") return texts.flatMap((text) => text.split(","));
  const text = texts.at(-1) ?? "";
  const refused = () => new UsageError(`--${name} ${text}: expected ${hint}`);
  if (field.fieldKind === "scalar") {
    if (field.scalar !== ScalarType.BOOL) return text;
    if (text !== "yes" && text !== "no") throw refused();
    return text === "yes";
  }
  if (field.fieldKind === "enum") {
    const value = field.enum.values.find(({ localName }) => localName === text.toUpperCase());
    if (value === undefined) throw refused();
    return value.name;
  }
  if (field.message?.typeName === "google.type.Date") return dateOf(text) ?? raise(refused());
  if (field.message?.typeName === "carehub.type.v1.Money") {
    return moneyOf(text) ?? raise(refused());
  }
  return text;
}

function dateOf(text: string): JsonObject | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return { year: Number(year), month: Number(month), day: Number(day) };
}

function moneyOf(text: string): JsonObject | undefined {
  const [, amount = "", code = ""] = /^([\d.,]+) ?([A-Z]{3})$/.exec(text) ?? [];
  try {
    const { amountMinor, currency } = parseMoney(amount.replaceAll(",", ""), parseCurrency(code));
    return { amountMinor: String(amountMinor), currencyCode: currency };
  } catch {
    return undefined; // The caller says what was expected.
  }
}

function put(json: JsonObject, path: readonly string[], value: JsonValue): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    json[first] = value;
    return;
  }
  const part = json[first];
  const inner = typeof part === "object" && part !== null && !Array.isArray(part) ? part : {};
  json[first] = inner;
  put(inner, rest, value);
}

/** The values of an enum but its first, which says that nothing was said. */
function valuesOf({ values }: { values: readonly { localName: string }[] }): string[] {
  return values.slice(1).map(({ localName }) => localName);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function raise(error: Error): never {
  throw error;
}
