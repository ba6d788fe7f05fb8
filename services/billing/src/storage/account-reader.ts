import type { Uuid } from "@carehub/rules/ids";
import { privatePayer } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { type LineRow, toStoredAccount } from "./account-rows.ts";
import type { Prisma, PrismaClient } from "./generated/client.ts";
import type { Viewer } from "./viewer.ts";

/** The place of an account in a list: the newest first. */
export type AccountPlace = { readonly createdAt: Temporal.Instant; readonly id: string };

/** Reads an account that the viewer may see; undefined when there is none, or not for this one. */
export async function readAccount(
  prisma: PrismaClient,
  id: Uuid,
  viewer: Viewer,
): Promise<StoredAccount | undefined> {
  const row = await prisma.account.findFirst({
    where: { AND: [{ id }, visibleTo(viewer)] },
    include: withLines,
  });
  return row === null ? undefined : toStored(row);
}

/** Reads the accounts that the viewer may see, the newest first, after a place. */
export async function listAccounts(
  prisma: PrismaClient,
  viewer: Viewer,
  { after, limit }: { readonly after: AccountPlace | undefined; readonly limit: number },
): Promise<StoredAccount[]> {
  const rows = await prisma.account.findMany({
    where: { AND: [visibleTo(viewer), after === undefined ? {} : behind(after)] },
    include: withLines,
    orderBy: [{ createdAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  return rows.map(toStored);
}

const withLines = { lines: { orderBy: { sequence: "asc" } } } as const;

// A closed case of which nothing else is known is a row of no party: nobody sees it.
function visibleTo(viewer: Viewer): Prisma.AccountWhereInput {
  switch (viewer.role) {
    case "ministry":
      return {
        OR: [
          { payer: viewer.party },
          { creditor: viewer.party },
          { payer: privatePayer, sender: viewer.party },
        ],
      };
    case "hub":
      return { hub: viewer.hub };
    case "operator":
      return { payer: { not: null } };
    default:
      return viewer satisfies never;
  }
}

function behind({ createdAt, id }: AccountPlace): Prisma.AccountWhereInput {
  const at = new Date(createdAt.epochMilliseconds);
  return { OR: [{ createdAt: { lt: at } }, { createdAt: at, id: { lt: id } }] };
}

type Row = Prisma.AccountGetPayload<{ include: typeof withLines }>;

function toStored({ lines, ...row }: Row): StoredAccount {
  const account = {
    ...row,
    createdAt: row.createdAt.toTemporalInstant(),
    updatedAt: row.updatedAt.toTemporalInstant(),
  };
  const lineRows = lines.map(
    (line): LineRow => ({ ...line, acceptedAt: line.acceptedAt?.toTemporalInstant() ?? null }),
  );
  return toStoredAccount(account, lineRows);
}
