import type { LoggedEvent } from "@carehub/database/event-log";
import type { Run } from "@carehub/database/pool";

type Reader = { readonly run: Run };

/** What a watcher is told of an event. */
export type WatchedEvent = Pick<LoggedEvent, "number" | "eventId" | "payload" | "traceparent">;

/** A part of a feed: its events, and the number up to which there are no others. */
export type Stretch = { readonly events: readonly WatchedEvent[]; readonly upTo: bigint };

/** From which number on and to which a part is read; there is nothing unseen below `last`. */
export type Range = { readonly after: bigint; readonly last: bigint };

// Some events hold a whole course: a hundred of them are a megabyte.
const eventsMax = 100;
// A caller with few courses passes over many numbers of others; this bounds what one statement looks at.
const scanMax = 5_000n;

const columns = `number, event_id as "eventId", payload, traceparent`;

// Row by row along the numbers, whatever the planner thinks of it: it would rather read all events of all time and then
// drop those outside. "offset 0" keeps it from taking the parts together.
const walk = `(select number, position from log.published
    where number > $1 and number <= $2 order by number offset 0) as published
  cross join lateral (select event_id, aggregate, key, payload, traceparent from log.event
    where event.position = published.position offset 0) as event`;

/**
 * Reads the events of the courses of a hub, or of those that a party sent, in the order of their numbers. It walks over
 * the numbers, so that it costs the same whoever asks; the course's own row says whose it is.
 */
export async function readCourseEvents(
  db: Reader,
  of: { readonly hub: string | undefined; readonly sendingParty: string | undefined },
  range: Range,
): Promise<Stretch> {
  return readStretch(range, (upTo) =>
    db.run<WatchedEvent>(
      "watch-courses",
      `select ${columns} from ${walk}
         cross join lateral (select hub, sending_party from course
           where id = case when aggregate like 'courses/%' then key::uuid end offset 0) as course
       where hub <> '' and (hub = $3 or sending_party = $4)
       order by number limit ${eventsMax}`,
      [range.after, upTo, of.hub ?? null, of.sendingParty ?? null],
    ),
  );
}

/** Reads the events of a hub itself, in the order of their numbers. */
export async function readHubEvents(db: Reader, hub: string, range: Range): Promise<Stretch> {
  return readStretch(range, (upTo) =>
    db.run<WatchedEvent>(
      "watch-hub",
      `select ${columns} from ${walk} where aggregate = $3 order by number limit ${eventsMax}`,
      [range.after, upTo, hub],
    ),
  );
}

async function readStretch(
  { after, last }: Range,
  read: (upTo: bigint) => Promise<WatchedEvent[]>,
): Promise<Stretch> {
  const upTo = last < after + scanMax ? last : after + scanMax;
  if (upTo <= after) return { events: [], upTo: after };
  const events = await read(upTo);
  const end = events.at(-1);
  return { events, upTo: end !== undefined && events.length === eventsMax ? end.number : upTo };
}
