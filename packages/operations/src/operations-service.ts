import {
  DeadLetterState,
  MoveClockRequestSchema,
  ReplayDeadLettersRequestSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { now } from "@carehub/database/clock";
import type { DeadLetter } from "@carehub/database/dead-letters";
import { readStillness } from "@carehub/database/quiet";
import { toTimestamp } from "@carehub/grpc/instants";
import { implementOperations } from "@carehub/grpc/operations";
import { requestSource } from "@carehub/grpc/request-source";
import type { Implementation } from "@carehub/grpc/serve";
import { DomainError } from "@carehub/rules/domain-error";
import { moveClock, type Operator, replayDeadLetters } from "./commands.ts";
import type { Operated } from "./operated.ts";

/** The operations API of one service. */
export function operationsService(name: string, operated: Operated): Implementation {
  const { db, deadLetters } = operated;
  return implementOperations({
    name,
    moveClock: (to, { request, call }) => {
      const source = requestSource(MoveClockRequestSchema, request, call);
      return moveClock(operated, { to, source, ...operatorOf(request, call) });
    },
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
      const letters = await deadLetters.list({ ...parseToken(token), limit: size });
      const waiting = letters.filter(({ state }) => state !== "REPLAYED");
      const nextPageToken = letters.length < size ? "" : `${letters.at(-1)?.id ?? ""}`;
      return { deadLetters: waiting.map(toDeadLetter), nextPageToken };
    },
    replayDeadLetters: ({ topic, key }, { request, call }) => {
      const source = requestSource(ReplayDeadLettersRequestSchema, request, call);
      return replayDeadLetters(operated, { topic, key, source, ...operatorOf(request, call) });
    },
  });
}

function parseToken(token: string): { readonly before?: bigint } {
  if (token === "") return {};
  if (/^\d{1,18}$/.test(token)) return { before: BigInt(token) };
  const violation = { field: "page_token", description: "is not one that this list gave" };
  throw new DomainError("INVALID_FIELD", {}, { violations: [violation] });
}

function operatorOf(
  { actor }: { readonly actor?: { readonly reference: string; readonly role: string } | undefined },
  { caller }: { readonly caller: { readonly name: string } },
): { readonly operator: Operator } {
  return { operator: { caller: caller.name, actor: actor?.reference, actorRole: actor?.role } };
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
