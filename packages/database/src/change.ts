/**
 * The one loop by which an aggregate changes: load, decide, commit in one statement.
 *
 * Guarantee: the state, the source (request id with its response, `seen` revision, or due row), the
 * events and their positions are committed together or not at all, and a source has one effect: a
 * repeated request gets the bytes of the first response, a message that came again and a due row
 * that was raised twice change nothing. The decision was made on the very revision that it changed;
 * a lost race loads and decides again, at most three times, then fails with REVISION_CONFLICT. The
 * time given to `decide` was read after the state, so an aggregate's times never run back. A
 * request id is its caller's for 30 days: for another method, body or aggregate it fails with
 * REQUEST_ID_REUSED.
 * Not guaranteed: that a refusal was decided on the newest state (it writes nothing, so nothing can
 * be lost), nor that a change did not happen when it fails with an OperationalError whose
 * `outcomeUnknown` is true.
 * Survived: a crash anywhere. Before the commit nothing is there; after it the events wait in
 * `log.pending`.
 */

import type { Actor } from "@carehub/rules/caller";
import type { Decision } from "@carehub/rules/decision";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import { announcePending } from "./notify.ts";
import { sqlStateOf } from "./operational-error.ts";
import type { Database } from "./pool.ts";
import { pauseBeforeRetry } from "./retry.ts";
import type { Due, Source } from "./source.ts";
import { type EventRow, type Tail, tailSql, tailValues } from "./tail.ts";
import { checkSource, type UsedSource } from "./used-source.ts";

/** An aggregate as it was read: `revision` 0 means that it does not exist yet. */
export type Loaded<State> = {
  /** The full name, `courses/{uuid}`. */
  readonly aggregate: string;
  /** The revision of the last event told; it stands in the aggregate's row. */
  readonly revision: number;
  readonly state: State;
};

/**
 * One SQL statement with its own $1..$n. A name always stands for the same text: it is prepared
 * once.
 */
export type Statement = {
  readonly name: string;
  readonly sql: string;
  readonly values: readonly unknown[];
};

/** An event in the published language, ready for its topic. */
export type PublishedEvent = {
  readonly topic: string;
  /** The Kafka key: the bare uuid. */
  readonly key: string;
  /** The CloudEvents type, `carehub.intake.v1.ReferralAccepted`. */
  readonly type: string;
  readonly payload: Uint8Array;
};

/** What stands in an event's payload beside the event itself. */
export type EventContext = {
  readonly aggregate: string;
  /** The event's own revision: the loaded revision plus its place among the decision's events. */
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
  readonly source: Source;
};

/** What a write, a response and due rows may need to know. */
export type WriteContext = {
  readonly aggregate: string;
  /** The revision that was loaded; the write matches only this one. */
  readonly revision: number;
  /** The revision that the write sets: `revision` plus the number of events. */
  readonly nextRevision: number;
  readonly now: Temporal.Instant;
};

/** One change of one aggregate: see `change`. */
export type Change<Before, After, Event> = {
  readonly source: Source;
  readonly actor?: Actor;
  /**
   * Reads the aggregate without a transaction: its revision in the same statement as its state, or
   * before it. It may refuse only what its caller may not see (NOT_FOUND); every other refusal
   * belongs to `decide`, which runs after a repeated request has been recognised. Called again
   * after a lost race.
   */
  readonly load: (db: Database) => Promise<Loaded<Before>>;
  /**
   * Pure and synchronous. A DomainError thrown here is a refusal: nothing is written or remembered.
   */
  readonly decide: (state: Before, now: Temporal.Instant) => Decision<After, Event>;
  /**
   * One INSERT, UPDATE or DELETE that writes the row at `revision` and sets `nextRevision`, and
   * returns a row only when it did: `update … set revision = $2 … where id = $1 and revision = $3
   * returning id`, or `insert … on conflict do nothing returning id`. Not called for a decision
   * without events.
   */
  readonly write: (decision: Decision<After, Event>, context: WriteContext) => Statement;
  readonly publish: (event: Event, context: EventContext) => PublishedEvent;
  /**
   * The reply in bytes; a repeat returns these very bytes. Needed where the source is a request.
   */
  readonly respond?: (state: After, context: WriteContext) => Uint8Array;
  /**
   * All due rows that the state has; they replace the aggregate's. Left out, or where a request or a
   * message has no events, due rows stay as they are.
   */
  readonly dues?: (state: After) => readonly Omit<Due, "aggregate">[];
};

