/*
 * Brings the numbered events of one service to Kafka.
 *
 * Guarantee: every event is sent at least once, and the first copies of a key's events are in the order of
 * their numbers. The cursor is a low-water mark: everything up to it is acknowledged by all replicas in sync,
 * so a crash at any point sends again at most what was in the window, and loses nothing.
 * Not guaranteed: exactly once. Consumers count revisions and skip what they have.
 * One low-water mark, not a cursor per shard: one reader of the log instead of one for each, and the number
 * of shards may change between two starts. Its price is that one stuck shard stops all, once the window is
 * full; a broker that refuses one partition for long is an outage anyway.
 * A shard owns whole partitions and has one send in flight, so a retry cannot overtake.
 * One relay leads (session advisory lock); a second would only send everything twice.
 */
import { moveCursor, readCursor } from "@carehub/database/cursor";
import { readPublished } from "@carehub/database/event-log";
import type { Logger } from "@carehub/database/logger";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { type Backoff, pause, waitBackoff } from "./backoff.ts";
import type { Producer } from "./kafka-port.ts";
import { createLowWater, type LowWater } from "./low-water.ts";
import { partitionOf } from "./partition.ts";
import { type RelayLag, readRelayLag, watchRelayLag } from "./relay-lag.ts";
import { createShard, type Shard, sendShard } from "./relay-shard.ts";
import { partitionsOfTopic } from "./topics.ts";
import { createWake, type Wake } from "./wake.ts";

export type RelayOptions = {
  readonly db: Database;
  readonly producer: Producer;
  /** The service's name; its cursor is `relay.{name}`. */
  readonly name: string;
  /** How many sends may be in flight at once, at most one for each partition. */
  readonly shards?: number;
  readonly logger: Logger;
};

/** The running relay of a process; of several processes one leads, the others wait for its place. */
export type Relay = {
  readonly isLeader: () => boolean;
  readonly lag: () => Promise<RelayLag>;
  /** Finishes the sends in flight, moves the cursor, gives up the lead. */
  readonly close: () => Promise<void>;
};

const shardsDefault = 4;
const readRowsMin = 50;
const readRowsMax = 1_000;
const readBytesTarget = 2 * 1024 * 1024;
const windowRowsMax = 8_000;
const windowBytesMax = 16 * 1024 * 1024;
const cursorGapMs = 10;
// A lost notification costs at most this.
const pollMs = 200;
const lockRetryMs = 500;
const sessionBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/** Starts the relay; it goes on for ever, whatever fails, until it is closed. */
export function startRelay(options: RelayOptions): Relay {
  const stop = new AbortController();
  let isLeader = false;
  const running = runSessions(options, {
    stop: stop.signal,
    onLead: (leads) => {
      isLeader = leads;
    },
  });
  const reader = cursorName(options.name);
  const lag = () => readRelayLag(options.db, reader);
  const unwatch = watchRelayLag(options.name, async () => (isLeader ? lag() : undefined));
  return {
    isLeader: () => isLeader,
    lag,
    async close() {
      unwatch();
      stop.abort();
      await running;
    },
  };
}

type Turn = { readonly stop: AbortSignal; readonly onLead: (leads: boolean) => void };

async function runSessions(options: RelayOptions, turn: Turn): Promise<void> {
  for (let failures = 0; !turn.stop.aborted; ) {
    const startedMs = performance.now();
    try {
      await runSession(options, turn);
    } catch (error) {
      options.logger.warn({ err: error, relay: options.name }, "the relay was interrupted");
    }
    turn.onLead(false);
    failures = performance.now() - startedMs > sessionBackoff.maxMs ? 1 : failures + 1;
    await waitBackoff(sessionBackoff, failures, turn.stop);
  }
}

