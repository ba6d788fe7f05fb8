import type { PublishedEvent } from "@carehub/database/change";
import type { Database } from "@carehub/database/pool";
import type { RequestSource } from "@carehub/database/source";
import type { Actor, Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import type { LimitFunction } from "p-limit";
import type { AccountEvent } from "../domain/account-events.ts";
import type { Statement, StatementEvent } from "../domain/statement.ts";

/** What stands in a published event beside the event itself. */
export type EventContext = { readonly revision: number; readonly occurredAt: Temporal.Instant };

/** The published language, handed in so that use cases know nothing of it. */
export type Publish = {
  readonly accountEvent: (
    event: AccountEvent,
    context: EventContext & { readonly account: Uuid },
  ) => PublishedEvent;
  readonly statementEvent: (
    event: StatementEvent,
    context: EventContext & { readonly statement: Statement },
  ) => PublishedEvent;
};

/** How many changes run at once: of the pool's 16 connections the others are for reads and the relay. */
export const changesAtOnceMax = 12;

/** What every use case works with. */
export type Deps = {
  readonly db: Database;
  /**
   * Every change takes its turn before it takes a connection. A burst waits here, since the wait for a connection is
   * short: that one is meant for a database that is away. How many may wait is bounded by what the server lets in.
   */
  readonly inTurn: LimitFunction;
  readonly publish: Publish;
  readonly newId: () => Uuid;
};

/** A caller's command: who asks, once, and how the answer is written. */
export type Command<View> = {
  readonly caller: Caller;
  readonly source: RequestSource;
  readonly actor: Actor;
  /** The etag last read; empty means no check. */
  readonly etag: string;
  readonly respond: (view: View) => Uint8Array;
};