/** How a change ended: `repeated` only for requests, `duplicate` only for messages and due rows. */
export type Changed<After> =
  | {
      readonly kind: "done";
      readonly state: After;
      readonly revision: number;
      readonly response: Uint8Array;
    }
  | UsedSource;

/**
 * Runs a change of one aggregate whose row one statement writes. For parts or several aggregates:
 * `transact`.
 */
export async function change<Before, After, Event>(
  db: Database,
  request: Change<Before, After, Event>,
): Promise<Changed<After>> {
  const { source } = request;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    const loaded = await request.load(db);
    const { now, used } = await checkSource(db, source);
    if (used !== undefined) return used;
    const decision = request.decide(loaded.state, now);
    const plan = planCommit(request, { loaded, decision, now });
    if (await commit(db, plan)) {
      if (plan.tail.events.length > 0) announcePending(db);
      const { state } = decision;
      return { kind: "done", state, revision: plan.revision, response: plan.tail.response };
    }
    await pauseBeforeRetry(attempt);
  }
  const { used } = await checkSource(db, source);
  if (used !== undefined) return used;
  throw new DomainError("REVISION_CONFLICT");
}

/** The reply to a request, first or repeated; only for changes whose source is a request. */
export function responseOf(changed: Changed<unknown>): Uint8Array {
  assert(changed.kind !== "duplicate", "the source of a change with a reply is a request");
  return changed.response;
}

/** How often a lost race is loaded and decided: once, and three times again. */
export const attemptsMax = 4;

/** The code with which log.refuse_used_source ends a commit. */
export const usedSourceState = "40C01";

type Plan = { readonly write: Statement; readonly tail: Tail; readonly revision: number };

// A decision without events leaves the state as it is: only its source is used up.
const nothingToWrite: Statement = { name: "unchanged", sql: "select 1", values: [] };

function planCommit<Before, After, Event>(
  request: Change<Before, After, Event>,
  at: { loaded: Loaded<Before>; decision: Decision<After, Event>; now: Temporal.Instant },
): Plan {
  const { source, actor, respond } = request;
  const { loaded, decision, now } = at;
  const { aggregate, revision } = loaded;
  const nextRevision = revision + decision.events.length;
  const context: WriteContext = { aggregate, revision, nextRevision, now };
  const events = decision.events.map((event, index): EventRow => {
    const own = { aggregate, revision: revision + index + 1 };
    return { ...request.publish(event, { ...own, occurredAt: now, source }), ...own };
  });
  assert(source.kind !== "request" || respond !== undefined, "a request has a response");
  const response = respond?.(decision.state, context) ?? new Uint8Array();
  // Without events the state is as it was, and so are its due rows, which a rival may have replaced since;
  // only a due row that was raised in vain says anew when it comes again.
  const mayReplaceDues = events.length > 0 || source.kind === "due";
  const dues = mayReplaceDues
    ? request.dues?.(decision.state)?.map((due) => ({ ...due, aggregate }))
    : undefined;
  const dueAggregates = dues === undefined ? [] : [aggregate];
  return {
    write: events.length === 0 ? nothingToWrite : request.write(decision, context),
    tail: { source, actor, occurredAt: now, response, events, dueAggregates, dues: dues ?? [] },
    revision: nextRevision,
  };
}

// False when the row had moved on, or another commit used up the source.
async function commit(db: Database, { write, tail }: Plan): Promise<boolean> {
  const { kind } = tail.source;
  const dues = tail.dueAggregates.length > 0;
  const name = `${write.name}+${kind}${dues ? "+dues" : ""}`;
  const tailText = tailSql(kind, { valuesBefore: write.values.length, dues });
  const sql = `with changed as (${write.sql})${tailText}`;
  try {
    const rows = await db.run<{ changed: boolean }>(name, sql, [
      ...write.values,
      ...tailValues(tail),
    ]);
    return rows[0]?.changed === true;
  } catch (error) {
    if (sqlStateOf(error) === usedSourceState) return false;
    throw error;
  }
}
