import type { Caller } from "@carehub/rules/caller";
import type { KnownAgreement } from "../domain/agreement.ts";
import type { Party } from "../domain/party.ts";
import { decodeAgreement } from "./agreement-codec.ts";
import type { PrismaClient } from "./generated/client.ts";
import { instantOf, type Page, visibleTexts } from "./reads.ts";

/** A party as it stands in the register. */
export type StoredParty = {
  readonly party: Party;
  readonly revision: number;
  readonly updatedAt: Temporal.Instant;
};

/** A party that the caller may see: itself, and those it shares an agreement with. */
export async function findParty(
  reads: PrismaClient,
  caller: Caller,
  name: string,
): Promise<StoredParty | undefined> {
  const isOwn = caller.role === "ministry" && name === `parties/${caller.id}`;
  if (caller.role !== "operator" && !isOwn && !(await sharesAgreement(reads, caller, name))) {
    return undefined;
  }
  const row = await reads.party.findUnique({ where: { name } });
  if (row === null) return undefined;
  const { revision, updatedAt, standing, ...rest } = row;
  const party = { ...rest, standing: standing === "ACTIVE" ? "ACTIVE" : "SUSPENDED" } as const;
  return { party, revision, updatedAt: instantOf(updatedAt) };
}

async function sharesAgreement(reads: PrismaClient, caller: Caller, name: string) {
  const shared = await reads.agreement.findFirst({
    where: { AND: [visibleTexts(caller), { parties: { has: name } }] },
    select: { name: true },
  });
  return shared !== null;
}

/**
 * The version asked for, or the highest that was known at the time; only one that the caller may
 * see.
 */
export async function findAgreement(
  reads: PrismaClient,
  caller: Caller,
  asked: { readonly name: string; readonly version?: number; readonly knownAt?: Temporal.Instant },
): Promise<KnownAgreement | undefined> {
  const { name, version, knownAt } = asked;
  const row = await reads.agreementVersion.findFirst({
    where: {
      agreement: name,
      ...(version !== undefined && { version }),
      ...(knownAt && { knownFrom: { lte: new Date(knownAt.epochMilliseconds) } }),
      AND: [visibleVersions(caller)],
    },
    orderBy: { version: "desc" },
    select: { text: true, knownFrom: true },
  });
  return row === null ? undefined : known(row);
}

/** The newest version of each agreement that the caller may see, by name. */
export async function listAgreements(
  reads: PrismaClient,
  caller: Caller,
  { party, after, size }: Page<string> & { readonly party?: string },
): Promise<KnownAgreement[]> {
  const rows = await reads.agreement.findMany({
    where: {
      AND: [visibleTexts(caller), party === undefined ? {} : { parties: { has: party } }],
      ...(after !== undefined && { name: { gt: after } }),
    },
    orderBy: { name: "asc" },
    take: size,
    select: {
      versions: { orderBy: { version: "desc" }, take: 1, select: { text: true, knownFrom: true } },
    },
  });
  return rows.flatMap(({ versions }) => versions.map(known));
}

// A version has no name of its own; everything else of the rule is the same.
function visibleVersions(caller: Caller) {
  const { name, ...rest } = visibleTexts(caller);
  return name === undefined ? rest : { version: { in: [] } };
}

function known({ text, knownFrom }: { text: unknown; knownFrom: Date }): KnownAgreement {
  return { ...decodeAgreement(text), knownFrom: instantOf(knownFrom) };
}
