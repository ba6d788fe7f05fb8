import type { PublishedEvent } from "@carehub/database/change";
import type { Database } from "@carehub/database/pool";
import type { RequestSource } from "@carehub/database/source";
import type { Actor, Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import type { LimitFunction } from "p-limit";
import type { CourseFact } from "../domain/course-fact.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { HubStore } from "../storage/hub-store.ts";

/** What stands in a published event beside the fact. */
export type FactContext = {
  readonly course: string;
  readonly hub: string;
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** What stands in a hub's published event beside the document. */
export type HubFactContext = {
  readonly version: number;
  readonly occurredAt: Temporal.Instant;
};

/** The published language, handed in so that use cases know nothing of it. */
export type Publish = {
  readonly courseFact: (fact: CourseFact, context: FactContext) => PublishedEvent;
  readonly hubPublished: (document: HubDocument, context: HubFactContext) => PublishedEvent;
};

/** What every use case works with. */
export type Deps = {
  readonly db: Database;
  readonly hubs: HubStore;
  readonly publish: Publish;
  readonly newId: () => Uuid;
  /** Bounds how many holds are worked on at once, below the size of the database's pool. */
  readonly holdTurns: LimitFunction;
  /** The passes over hubs' waiting lists that are under way in this process, by hub. */
  readonly offers: Map<string, Promise<void>>;
  /** Counts a refusal by its reason. */
  readonly onRefused: (reason: string) => void;
};

/** A caller's command: who asks, once, and how the answer is written. */
export type Command<View> = {
  readonly caller: Caller;
  readonly source: RequestSource;
  readonly actor: Actor;
  readonly respond: (view: View) => Uint8Array;
};
