/**
 * Wake-ups between the writers, the leader that numbers, and all that read by number.
 *
 * A notification says only "look": none is needed for anything to happen, since every reader also
 * looks by itself after a bounded time. So they may be lost, late or doubled. They are sent after
 * the commit, in a transaction of their own, at most one per 5 ms and process: inside the write, a
 * NOTIFY makes all commits queue behind one lock (3 times slower).
 */

import type pg from "pg";
import type { Logger } from "./logger.ts";
import type { Database } from "./pool.ts";

/**
 * `pending`: events wait for a number. `published`: numbers were given, the payload is the last
 * one.
 */
export type Channel = "log_pending" | "log_published";

const announceGapMs = 5;
const announcing = new WeakSet<Database>();

/**
 * Tells the leader, within 5 ms, that events wait for their number. Never fails and is not awaited.
 */
export function announcePending(db: Database): void {
  if (announcing.has(db)) return;
  announcing.add(db);
  setTimeout(() => {
    announcing.delete(db);
    if (db.pool.ending) return;
    // A lost one costs the leader's polling time; the pool reports lost connections itself.
    db.run("notify-pending", "select pg_notify('log_pending', '')").catch(() => undefined);
  }, announceGapMs).unref();
}

/** A subscription; `close` ends its connection. */
export type Subscription = { readonly close: () => Promise<void> };

const reconnectMsMin = 50;
const reconnectMsMax = 2_000;

/**
 * Calls `onWake` with the payload of each notification, and with "" after each (re)connect, since
 * some may have been missed. Reconnects for ever, at most 2 s apart. Answers when the first attempt
 * to connect is over.
 */
export async function listen(
  db: Database,
  channel: Channel,
  options: { readonly onWake: (payload: string) => void; readonly logger?: Logger },
): Promise<Subscription> {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let delayMs = reconnectMsMin;

  const reconnect = (error: unknown) => {
    client = undefined;
    if (closed || timer !== undefined) return;
    options.logger?.warn({ err: error, channel }, "listening was interrupted");
    timer = setTimeout(() => {
      timer = undefined;
      attempt();
    }, delayMs);
    delayMs = Math.min(delayMs * 2, reconnectMsMax);
  };
  let connecting = Promise.resolve();
  const attempt = () => {
    connecting = connect().catch(reconnect);
    return connecting;
  };
  const connect = async () => {
    const fresh = await db.connect(channel);
    fresh.on("error", (error) => client === fresh && reconnect(error));
    fresh.on("end", () => client === fresh && reconnect(new Error("the connection ended")));
    fresh.on("notification", ({ payload = "" }) => options.onWake(payload));
    client = fresh;
    await fresh.query(`listen ${channel}`);
    delayMs = reconnectMsMin;
    options.onWake("");
  };
  await attempt();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await connecting;
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}
