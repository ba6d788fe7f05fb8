import { clone, type DescMessage, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type RequestSource, requestSource as sourceOf } from "@carehub/database/source";
import type { Call } from "./call.ts";

/**
 * The source of a command for `change`: caller, method, request id, and a hash of the request that
 * is the same for every encoding of the same message.
 */
export function requestSource<Schema extends DescMessage>(
  schema: Schema,
  request: MessageShape<Schema> & { readonly requestId: string },
  call: Pick<Call, "caller" | "method">,
): RequestSource {
  return sourceOf({
    caller: call.caller.name,
    requestId: request.requestId,
    method: call.method,
    body: canonicalBytes(schema, request),
  });
}

/** Encodes a message with its fields by number and the entries of its maps by key. */
export function canonicalBytes<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
): Uint8Array {
  if (!holdsMap(schema)) return toBinary(schema, message);
  const copy = clone(schema, message);
  sortMaps(reflect(schema, copy));
  return toBinary(schema, copy);
}

const mapHolders = new WeakMap<DescMessage, boolean>();

function holdsMap(schema: DescMessage): boolean {
  const known = mapHolders.get(schema);
  if (known !== undefined) return known;
  const holds = reachesMap(schema, new Set());
  mapHolders.set(schema, holds);
  return holds;
}

function reachesMap(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  return schema.fields.some(
    ({ fieldKind, message }) =>
      fieldKind === "map" || (message !== undefined && reachesMap(message, seen)),
  );
}

function sortMaps(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (field.fieldKind === "message") sortMaps(message.get(field));
    if (field.fieldKind === "list" && field.listKind === "message") {
      for (const item of message.get(field)) sortMaps(item as ReflectMessage);
    }
    if (field.fieldKind !== "map") continue;
    const map = message.get(field);
    const entries = [...map.entries()].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
    map.clear();
    for (const [key, value] of entries) {
      if (field.mapKind === "message") sortMaps(value as ReflectMessage);
      map.set(key, value);
    }
  }
}
