import { createHash } from "node:crypto";

/** The canonical text of a parsed JSON value: members ascending by UTF-16 code unit, no space between tokens. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item)).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members).sort();
  const parts = names.map((name) => `${JSON.stringify(name)}:${canonicalText(members[name])}`);
  return `{${parts.join(",")}}`;
}

/** The SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
