import { DomainError } from "@carehub/rules/domain-error";
import type { CapacityReason } from "../domain/reasons.ts";

const pageSizeDefault = 50;
const pageSizeMax = 200;

/** The number of items of a page: 50 where the caller does not say, never more than 200. */
export function pageSizeOf(asked: number): number {
  return Math.min(asked || pageSizeDefault, pageSizeMax);
}

/** A token that goes on after an item, and only in the same query; empty where there is nothing after it. */
export function writePageToken(query: readonly string[], after: string | undefined): string {
  if (after === undefined) return "";
  return Buffer.from(JSON.stringify([...query, after])).toString("base64url");
}

/** The item after which a page begins; fails with PAGE_TOKEN_INVALID for the token of another query. */
export function readPageToken(query: readonly string[], token: string): string | undefined {
  if (token === "") return undefined;
  const parts = parse(token);
  const after = parts.at(-1);
  const same = parts.length === query.length + 1 && query.every((part, at) => parts[at] === part);
  if (after === undefined || !same) throw invalid();
  return after;
}

function parse(token: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(parts) && parts.every((part) => typeof part === "string")) return parts;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid();
}

function invalid(): DomainError<CapacityReason> {
  return new DomainError("PAGE_TOKEN_INVALID");
}
