import { createHash } from "node:crypto";
import { DomainError } from "@carehub/rules/domain-error";

const pageSizeDefault = 50;
const pageSizeMax = 200;

/** How many a page holds: 50 when nothing is said, never more than 200. */
export function pageSize(asked: number): number {
  return Math.min(asked || pageSizeDefault, pageSizeMax);
}

/** The token of the page after an id, good for that query only. */
export function toPageToken(query: unknown, after: string): string {
  return Buffer.from(JSON.stringify({ query: hashOf(query), after })).toString("base64url");
}

/** Where a page begins: undefined for the first; a token of another query, or of none, fails with PAGE_TOKEN_INVALID. */
export function fromPageToken(query: unknown, token: string): string | undefined {
  if (token === "") return undefined;
  const { query: hash, after } = parse(token);
  if (hash !== hashOf(query) || typeof after !== "string") throw invalid();
  return after;
}

function parse(token: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof parsed === "object" && parsed !== null) return { ...parsed };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid();
}

function hashOf(query: unknown): string {
  return createHash("sha256").update(JSON.stringify(query)).digest("base64url").slice(0, 16);
}

function invalid(): DomainError {
  return new DomainError("PAGE_TOKEN_INVALID");
}
