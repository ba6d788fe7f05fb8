import { createHash } from "node:crypto";
import type { Database } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import { invalidField } from "@carehub/rules/ids";
import type { KnownAgreement } from "../domain/agreement.ts";
import type { DecisionRecord } from "../domain/entitlement.ts";
import { refusal } from "../domain/reasons.ts";
import {
  type EntitlementView,
  findDecision,
  findEntitlement,
  listQuotas,
  type QuotaView,
} from "../storage/entitlement-reads.ts";
import type { PrismaClient } from "../storage/generated/client.ts";
import {
  findAgreement,
  findParty,
  listAgreements,
  type StoredParty,
} from "../storage/registry-reads.ts";

/** What the queries read from; each of them answers only what its caller may see. */
export type Queries = { readonly reads: PrismaClient; readonly db: Database };

/** What a caller asks of a list. */
export type PageRequest = { readonly pageSize: number; readonly pageToken: string };

/** A page, and the token of the next; empty at the end. */
export type PageOf<Item> = { readonly items: readonly Item[]; readonly nextPageToken: string };

const pageSizeDefault = 50;
const pageSizeMax = 200;

/** Fails with PARTY_NOT_FOUND for a party that the caller may not see. */
export async function getParty(
  { reads }: Queries,
  caller: Caller,
  name: string,
): Promise<StoredParty> {
  const found = await findParty(reads, caller, name);
  if (found === undefined) throw refusal("PARTY_NOT_FOUND", { party: name });
  return found;
}

/** The newest version, or the one asked for; fails with AGREEMENT_NOT_FOUND. */
export async function getAgreement(
  { reads }: Queries,
  caller: Caller,
  asked: Parameters<typeof findAgreement>[2],
): Promise<KnownAgreement> {
  const found = await findAgreement(reads, caller, asked);
  if (found === undefined) throw refusal("AGREEMENT_NOT_FOUND", { agreement: asked.name });
  return found;
}

/** The newest version of each agreement that the caller may see, by name. */
export async function pageAgreements(
  { reads }: Queries,
  caller: Caller,
  { party, ...page }: PageRequest & { readonly party: string },
): Promise<PageOf<KnownAgreement>> {
  const query = JSON.stringify(["agreements", caller.name, party]);
  return await pageOf(page, query, {
    read: (after, size) =>
      listAgreements(reads, caller, { after: after?.[0], size, ...(party !== "" && { party }) }),
    keyOf: ({ name }) => [name],
  });
}

/** Fails with ENTITLEMENT_NOT_FOUND for one that the caller may not see. */
export async function getEntitlement(
  { reads }: Queries,
  caller: Caller,
  id: string,
): Promise<EntitlementView> {
  const found = await findEntitlement(reads, caller, id);
  if (found === undefined) {
    throw refusal("ENTITLEMENT_NOT_FOUND", { entitlement: `entitlements/${id}` });
  }
  return found;
}

/** Fails with DECISION_NOT_FOUND for one that the caller may not see. */
export async function getDecision(
  { reads }: Queries,
  caller: Caller,
  id: string,
): Promise<DecisionRecord> {
  const found = await findDecision(reads, caller, id);
  if (found === undefined) {
    throw refusal("DECISION_NOT_FOUND", { decision: `decisions/${id}` });
  }
  return found;
}

/** The quotas of agreements that the caller may see, by name and period. */
export async function pageQuotas(
  queries: Queries,
  caller: Caller,
  { agreement, ...page }: PageRequest & { readonly agreement: string },
): Promise<PageOf<QuotaView>> {
  const query = JSON.stringify(["quotas", caller.name, agreement]);
  return await pageOf(page, query, {
    read: (after, size) => {
      const [quota, period] = after ?? [];
      const key = quota === undefined || period === undefined ? undefined : { quota, period };
      const only = agreement !== "" && { agreement };
      return listQuotas(queries, caller, { after: key, size, ...only });
    },
    keyOf: ({ quota, period }) => [quota, period],
  });
}

/** Fails with QUOTA_NOT_FOUND for a quota that the caller may not see. */
export async function getQuotaUsage(
  queries: Queries,
  caller: Caller,
  only: { readonly quota: string; readonly period: string },
): Promise<QuotaView> {
  const [found] = await listQuotas(queries, caller, { after: undefined, size: 1, only });
  if (found === undefined) throw refusal("QUOTA_NOT_FOUND", { ...only });
  return found;
}

type Listing<Item> = {
  readonly read: (after: readonly string[] | undefined, size: number) => Promise<Item[]>;
  readonly keyOf: (item: Item) => readonly string[];
};

// One more than asked for is read, to know whether there is a next page.
async function pageOf<Item>(
  { pageSize, pageToken }: PageRequest,
  query: string,
  { read, keyOf }: Listing<Item>,
): Promise<PageOf<Item>> {
  if (pageSize < 0) throw invalidField("page_size", "is negative");
  const size = Math.min(pageSize || pageSizeDefault, pageSizeMax);
  const digest = createHash("sha256").update(query).digest("base64url").slice(0, 16);
  const found = await read(readToken(pageToken, digest), size + 1);
  const items = found.slice(0, size);
  const last = items.at(-1);
  const hasMore = found.length > size && last !== undefined;
  return { items, nextPageToken: hasMore ? writeToken([digest, ...keyOf(last)]) : "" };
}

function writeToken(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function readToken(token: string, digest: string): string[] | undefined {
  if (token === "") return undefined;
  const [found, ...key] = parseToken(token);
  if (found !== digest || key.length === 0) throw refusal("PAGE_TOKEN_INVALID");
  return key;
}

function parseToken(token: string): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (Array.isArray(parts) && parts.every((part) => typeof part === "string")) return parts;
  } catch (cause) {
    throw refusal("PAGE_TOKEN_INVALID", {}, { cause });
  }
  throw refusal("PAGE_TOKEN_INVALID");
}
