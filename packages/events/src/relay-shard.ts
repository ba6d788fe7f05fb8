import type { LoggedEvent } from "@carehub/database/event-log";
import type { Logger } from "@carehub/database/logger";
import { passFailPoint } from "@carehub/runtime/fail-points";
import { type Backoff, waitBackoff } from "./backoff.ts";
import type { Producer } from "./kafka-port.ts";
import { countSent } from "./metrics.ts";
import { startSendSpan } from "./relay-spans.ts";
import { createWake, type Wake } from "./wake.ts";
import { toMessage } from "./wire.ts";

/** The events of some partitions that wait to be sent, in the order of their numbers. */
export type Shard = { readonly queue: LoggedEvent[]; readonly wake: Wake };

/** Makes a shard without events. */
export function createShard(): Shard {
  return { queue: [], wake: createWake() };
}

type Sending = {
  readonly producer: Producer;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onAcknowledged: (events: readonly LoggedEvent[]) => void;
};

const batchRowsMax = 500;
// Below the broker's limit of a batch; a single larger event goes alone.
const batchBytesMax = 1024 * 1024;
const idleMs = 1_000;
// The one retry without an end: what is committed is published, however long the broker is away.
const sendBackoff: Backoff = { firstMs: 100, maxMs: 2_000 };

/** Sends a shard's events, one batch at a time, until the signal is given. */
export async function sendShard(shard: Shard, sending: Sending): Promise<void> {
  while (!sending.signal.aborted) {
    const batch = shard.queue.splice(0, countBatch(shard.queue));
    if (batch.length === 0) {
      await shard.wake.sleep(idleMs, sending.signal);
      continue;
    }
    if (!(await sendBatch(batch, sending))) return;
    passFailPoint("relay.after-send");
    sending.onAcknowledged(batch);
    countSent(batch.length);
  }
}

/** How many events from the front make up the next batch; one at least, when there is any. */
export function countBatch(queue: readonly Pick<LoggedEvent, "payload">[]): number {
  let bytes = 0;
  let count = 0;
  for (const { payload } of queue) {
    bytes += payload.length;
    if (count > 0 && (bytes > batchBytesMax || count >= batchRowsMax)) break;
    count += 1;
  }
  return count;
}

async function sendBatch(
  batch: readonly LoggedEvent[],
  { producer, logger, signal }: Sending,
): Promise<boolean> {
  const spans = batch.map(startSendSpan);
  const messages = batch.map((event, at) =>
    toMessage({ ...event, traceparent: spans[at]?.traceparent ?? null }),
  );
  let isSent = false;
  for (let attempt = 1; !isSent && !signal.aborted; attempt += 1) {
    try {
      await producer.send(messages);
      isSent = true;
    } catch (error) {
      logger.warn({ err: error, attempt, count: batch.length }, "events wait for Kafka");
      await waitBackoff(sendBackoff, attempt, signal);
    }
  }
  for (const span of spans) span.end(!isSent);
  return isSent;
}
