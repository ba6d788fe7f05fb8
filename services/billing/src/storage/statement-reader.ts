import type { Uuid } from "@carehub/rules/ids";
import { privatePayer } from "../domain/names.ts";
import type { Balance, StoredStatement } from "../domain/stored-statement.ts";
import type { Prisma, PrismaClient } from "./generated/client.ts";
import { toStoredStatement } from "./statement-store.ts";
import type { Viewer } from "./viewer.ts";

/** The place of a statement in a list: the newest first. */
export type StatementPlace = { readonly closedAt: Temporal.Instant; readonly id: string };

/** The place of a balance in a list: by debtor, creditor and currency. */
export type BalancePlace = Pick<Balance, "debtor" | "creditor" | "currency">;

/** Reads a statement that the viewer may see; undefined when there is none, or not for this one. */
export async function readStatement(
  prisma: PrismaClient,
  id: Uuid,
  viewer: Viewer,
): Promise<StoredStatement | undefined> {
  const row = await prisma.statement.findFirst({
    where: { AND: [{ id }, visibleTo(viewer)] },
    include: withEntries,
  });
  return row === null ? undefined : toStored(row);
}

/** Reads the statements that the viewer may see, the newest first, after a place. */
export async function listStatements(
  prisma: PrismaClient,
  viewer: Viewer,
  { after, limit }: { readonly after: StatementPlace | undefined; readonly limit: number },
): Promise<StoredStatement[]> {
  const rows = await prisma.statement.findMany({
    where: { AND: [visibleTo(viewer), after === undefined ? {} : behind(after)] },
    include: withEntries,
    orderBy: [{ closedAt: "desc" }, { id: "desc" }],
    take: limit,
  });
  return rows.map(toStored);
}

/**
 * Reads the balances between parties that the viewer may see, by debtor, creditor and currency, after
 * a place; what patients owe is not among them.
 */
export async function listBalances(
  prisma: PrismaClient,
  viewer: Viewer,
  { after, limit }: { readonly after: BalancePlace | undefined; readonly limit: number },
): Promise<Balance[]> {
  const rows = await prisma.pair.findMany({
    where: {
      AND: [
        visibleTo(viewer),
        // Patients settle nothing by statement.
        { debtor: { not: privatePayer } },
        after === undefined ? {} : beyond(after),
      ],
    },
    include: { accounts: true },
    orderBy: [{ debtor: "asc" }, { creditor: "asc" }, { currency: "asc" }],
    take: limit,
  });
  return rows.map(({ debtor, creditor, currency, accounts }) => {
    const balanceOf = (kind: string) =>
      accounts.find((account) => account.owner === creditor && account.kind === kind)
        ?.balanceMinor ?? 0n;
    return {
      debtor,
      creditor,
      currency,
      invoicedMinor: -balanceOf("CHARGES"),
      creditedMinor: balanceOf("CREDIT_NOTES"),
      settledMinor: balanceOf("CASH"),
      outstandingMinor: balanceOf("RECEIVABLE"),
    };
  });
}

const withEntries = { entries: { orderBy: { position: "asc" } } } as const;

type PartiesWhere = { OR?: { debtor?: string; creditor?: string }[] };

// The access rules let no hub come here; one that did would see nothing.
function visibleTo(viewer: Viewer): PartiesWhere {
  switch (viewer.role) {
    case "ministry":
      return { OR: [{ debtor: viewer.party }, { creditor: viewer.party }] };
    case "hub":
      return { OR: [] };
    case "operator":
      return {};
    default:
      return viewer satisfies never;
  }
}

function behind({ closedAt, id }: StatementPlace): Prisma.StatementWhereInput {
  const at = new Date(closedAt.epochMilliseconds);
  return { OR: [{ closedAt: { lt: at } }, { closedAt: at, id: { lt: id } }] };
}

function beyond({ debtor, creditor, currency }: BalancePlace): Prisma.PairWhereInput {
  return {
    OR: [
      { debtor: { gt: debtor } },
      { debtor, creditor: { gt: creditor } },
      { debtor, creditor, currency: { gt: currency } },
    ],
  };
}

type Row = Prisma.StatementGetPayload<{ include: typeof withEntries }>;

function toStored({ entries, ...row }: Row): StoredStatement {
  const [periodEnd = ""] = row.periodEnd.toISOString().split("T");
  return toStoredStatement(
    {
      ...row,
      periodEnd: Temporal.PlainDate.from(periodEnd),
      closedAt: row.closedAt.toTemporalInstant(),
    },
    entries,
  );
}
