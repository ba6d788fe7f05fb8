import type { Database } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import { PrismaPg } from "@prisma/adapter-pg";
import { type Prisma, PrismaClient } from "./generated/client.ts";

/** Prisma's client on the pool of the database; for reads only. */
export function openReads(db: Database): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(db.pool) });
}

/** A page of a list: what comes after the last key, and how much. */
export type Page<Key> = { readonly after: Key | undefined; readonly size: number };

// What a filter that nothing satisfies looks like: a caller of any other role sees nothing.
const nothing = { name: { in: [] as string[] } };

/**
 * The agreements, or versions of them, that a caller may read: its party signed, or its hub is
 * named.
 */
export function visibleTexts(caller: Caller): { parties?: object; hubs?: object; name?: object } {
  if (caller.role === "operator") return {};
  if (caller.role === "ministry") return { parties: { has: `parties/${caller.id}` } };
  if (caller.role === "hub") return { hubs: { has: `hubs/${caller.id}` } };
  return nothing;
}

/**
 * The entitlements that a caller may read: its party sent, or its hub was asked. Those that intake
 * never asked for are nobody's.
 */
export function visibleEntitlements(caller: Caller): Prisma.EntitlementWhereInput {
  const asked = { state: { not: "UNKNOWN" } };
  if (caller.role === "operator") return asked;
  if (caller.role === "ministry") return { ...asked, sendingParty: `parties/${caller.id}` };
  if (caller.role === "hub") return { ...asked, hub: `hubs/${caller.id}` };
  return { state: { in: [] } };
}

/** The date of a column of type date. */
export function dateOf(date: Date): Temporal.PlainDate {
  return Temporal.PlainDate.from(date.toISOString().slice(0, 10));
}

/** The instant of a column of type timestamptz, in whole milliseconds. */
export function instantOf(date: Date): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(date.getTime());
}
