import type { Run } from "@carehub/database/pool";
import type { Hub, HubDocument } from "../domain/hub.ts";
import { readFacts } from "./facts.ts";

type VersionRow = {
  readonly document: string | null;
  readonly published_at: Temporal.Instant | null;
  readonly created_at: Temporal.Instant;
};

/** One version of a hub; "no-hub" where there is no such hub, "no-version" where the hub has none of that number. */
export async function readHubVersion(
  db: { readonly run: Run },
  name: string,
  version: number,
): Promise<Hub | "no-hub" | "no-version"> {
  const [row] = await db.run<VersionRow>(
    "hub-version-read",
    // To the millisecond, as the present version is read.
    `select date_trunc('milliseconds', hub.created_at) as created_at, kept.document::text as document,
       date_trunc('milliseconds', kept.published_at) as published_at
     from hub left join hub_version as kept on kept.name = hub.name and kept.version = $2
     where hub.name = $1`,
    [name, version],
  );
  if (row === undefined) return "no-hub";
  const { document, published_at: updatedAt, created_at: createdAt } = row;
  if (document === null || updatedAt === null) return "no-version";
  return { document: readFacts<HubDocument>(document), version, createdAt, updatedAt };
}
