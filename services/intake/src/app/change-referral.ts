import {
  type Change,
  type Changed,
  change,
  type PublishedEvent,
  responseOf,
} from "@carehub/database/change";
import type { Database } from "@carehub/database/pool";
import type { RequestSource, Source } from "@carehub/database/source";
import type { Actor, Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { annotateSpan, parseTraceparent, withSpan } from "@carehub/runtime/trace";
import { duesOf } from "../domain/dues.ts";
import type { CaseEvent } from "../domain/events.ts";
import type { Referral, ReferralDecision } from "../domain/referral.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { loadReferral, updateReferral } from "../storage/referral-store.ts";

/** Puts an event into the published language. */
export type Publish = (
  event: CaseEvent,
  context: { aggregate: string; revision: number; occurredAt: Temporal.Instant },
) => PublishedEvent;

/** What every command brings; `reply` makes the bytes of the answer. */
export type Command = {
  readonly caller: Caller;
  readonly source: RequestSource;
  readonly actor: Actor;
  /** The etag last read; empty checks nothing. */
  readonly etag: string;
  readonly reply: (stored: StoredReferral) => Uint8Array;
};

/** A referral after a decision, with the time at which it was made. */
export type Decided = { readonly referral: Referral; readonly at: Temporal.Instant };

/** The etag of a revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Changes a referral that the caller has a part in, by a rule, and answers with the bytes of the reply. */
export async function commandReferral(
  { db, publish }: { readonly db: Database; readonly publish: Publish },
  { id, command }: { readonly id: Uuid; readonly command: Command },
  rule: (referral: Referral, now: Temporal.Instant) => ReferralDecision,
): Promise<Uint8Array> {
  const { caller, source, actor, etag, reply } = command;
  const changed = await changeReferral(db, {
    id,
    source,
    actor,
    publish,
    load: () => loadReferral(db, id, caller),
    rule: ({ referral, revision }, now) => {
      if (etag !== "" && etag !== etagOf(revision)) {
        throw new DomainError("ETAG_MISMATCH", { etag: etagOf(revision) });
      }
      return rule(referral, now);
    },
    reply,
  });
  return responseOf(changed);
}

/** How one referral is changed, whoever asked. */
export type ReferralChange = {
  readonly id: Uuid;
  readonly source: Source;
  readonly actor?: Actor;
  readonly publish: Publish;
  readonly load: () => Promise<StoredReferral>;
  readonly rule: (stored: StoredReferral, now: Temporal.Instant) => ReferralDecision;
  readonly reply?: Command["reply"];
};

/** Changes a referral in a span that names it and links to the span in which it was submitted. */
export function changeReferral(db: Database, asked: ReferralChange): Promise<Changed<Decided>> {
  const { id, source, actor, publish, load, rule, reply } = asked;
  const aggregate = `referrals/${id}`;
  annotateSpan({ [attributes.referral]: aggregate });
  const run = (link: (traceparent: string | null) => void) =>
    change<StoredReferral, Decided, CaseEvent>(db, {
      source,
      ...(actor && { actor }),
      publish,
      load: async () => {
        const stored = await load();
        link(stored.traceparent);
        return { aggregate, revision: stored.revision, state: stored };
      },
      decide: (stored, now) => decidedAt(rule(stored, now), now),
      write: ({ state }, context) => updateReferral(state.referral, context),
      ...repliesAndDues(reply),
    });
  const settings = { attributes: { [attributes.referral]: aggregate } };
  return withSpan(
    "referral change",
    (span) => {
      let isLinked = false;
      return run((traceparent) => {
        // The steps of a case are traces of their own; the link leads from each to the first.
        const context = isLinked ? undefined : parseTraceparent(traceparent);
        if (context !== undefined) span.addLink({ context });
        isLinked = true;
      });
    },
    settings,
  );
}

/** What a decision leaves beside the row: the due rows and the reply. */
export function repliesAndDues(
  reply: Command["reply"] | undefined,
): Pick<Change<never, Decided, CaseEvent>, "respond" | "dues"> {
  const dues = ({ referral, at }: Decided) => duesOf(referral.facts, at);
  if (reply === undefined) return { dues };
  return {
    dues,
    respond: ({ referral, at }, { nextRevision }) => {
      const closedAt = referral.facts.closed === undefined ? null : at;
      const stored = { referral, revision: nextRevision, traceparent: null };
      return reply({ ...stored, updatedAt: at, closedAt });
    },
  };
}

/** A decision with its time, which the due rows count from. */
export function decidedAt({ state, events }: ReferralDecision, at: Temporal.Instant) {
  return { state: { referral: state, at }, events };
}
