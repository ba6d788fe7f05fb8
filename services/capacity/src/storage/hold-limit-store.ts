import type { Run } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";

type Reader = { readonly run: Run };

/** How many live holds there are, and when the first of them may be taken by another; undefined where there is none. */
export type LiveHolds = {
  readonly count: number;
  readonly firstReleaseAt: Temporal.Instant | undefined;
};

/**
 * Counts the live holds of a party at a hub, or those of the hub's own patients where the party is undefined, up to a
 * limit; a hold past its release time is nobody's any more.
 */
export async function countLiveHolds(
  db: Reader,
  { hub, sendingParty }: { readonly hub: string; readonly sendingParty: string | undefined },
  { except, limit }: { readonly except: Uuid | undefined; readonly limit: number },
): Promise<LiveHolds> {
  type Row = { count: number; first: Temporal.Instant | null };
  const rows = await db.run<Row>(
    "hold-limit-count",
    `select count(*)::integer as count, min(release_at) as first from (
       select release_at from course
       where state = 'HELD' and hub = $1 and sending_party is not distinct from $2
         and release_at > app.now() and id is distinct from $3::uuid
       order by release_at limit $4) as live`,
    [hub, sendingParty ?? null, except ?? null, limit],
  );
  const { count, first } = must(rows[0], "an aggregate without groups has a row");
  return { count, firstReleaseAt: first ?? undefined };
}
