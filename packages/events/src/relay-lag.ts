import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { gaugeRelayLag } from "./metrics.ts";

/** How far the relay is behind: events numbered and not acknowledged, and the age of the oldest of them. */
export type RelayLag = { readonly rows: number; readonly seconds: number };

/** Reads the lag from the log; the age is real time, from the event's id. */
export async function readRelayLag(db: Database, reader: string): Promise<RelayLag> {
  const rows = await db.run<RelayLag>(
    "relay-lag",
    `with reached as (
       select coalesce((select number from log.cursor where reader = $1), 0) as number)
     select ((select coalesce(max(number), 0) from log.published) - reached.number)::integer as rows,
       coalesce((select extract(epoch from now() - uuid_extract_timestamp(event_id))::float8
         from log.published join log.event using (position)
         where published.number > reached.number order by published.number limit 1), 0) as seconds
     from reached`,
    [reader],
  );
  return must(rows[0], "a select of one row has a row");
}

const staleMs = 1_000;

/** Shows the lag as metrics, with one query for both of its figures; answers how to end it. */
export function watchRelayLag(name: string, read: () => Promise<RelayLag | undefined>): () => void {
  let reading: Promise<RelayLag | undefined> | undefined;
  let readMs = 0;
  const recent = () => {
    if (reading === undefined || performance.now() - readMs > staleMs) {
      readMs = performance.now();
      // A figure that cannot be read is left out of this collection; the sessions report the database.
      reading = read().catch(() => undefined);
    }
    return reading;
  };
  return gaugeRelayLag(name, recent);
}
