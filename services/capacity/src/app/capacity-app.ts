import type { PublishedEvent } from "@carehub/database/change";
import type { Database } from "@carehub/database/pool";
import type { RequestSource } from "@carehub/database/source";
import type { Actor, Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import type { LimitFunction } from "p-limit";
import type { CourseFact } from "../domain/course-fact.ts";
import type { ImportedFact } from "../domain/external-conflict.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { HubName } from "../domain/names.ts";
import type { Override } from "../domain/override.ts";
import type { HubStore } from "../storage/hub-store.ts";
import type { HubLines } from "./hub-lines.ts";
import type { SharedRefusals } from "./shared-refusals.ts";

/** What stands in a published event beside the fact. */
export type FactContext = {
  readonly course: string;
  readonly hub: string;
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** What stands in a hub's published event beside the document. */
export type HubFactContext = {
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** The published language, handed in so that use cases know nothing of it. */
export type Publish = {
  readonly courseFact: (fact: CourseFact, context: FactContext) => PublishedEvent;
  readonly hubPublished: (
    hub: { readonly document: HubDocument; readonly version: number },
    context: HubFactContext,
  ) => PublishedEvent;
  readonly overrideApproved: (
    name: string,
    override: Override,
    context: HubFactContext,
  ) => PublishedEvent;
  readonly externalsImported: (
    hub: HubName,
    fact: ImportedFact,
    context: HubFactContext,
  ) => PublishedEvent;
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
  /** The lines before the tries that lock all that a hub could give. */
  readonly lines: HubLines;
  /** What those who ask for the same at once are told together. */
  readonly refusals: SharedRefusals;
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
