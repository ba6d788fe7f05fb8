/*
 * What a consumer does with one message until it is settled: handled, found a duplicate, parked or buried.
 *
 * Guarantee: a message is tried a bounded number of times before it is set aside with its key, and no
 * message of a key is handled while an earlier one of it lies there. What is not the message's fault (the
 * database is away) is repeated for as long as it lasts, without counting.
 * Effects happen once because the handler's commit is guarded by `seen`; nothing here is trusted for that.
 */
import { buryLetter, type Letter, parkLetter } from "@carehub/database/dead-letters";
import type { Logger } from "@carehub/database/logger";
import type { Database } from "@carehub/database/pool";
import { readSeen } from "@carehub/database/seen";
import type { Attempt } from "./attempt.ts";
import { type Backoff, waitBackoff } from "./backoff.ts";
import { type Defect, isOperational, toDefect } from "./failures.ts";
import type { IncomingMessage } from "./kafka-port.ts";
import { countDeadLetter, countHandled } from "./metrics.ts";
import { readMessage, type WireEvent } from "./wire.ts";

export type Delivery = {
  readonly db: Database;
  readonly consumer: string;
  readonly attempt: Attempt;
  readonly parkedKeys: ParkedKeySet;
  readonly logger: Logger;
  /** Given when the process stops: what is not settled then is delivered again. */
  readonly signal: AbortSignal;
};

/** The keys of which messages must wait, as far as this process knows; the database has the last word. */
export type ParkedKeySet = {
  has(topic: string, key: string): boolean;
  add(topic: string, key: string): void;
  remove(topic: string, key: string): void;
};

const triesMax = 3;
const triesBackoff: Backoff = { firstMs: 100, maxMs: 1_000 };
// Short enough that work goes on within a second of the database's return.
const operationalBackoff: Backoff = { firstMs: 50, maxMs: 1_000 };

/** Settles one message; false when the signal came first. Fails never. */
export async function deliver(message: IncomingMessage, delivery: Delivery): Promise<boolean> {
  const event = readMessage(message);
  const letter = toLetter(message, { consumer: delivery.consumer, event });
  const outcome = await repeatOperational(delivery, letter, async () => {
    const { topic, key } = message;
    if (delivery.parkedKeys.has(topic, key)) {
      if ((await parkLetter(delivery.db, letter)) === "parked") return "parked";
      delivery.parkedKeys.remove(topic, key);
    }
    if ("malformed" in event) {
      const defect = { reason: "MALFORMED_MESSAGE", detail: `header ${event.malformed}` };
      return await bury(letter, { defect, tries: 1 }, delivery);
    }
    return await tryEvent(event, letter, delivery);
  });
  if (outcome === undefined) return false;
  const type = "malformed" in event ? "" : event.type;
  countHandled(delivery.consumer, { topic: message.topic, type, outcome });
  return true;
}

async function tryEvent(
  event: WireEvent,
  letter: Letter,
  delivery: Delivery,
): Promise<string | undefined> {
  const { db, consumer, attempt, signal } = delivery;
  for (let tries = 1; !signal.aborted; ) {
    const result = await repeatOperational(delivery, letter, async () => {
      try {
        return { outcome: await attempt(event, tries) };
      } catch (error) {
        if (isOperational(error)) throw error;
        const seen = await readSeen(db, { consumer, aggregate: event.aggregate });
        // A handler may refuse what another member has just committed: that is no failure.
        if (seen >= event.revision) return { outcome: "duplicate" };
        return { error };
      }
    });
    if (result === undefined) return undefined;
    if (result.outcome !== undefined) return result.outcome;
    if (tries === triesMax) {
      const defect = toDefect(result.error);
      return await repeatOperational(delivery, letter, () =>
        bury(letter, { defect, tries, error: result.error }, delivery),
      );
    }
    await waitBackoff(triesBackoff, tries, signal);
    tries += 1;
  }
  return undefined;
}

async function bury(
  letter: Letter,
  { defect, tries, error }: { defect: Defect; tries: number; error?: unknown },
  { db, consumer, parkedKeys, logger }: Delivery,
): Promise<string> {
  await buryLetter(db, letter, { ...defect, tries });
  parkedKeys.add(letter.topic, letter.key);
  countDeadLetter(consumer, letter.topic, defect.reason);
  logger.warn(
    { err: error, ...placeOf(letter), reason: defect.reason, tries },
    "a message was set aside and its key parked",
  );
  return "buried";
}

/** Repeats what the surroundings made fail, until it does not or the signal is given (undefined). */
async function repeatOperational<Result>(
  { logger, signal }: Delivery,
  letter: Letter,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      // What is no operational error here is a bug of this package; repeating it loses nothing either.
      logger.warn(
        { err: error, ...placeOf(letter), attempt },
        "a message waits and is tried again",
      );
      await waitBackoff(operationalBackoff, attempt, signal);
    }
  }
  return undefined;
}

function placeOf(letter: Letter): object {
  const { consumer, topic, partition, aggregate, revision, type } = letter;
  return {
    consumer,
    topic,
    partition,
    offset: `${letter.messageOffset}`,
    aggregate,
    revision,
    type,
  };
}

function toLetter(
  message: IncomingMessage,
  { consumer, event }: { consumer: string; event: ReturnType<typeof readMessage> },
): Letter {
  const { topic, partition, key, headers } = message;
  const known = "malformed" in event ? { aggregate: null, revision: null, type: null } : event;
  return {
    consumer,
    topic,
    partition,
    messageOffset: message.offset,
    key,
    aggregate: known.aggregate,
    revision: known.revision,
    type: known.type,
    headers,
    payload: message.value,
  };
}
