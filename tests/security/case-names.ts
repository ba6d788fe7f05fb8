import {
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { field as fieldRules } from "@carehub/contracts/gen/buf/validate/validate_pb.ts";
import type { Ending, RawCaller } from "./raw-caller.ts";
import type { Surface } from "./surface.ts";
import { aValidRequest, type Fill } from "./valid-request.ts";

const roundsMax = 5;
const seed = 14;
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const resourceName = /"([a-z]+\/[^"\s]{1,200})"/g;

/** Collections whose names tell of one case, or of two states alone. */
const privateCollections = [
  "referrals",
  "courses",
  "entitlements",
  "decisions",
  "accounts",
  "statements",
];
/** Collections that every party may name. */
const publicCollections = ["hubs", "parties", "agreements"];

/** What a field's rule says that it names: `courses` where its texts begin so; undefined where it names nothing. */
export function collectionOf(field: DescField): string | undefined {
  const { type } = getOption(field, fieldRules);
  if (type.case !== "string") return undefined;
  return /^\^\(?([a-z]+)\//.exec(type.value.pattern)?.[1];
}

/** Says whether only those whose case it is may know the names that the field takes. */
export function isPrivate(field: DescField): boolean {
  const collection = collectionOf(field);
  if (collection === undefined || publicCollections.includes(collection)) return false;
  if (privateCollections.includes(collection)) return true;
  throw new Error(`${field.parent.typeName}.${field.name} names ${collection}: say who may see it`);
}

/** The fields of a message and of those inside it that pass a test. */
export function fieldsWhere(
  schema: DescMessage,
  wanted: (field: DescField) => boolean,
  seen = new Set<DescMessage>(),
): DescField[] {
  if (seen.has(schema)) return [];
  seen.add(schema);
  return schema.fields.flatMap((field) => [
    ...(wanted(field) ? [field] : []),
    ...(field.message === undefined ? [] : fieldsWhere(field.message, wanted, seen)),
  ]);
}

/** A filler that puts the first fitting name of the list into every field that names something. */
export function naming(names: Iterable<string>): Fill {
  const all = [...names];
  return (field) => {
    const { type } = getOption(field, fieldRules);
    if (collectionOf(field) === undefined || type.case !== "string") return undefined;
    const pattern = new RegExp(type.value.pattern);
    return all.find((name) => pattern.test(name));
  };
}

/** Every text of an answer that the asking request did not hold itself. */
export function textOfEnding(entry: Surface, ending: Ending): string {
  if (ending.code !== "OK") return JSON.stringify(ending);
  const { output } = entry.method;
  return ending.all.map((bytes) => toJsonString(output, fromBinary(output, bytes))).join("\n");
}

/** What there is to know of the cases of a platform, as those who take part in them read it. */
export type Knowledge = {
  /** Names that may be asked for: `accounts/{uuid}/invoices/1`. */
  readonly names: ReadonlySet<string>;
  /** Every uuid that an answer held: of cases, patients, decisions, statements, events, disclosures. */
  readonly uuids: ReadonlySet<string>;
};

/**
 * Calls every read as each of those who take part, with all names known so far, until the answers hold no new name.
 */
export async function learn(
  surface: readonly Surface[],
  { callers, names }: { callers: readonly Asker[]; names: readonly string[] },
): Promise<Knowledge> {
  const known = new Set(names);
  const uuids = new Set<string>();
  for (let round = 0; round < roundsMax; round += 1) {
    const before = known.size;
    for (const entry of surface.filter(({ isRead }) => isRead)) {
      const bytes = toBinary(
        entry.method.input,
        aValidRequest(entry.method.input, { seed, fill: asked(naming(known)) }),
      );
      for (const { role, callerOf } of callers) {
        if (!entry.roles.has(role)) continue;
        const ending = await callerOf(entry).call(entry.path, bytes);
        if (ending.code !== "OK") continue;
        const text = textOfEnding(entry, ending);
        for (const [, name = ""] of text.matchAll(resourceName)) known.add(name);
        if (isPublished(entry)) continue;
        for (const [found] of text.matchAll(uuid)) uuids.add(found);
      }
    }
    if (known.size === before) return { names: known, uuids };
  }
  return { names: known, uuids };
}

/** What a hub tells of itself everybody may hear, its events' ids too. */
function isPublished({ method }: Surface): boolean {
  return method.name === "WatchCapacity";
}

/** Somebody who may ask, and how to reach a method as them. */
export type Asker = {
  readonly title: string;
  readonly role: string;
  readonly callerOf: (entry: Surface) => RawCaller;
};

const unfiltered = new Set([
  "page_token",
  "page_size",
  "care_state",
  "state",
  "open_only",
  "from_now",
]);

/** Pages and filters are left out, so that a list shows what there is. */
export function asked(fill: Fill): Fill {
  return (field) => {
    if (unfiltered.has(field.name) && field.parent.typeName.endsWith("Request")) {
      return field.scalar === 9 ? "" : field.scalar === 8 ? false : 0;
    }
    if (field.name === "cursor" || field.name === "placer_number") {
      return field.parent.name.startsWith("Submit") ? undefined : "";
    }
    return fill(field);
  };
}
