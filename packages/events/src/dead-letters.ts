/*
 * Bringing back what was set aside, in its order, through the consumer's own handler.
 *
 * Guarantee: an event takes effect once, however often and from wherever it is replayed, since the handler's
 * commit is guarded by `seen`; and a key is free only in a commit that finds nothing of it waiting, so an event
 * that arrives meanwhile is either parked and replayed too, or handled after everything before it.
 */
import {
  type DeadLetter,
  freeKey,
  listLetters,
  markFailed,
  markReplayed,
  type ParkedKey,
  readLetter,
  readWaiting,
} from "@carehub/database/dead-letters";
import type { Logger } from "@carehub/database/logger";
import type { Database } from "@carehub/database/pool";
import { readSeen } from "@carehub/database/seen";
import { DomainError } from "@carehub/rules/domain-error";
import type { Attempt } from "./attempt.ts";
import type { Consumer } from "./consumer.ts";
import { type Defect, isOperational, revisionGap, toDefect } from "./failures.ts";
import { readMessage } from "./wire.ts";

/** How a replay ended: with the key free, or stopped at a letter that failed again and stays. */
export type Replayed =
  | { readonly kind: "freed"; readonly replayedCount: number }
  | {
      readonly kind: "failed";
      readonly replayedCount: number;
      readonly id: bigint;
      readonly reason: string;
      readonly detail: string;
    };

/** The dead letters of one service. */
export type DeadLetters = {
  /** Newest first; the next page begins before the last id. */
  readonly list: (page: Parameters<typeof listLetters>[1]) => Promise<DeadLetter[]>;
  /**
   * Replays all that waits of a key, named itself or by one of its letters; fails with DEAD_LETTER_NOT_FOUND.
   * Safe to repeat, and while new events of the key arrive.
   */
  readonly replay: (which: { readonly id: bigint } | ParkedKey) => Promise<Replayed>;
};

const pageMax = 100;

/** Opens the dead letters of a service with its consumers, whose handlers will get them again. */
export function openDeadLetters(options: {
  readonly db: Database;
  readonly consumers: readonly Pick<Consumer, "group" | "attempt">[];
  readonly logger: Logger;
}): DeadLetters {
  const { db, logger } = options;
  const attempts = new Map(options.consumers.map(({ group, attempt }) => [group, attempt]));
  return {
    list: (page) => listLetters(db, page),
    async replay(which) {
      const key = "id" in which ? await readLetter(db, which.id) : which;
      const attempt = key === undefined ? undefined : attempts.get(key.consumer);
      if (key === undefined || attempt === undefined) {
        throw new DomainError("DEAD_LETTER_NOT_FOUND", "id" in which ? { id: `${which.id}` } : {});
      }
      const replayed = await replayWaiting(db, key, attempt);
      logger.info({ consumer: key.consumer, topic: key.topic, ...replayed }, "a key was replayed");
      return replayed;
    },
  };
}

async function replayWaiting(db: Database, key: ParkedKey, attempt: Attempt): Promise<Replayed> {
  for (let replayedCount = 0; ; ) {
    const waiting = await readWaiting(db, key, pageMax);
    const [first] = waiting;
    if (first === undefined) {
      if (await freeKey(db, key)) return { kind: "freed", replayedCount };
      continue;
    }
    const countBefore = replayedCount;
    let gap: Defect | undefined;
    for (const letter of waiting) {
      const defect = await replayLetter(db, letter, attempt);
      if (defect === undefined) replayedCount += 1;
      // What is missing may have been sent again since, and then lies behind those that miss it.
      else if (defect.reason === revisionGap) gap ??= defect;
      else return await stopAt(db, letter, { defect, replayedCount });
    }
    if (replayedCount === countBefore && gap !== undefined) {
      return await stopAt(db, first, { defect: gap, replayedCount });
    }
  }
}

async function stopAt(
  db: Database,
  letter: DeadLetter,
  { defect, replayedCount }: { defect: Defect; replayedCount: number },
): Promise<Replayed> {
  await markFailed(db, letter.id, defect);
  return { kind: "failed", replayedCount, id: letter.id, ...defect };
}

/** Undefined when the letter is done with; operational failures are thrown and change nothing. */
async function replayLetter(
  db: Database,
  letter: DeadLetter,
  attempt: Attempt,
): Promise<Defect | undefined> {
  const { consumer, messageOffset, payload } = letter;
  const event = readMessage({ ...letter, offset: messageOffset, value: payload });
  if ("malformed" in event) {
    return { reason: "MALFORMED_MESSAGE", detail: `header ${event.malformed}` };
  }
  try {
    await attempt(event, letter.tries + 1);
  } catch (error) {
    if (isOperational(error)) throw error;
    const seen = await readSeen(db, { consumer, aggregate: event.aggregate });
    if (seen < event.revision) return toDefect(error);
  }
  await markReplayed(db, letter.id);
  return undefined;
}
