/*
 * Many sessions recorded by one call, each in a transaction of its own.
 *
 * Guarantee: an entry is recorded or refused once, whatever becomes of the call: it has a request id of its own, made of
 * the call's and its place, under which its result is kept with its effects, a refusal as well. So a repeat of a call that
 * was cut off answers for what was done as the first time, and does the rest. The whole answer is kept last.
 * Not guaranteed: that entries are recorded together; they are of different courses and stand for themselves.
 */
import { createHash } from "node:crypto";
import { responseOf } from "@carehub/database/change";
import type { RequestSource } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { StoredCourse } from "../domain/course.ts";
import { courseName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import type { MissedSession, SessionRecord } from "../domain/session-record.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { recordDelivered } from "./course-commands.ts";
import { recordMissedSession } from "./session-commands.ts";

/** What is to be recorded of one session of a course. */
export type SessionEntry = { readonly id: Uuid; readonly number: number } & (
  | { readonly kind: "delivered"; readonly session: SessionRecord }
  | { readonly kind: "missed"; readonly missed: Pick<MissedSession, "number" | "reason"> }
);

/** How the results of entries are written; the whole answer is made of theirs. */
export type BatchReplies = {
  readonly recorded: (entry: SessionEntry, stored: StoredCourse) => Uint8Array;
  readonly refused: (entry: SessionEntry, refusal: DomainError) => Uint8Array;
};

/** A call that records sessions; `respond` writes its answer from those of its entries, in their order. */
export type SessionBatch = Command<readonly Uint8Array[]> & {
  readonly entries: readonly SessionEntry[];
  readonly replies: BatchReplies;
};

/** Records every entry that is not refused. Fails with SESSION_NAMED_TWICE, before anything is recorded. */
export async function recordSessions(deps: Deps, batch: SessionBatch): Promise<Uint8Array> {
  requireNamedOnce(batch.entries);
  const { source, actor, respond } = batch;
  const { used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  const results: Uint8Array[] = [];
  for (const [index, entry] of batch.entries.entries()) {
    results.push(await recordEntry(deps, batch, { entry, source: sourceOfEntry(source, index) }));
  }
  return keepReply(deps, { source, actor, response: respond(results) });
}

type EntryCommand = { readonly entry: SessionEntry; readonly source: RequestSource };

async function recordEntry(
  deps: Deps,
  { caller, actor, replies }: SessionBatch,
  { entry, source }: EntryCommand,
): Promise<Uint8Array> {
  const respond = (stored: StoredCourse) => replies.recorded(entry, stored);
  const command = { caller, source, actor, respond, id: entry.id, etag: "" };
  try {
    return entry.kind === "delivered"
      ? await recordDelivered(deps, { ...command, session: entry.session })
      : await recordMissedSession(deps, { ...command, missed: entry.missed });
  } catch (error) {
    if (!(error instanceof DomainError) || ofTheCall.has(error.reason)) throw error;
    return keepReply(deps, { source, actor, response: replies.refused(entry, error) });
  }
}

// What is wrong with the call, or with the moment, and not with the entry.
const ofTheCall = new Set(["REQUEST_ID_REUSED", "REVISION_CONFLICT"]);

// A rival that repeats the same call may have been first: its reply is the one that counts.
async function keepReply(
  deps: Deps,
  { response, ...told }: Pick<SessionBatch, "source" | "actor"> & { readonly response: Uint8Array },
): Promise<Uint8Array> {
  const kept = await transact(deps.db, {
    name: "session-batch-reply",
    ...told,
    work: async () => ({ state: undefined, aggregates: [], response }),
  });
  return responseOf(kept);
}

// With the body's hash in it, so that another call under the same id is told so by its first entry.
function sourceOfEntry({ requestId, bodyHash, ...source }: RequestSource, index: number) {
  const own = createHash("sha256").update(`${requestId}/${index}`).digest("hex");
  const hash = createHash("sha256").update(bodyHash).update(String(index)).digest();
  return { ...source, requestId: own, bodyHash: hash };
}

function requireNamedOnce(entries: readonly SessionEntry[]): void {
  const places = new Map<string, number>();
  for (const [second, { id, number }] of entries.entries()) {
    const key = `${id} ${number}`;
    const first = places.get(key);
    if (first !== undefined) {
      const reason: CapacityReason = "SESSION_NAMED_TWICE";
      throw new DomainError(reason, {
        course: courseName(id),
        number: String(number),
        first: String(first),
        second: String(second),
      });
    }
    places.set(key, second);
  }
}
