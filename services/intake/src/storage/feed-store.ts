import type { LoggedEvent } from "@carehub/database/event-log";
import { readLastNumber } from "@carehub/database/event-log";
import type { Database } from "@carehub/database/pool";

/** A stretch of a partner's feed: its events, and the number up to which there are no others. */
export type FeedPage = { readonly events: readonly LoggedEvent[]; readonly upTo: bigint };

// A partner with few cases passes over many numbers of others; this bounds what one call looks at.
const scanMax = 5_000n;

/** Reads the events of the cases of one side after a number, in the order of their numbers, at most `size`. */
export async function readFeed(
  db: Database,
  { side, after, size }: { side: string; after: bigint; size: number },
): Promise<FeedPage> {
  // Read first: an event that is numbered meanwhile is then beyond the stretch, never inside and unseen.
  const last = await readLastNumber(db);
  let upTo = after + scanMax;
  if (last < upTo) upTo = last;
  if (upTo <= after) return { events: [], upTo: after };
  const events = await db.run<LoggedEvent>(
    "feed-after",
    `select number, event_id as "eventId", topic, key, aggregate, event.revision, type, payload,
       occurred_at as "occurredAt", event.traceparent, caller, actor,
       source_event_id as "sourceEventId", source_trace_id as "sourceTraceId"
     from log.published join log.event using (position)
       join referral on referral.id = event.key::uuid
     where number > $1 and number <= $2 and $3 in (sending_party, hub)
     order by number limit $4`,
    [after, upTo, side, size],
  );
  const end = events.at(-1);
  return { events, upTo: end !== undefined && events.length === size ? end.number : upTo };
}
