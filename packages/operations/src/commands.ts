/**
 * What an operator may change: the sandbox clock, and what became of dead letters.
 *
 * Guarantee: a request id has one answer; a repeat gets its bytes again and changes nothing, another
 * request under it fails with REQUEST_ID_REUSED. Each command that took effect is one log line with
 * the organisation and the person.
 * Not guaranteed: that a replay whose process died before its answer was kept is told as done. Its
 * letters are replayed, each once, and the repeat finds none.
 */
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  MoveClockResponseSchema,
  ReplayDeadLettersResponseSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { responseOf } from "@carehub/database/change";
import { moveClockOnRequest } from "@carehub/database/clock";
import { readWaiting } from "@carehub/database/dead-letters";
import type { RequestSource } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import { toTimestamp } from "@carehub/grpc/instants";
import { DomainError } from "@carehub/rules/domain-error";
import type { Operated } from "./operated.ts";

/** Who acts: the organisation of the certificate, and the person by its own reference. */
export type Operator = {
  readonly caller: string;
  readonly actor: string | undefined;
  readonly actorRole: string | undefined;
};

type Commanded = { readonly source: RequestSource; readonly operator: Operator };

const remainingMax = 1_000;

/** Sets the clock forward; answers in bytes. */
export async function moveClock(
  { db, logger }: Pick<Operated, "db" | "logger">,
  { to, source, operator }: Commanded & { readonly to: Temporal.Instant },
): Promise<Uint8Array> {
  const moved = await moveClockOnRequest(db, {
    ...{ to, source },
    respond: (time) => encode(MoveClockResponseSchema, { time: toTimestamp(time) }),
  });
  if (moved.kind === "done") {
    const { requestId } = source;
    logger.info({ ...operator, requestId, to: to.toString() }, "the clock was moved");
  }
  return responseOf(moved);
}

/** Handles what waits of a key again; answers in bytes. */
export async function replayDeadLetters(
  operated: Pick<Operated, "db" | "logger" | "consumers" | "deadLetters">,
  command: Commanded & { readonly topic: string; readonly key: string },
): Promise<Uint8Array> {
  const { db, logger } = operated;
  const { topic, key, source, operator } = command;
  const { used } = await checkSource(db, source);
  if (used?.kind === "repeated") return used.response;
  // Outside of a transaction: each letter is handled in a commit of its own.
  const replayed = await replayKey(operated, command);
  const kept = await transact(db, {
    name: "replay-dead-letters",
    source,
    work: async () => {
      // Refused in here, a rival of the same request id that was faster gives its answer instead.
      if (replayed === undefined) throw new DomainError("DEAD_LETTER_NOT_FOUND", { topic });
      const response = encode(ReplayDeadLettersResponseSchema, replayed);
      return { state: undefined, aggregates: [], response };
    },
  });
  const { requestId } = source;
  logger.info({ ...operator, requestId, topic, key, ...replayed }, "dead letters were replayed");
  return responseOf(kept);
}

/** Of every consumer of the topic that has letters of the key; undefined where none has. */
async function replayKey(
  { db, consumers, deadLetters }: Pick<Operated, "db" | "consumers" | "deadLetters">,
  { topic, key }: { readonly topic: string; readonly key: string },
) {
  let found = false;
  const counts = { handledCount: 0, remainingCount: 0 };
  for (const { group, topics } of consumers) {
    const parked = { consumer: group, topic, key };
    if (!topics.includes(topic) || (await readWaiting(db, parked, 1)).length === 0) continue;
    found = true;
    counts.handledCount += (await deadLetters.replay(parked)).replayedCount;
    counts.remainingCount += (await readWaiting(db, parked, remainingMax)).length;
  }
  return found ? counts : undefined;
}

function encode<Schema extends DescMessage>(
  schema: Schema,
  init: MessageInitShape<Schema>,
): Uint8Array {
  return toBinary(schema, create(schema, init));
}