// The life of one connection: candidate until the lock is free, then leader until the connection ends.
async function runSession(options: RelayOptions, { stop, onLead }: Turn): Promise<void> {
  const client = await options.db.connect(cursorName(options.name));
  const lost = new AbortController();
  client.on("error", (error) => lost.abort(error));
  client.on("end", () => lost.abort(new Error("the connection of the relay's lock ended")));
  try {
    const lock = "select pg_try_advisory_lock(hashtext('carehub'), hashtext($1)) as taken";
    const signal = AbortSignal.any([stop, lost.signal]);
    for (;;) {
      const { rows } = await client.query(lock, [cursorName(options.name)]);
      if (rows[0]?.taken === true) break;
      await pause(lockRetryMs, signal);
      if (signal.aborted) return;
    }
    const readWake = createWake();
    client.on("notification", () => readWake.raise());
    await client.query("listen log_published");
    onLead(true);
    await lead(options, { readWake, signal });
    lost.signal.throwIfAborted();
  } finally {
    await client.end();
  }
}

type Session = {
  readonly options: RelayOptions;
  readonly reader: string;
  readonly lowWater: LowWater;
  readonly shards: readonly Shard[];
  readonly readWake: Wake;
  readonly cursorWake: Wake;
  readonly signal: AbortSignal;
  /** What is read and not acknowledged yet. */
  readonly window: { bytes: number };
};

async function lead(
  options: RelayOptions,
  { readWake, signal }: { readWake: Wake; signal: AbortSignal },
): Promise<void> {
  const reader = cursorName(options.name);
  const start = await readCursor(options.db, reader);
  // Writes the row at first, so that whoever asks who is behind sees the relay from its beginning.
  await moveCursor(options.db, reader, start);
  const failed = new AbortController();
  const session: Session = {
    options,
    reader,
    lowWater: createLowWater(start),
    shards: Array.from({ length: options.shards ?? shardsDefault }, createShard),
    readWake,
    cursorWake: createWake(),
    signal: AbortSignal.any([signal, failed.signal]),
    window: { bytes: 0 },
  };
  const work = [readRows(session, start), moveCursors(session), ...sendShards(session)];
  const guarded = work.map((part) =>
    part.catch((error) => {
      failed.abort(error);
      throw error;
    }),
  );
  // All parts end before the next session begins: a send that is still repeated there could overtake.
  await Promise.allSettled(guarded);
  failed.signal.throwIfAborted();
  await moveCursor(options.db, reader, session.lowWater.mark());
}

async function readRows(session: Session, start: bigint): Promise<void> {
  const { lowWater, shards, signal, window, readWake } = session;
  let last = start;
  let limit = readRowsMin;
  while (!signal.aborted) {
    if (lowWater.openCount() >= windowRowsMax || window.bytes >= windowBytesMax) {
      await readWake.sleep(pollMs, signal);
      continue;
    }
    const rows = await readPublished(session.options.db, last, limit);
    let bytes = 0;
    for (const row of rows) {
      last = row.number;
      bytes += row.payload.length;
      lowWater.open(row.number);
      const shard = must(
        shards[partitionOf(row.key, partitionsOfTopic) % shards.length],
        "a remainder is below its divisor",
      );
      shard.queue.push(row);
      shard.wake.raise();
    }
    window.bytes += bytes;
    // Follows the size of what is read, so that a run of large payloads does not fill the memory.
    limit = bytes > readBytesTarget ? Math.ceil(limit / 4) : Math.min(limit * 2, readRowsMax);
    if (rows.length === 0) await readWake.sleep(pollMs, signal);
  }
}

function sendShards(session: Session): Promise<void>[] {
  const { options, lowWater, signal, window, readWake, cursorWake } = session;
  return session.shards.map((shard) =>
    sendShard(shard, {
      producer: options.producer,
      logger: options.logger,
      signal,
      onAcknowledged: (events) => {
        for (const { number, payload } of events) {
          lowWater.close(number);
          window.bytes -= payload.length;
        }
        cursorWake.raise();
        readWake.raise();
      },
    }),
  );
}

async function moveCursors({ options, reader, lowWater, cursorWake, signal }: Session) {
  let moved = lowWater.mark();
  while (!signal.aborted) {
    const mark = lowWater.mark();
    if (mark === moved) {
      await cursorWake.sleep(pollMs, signal);
      continue;
    }
    await moveCursor(options.db, reader, mark);
    moved = mark;
    // Many acknowledgements share one write.
    await pause(cursorGapMs, signal);
  }
}

function cursorName(name: string): string {
  return `relay.${name}`;
}
