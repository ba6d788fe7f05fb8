import { DeadLetterState } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { moveClock, now } from "@carehub/database/clock";
import { type DeadLetter, readWaiting } from "@carehub/database/dead-letters";
import type { Database } from "@carehub/database/pool";
import { readStillness } from "@carehub/database/quiet";
import type { DeadLetters } from "@carehub/events/dead-letters";
import { toTimestamp } from "@carehub/grpc/instants";
import { implementOperations } from "@carehub/grpc/operations";
import type { Implementation } from "@carehub/grpc/serve";
import { DomainError } from "@carehub/rules/domain-error";

/** What the operations need of the running service. */
export type Operated = {
  readonly db: Database;
  readonly deadLetters: DeadLetters;
  readonly consumers: readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly relayLag: () => Promise<{ readonly rows: number }>;
  /** Messages that no consumer of this service has settled, now. */
  readonly consumerLag: () => Promise<bigint>;
};

const remainingMax = 1_000;

/** The operations API of one service. */
export function operationsService(name: string, operated: Operated): Implementation {
  const { db, deadLetters, consumers } = operated;
  return implementOperations({
    name,
    moveClock: (to) => moveClock(db, { to }),
    getQuiescence: async () => {
      // The consumers first: what they still do shows in the figures that are read after them.
      const consumerLag = await operated.consumerLag();
      const { pendingCount, dueCount, nextDueAt } = await readStillness(db);
      const { rows } = await operated.relayLag();
      return {
        pendingCount: BigInt(pendingCount),
        relayLag: BigInt(rows),
        consumerLag,
        dueCount: BigInt(dueCount),
        ...(nextDueAt && { nextDueTime: toTimestamp(nextDueAt) }),
        time: toTimestamp(await now(db)),
      };
    },
    listDeadLetters: async ({ size, token }) => {
      const before = /^\d+$/.test(token) ? { before: BigInt(token) } : {};
      const letters = await deadLetters.list({ ...before, limit: size });
      const waiting = letters.filter(({ state }) => state !== "REPLAYED");
      const nextPageToken = letters.length < size ? "" : `${letters.at(-1)?.id ?? ""}`;
      return { deadLetters: waiting.map(toDeadLetter), nextPageToken };
    },
    replayDeadLetters: async ({ topic, key }) => {
      const consumer = consumers.find(({ topics }) => topics.includes(topic))?.group ?? "";
      const parked = { consumer, topic, key };
      if ((await readWaiting(db, parked, 1)).length === 0) {
        throw new DomainError("DEAD_LETTER_NOT_FOUND", { topic });
      }
      const { replayedCount } = await deadLetters.replay(parked);
      const remaining = await readWaiting(db, parked, remainingMax);
      return { handledCount: replayedCount, remainingCount: remaining.length };
    },
  });
}

function toDeadLetter(letter: DeadLetter) {
  const { topic, key, type, aggregate, revision, state, reason, tries, createdAt } = letter;
  return {
    ...{ topic, key, reason, tryCount: tries },
    eventId: letter.headers.ce_id ?? "",
    eventType: type ?? "",
    aggregateRevision: aggregate === null ? "" : `${aggregate}@${revision ?? 0}`,
    state: state === "DEAD" ? DeadLetterState.DEAD : DeadLetterState.PARKED,
    createTime: toTimestamp(createdAt),
  };
}
