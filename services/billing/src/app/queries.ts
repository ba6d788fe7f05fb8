import { createHash } from "node:crypto";
import type { Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import { z } from "zod";
import { accountName, hubOfCaller, partyOfCaller, statementName } from "../domain/names.ts";
import { refusal } from "../domain/refusal.ts";
import { listAccounts, readAccount } from "../storage/account-reader.ts";
import type { PrismaClient } from "../storage/generated/client.ts";
import { listBalances, listStatements, readStatement } from "../storage/statement-reader.ts";
import type { Viewer } from "../storage/viewer.ts";
import { notFound } from "./visibility.ts";

/** A page that was asked for, as it came over the wire. */
export type PageRequest = { readonly pageSize: number; readonly pageToken: string };

/** A page, and the token of the next one; empty at the end. */
export type Page<Item> = { readonly items: readonly Item[]; readonly nextPageToken: string };

/** What callers may read, each only what is theirs. */
export type Queries = ReturnType<typeof createQueries>;

/** The reads of this service. */
export function createQueries(prisma: PrismaClient) {
  return {
    getAccount: async (id: Uuid, caller: Caller) => {
      const found = await readAccount(prisma, id, viewerOf(caller));
      if (found === undefined) throw notFound("ACCOUNT_NOT_FOUND", accountName(id));
      return found;
    },

    listAccounts: (page: PageRequest, caller: Caller) =>
      readPage(page, {
        query: `accounts of ${caller.name}`,
        place: accountPlace,
        read: (range) => listAccounts(prisma, viewerOf(caller), range),
        placeOf: ({ createdAt, account }) => ({ createdAt, id: account.id }),
      }),

    getStatement: async (id: Uuid, caller: Caller) => {
      const found = await readStatement(prisma, id, viewerOf(caller));
      if (found === undefined) throw notFound("STATEMENT_NOT_FOUND", statementName(id));
      return found;
    },

    listStatements: (page: PageRequest, caller: Caller) =>
      readPage(page, {
        query: `statements of ${caller.name}`,
        place: statementPlace,
        read: (range) => listStatements(prisma, viewerOf(caller), range),
        placeOf: ({ closedAt, statement }) => ({ closedAt, id: statement.id }),
      }),

    listBalances: (page: PageRequest, caller: Caller) =>
      readPage(page, {
        query: `balances of ${caller.name}`,
        place: balancePlace,
        read: (range) => listBalances(prisma, viewerOf(caller), range),
        placeOf: ({ debtor, creditor, currency }) => ({ debtor, creditor, currency }),
      }),
  };
}

function viewerOf(caller: Caller): Viewer {
  const party = partyOfCaller(caller);
  if (party !== undefined) return { role: "ministry", party };
  const hub = hubOfCaller(caller);
  return hub === undefined ? { role: "operator" } : { role: "hub", hub };
}

const pageSizeDefault = 50;
const pageSizeMax = 200;

const instant = z.codec(z.string(), z.instanceof(Temporal.Instant), {
  decode: (text) => Temporal.Instant.from(text),
  encode: String,
});
const accountPlace = z.object({ createdAt: instant, id: z.string() });
const statementPlace = z.object({ closedAt: instant, id: z.string() });
const balancePlace = z.object({ debtor: z.string(), creditor: z.string(), currency: z.string() });

type Listing<Item, Place extends z.ZodType> = {
  /** What the token is bound to: of another query or caller it is refused. */
  readonly query: string;
  readonly place: Place;
  readonly read: (range: {
    readonly after: z.output<Place> | undefined;
    readonly limit: number;
  }) => Promise<Item[]>;
  readonly placeOf: (item: Item) => z.output<Place>;
};

async function readPage<Item, Place extends z.ZodType>(
  { pageSize, pageToken }: PageRequest,
  { query, place, read, placeOf }: Listing<Item, Place>,
): Promise<Page<Item>> {
  const size = Math.min(pageSize || pageSizeDefault, pageSizeMax);
  const bound = createHash("sha256").update(query).digest("base64url").slice(0, 12);
  const after = pageToken === "" ? undefined : readToken(pageToken, bound, place);
  const found = await read({ after, limit: size + 1 });
  const items = found.slice(0, size);
  const last = items.at(-1);
  if (found.length <= size || last === undefined) return { items, nextPageToken: "" };
  const token = JSON.stringify(z.encode(place, placeOf(last)));
  return { items, nextPageToken: `${bound}.${Buffer.from(token).toString("base64url")}` };
}

function readToken<Place extends z.ZodType>(
  token: string,
  bound: string,
  place: Place,
): z.output<Place> {
  const [query, text = ""] = token.split(".");
  if (query !== bound) throw refusal("PAGE_TOKEN_INVALID");
  try {
    return z.decode(place, JSON.parse(Buffer.from(text, "base64url").toString()));
  } catch (cause) {
    throw refusal("PAGE_TOKEN_INVALID", {}, { cause });
  }
}
