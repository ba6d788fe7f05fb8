import type { JsonValue } from "@bufbuild/protobuf";

/**
 * Whether a document says what is expected: an object has each expected field, a list has for each expected entry one of
 * its own that says it, in the same order; a text that ends in `*` is the beginning of what is found.
 */
export function contains(found: JsonValue | undefined, expected: JsonValue): boolean {
  if (Array.isArray(expected)) return Array.isArray(found) && containsAll(found, expected);
  if (typeof expected === "string") return isText(found, expected);
  if (typeof expected !== "object" || expected === null) return found === expected;
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  return Object.entries(expected).every(([key, value]) => contains(found[key], value));
}

function isText(found: JsonValue | undefined, expected: string): boolean {
  if (!expected.endsWith("*")) return found === expected;
  return typeof found === "string" && found.startsWith(expected.slice(0, -1));
}

function containsAll(found: readonly JsonValue[], expected: readonly JsonValue[]): boolean {
  let place = 0;
  return expected.every((each) => {
    const index = found.findIndex((other, at) => at >= place && contains(other, each));
    place = index + 1;
    return index !== -1;
  });
}
