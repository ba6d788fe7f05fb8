import type { Changed, PublishedEvent } from "@carehub/database/change";
import type { Database, Tx } from "@carehub/database/pool";
import {
  type AggregateOutcome,
  type Outcome,
  type Transaction,
  transact,
} from "@carehub/database/transact";
import { must } from "@carehub/rules/fault";
import type { LimitFunction } from "p-limit";
import type { KnownAgreement } from "../domain/agreement.ts";
import type { Entitlement, EntitlementEvent } from "../domain/entitlement.ts";
import type { Party } from "../domain/party.ts";
import { type Decided, saveEntitlement } from "../storage/entitlement-store.ts";
import type { ReadTexts } from "../storage/registry-store.ts";
import type { QuotaPeriodKey } from "../storage/seat-store.ts";

/** What is told of the register. */
export type RegistryEvent =
  | { readonly kind: "PartyPublished"; readonly party: Party; readonly revision: number }
  | { readonly kind: "AgreementPublished"; readonly agreement: KnownAgreement };

/** Where an event stands: its aggregate's id, its own revision, and when it happened. */
export type EventPlace = {
  readonly id: string;
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** What the use cases need; wired once, in `main.ts`. */
export type Agreements = {
  readonly db: Database;
  readonly readTexts: ReadTexts;
  /** Bounds how many changes of cases are worked on at once, below the size of the pool. */
  readonly turns: LimitFunction;
  /** A new UUID of version 7. */
  readonly newId: () => string;
  readonly publishEntitlement: (event: EntitlementEvent, place: EventPlace) => PublishedEvent;
  readonly publishRegistry: (event: RegistryEvent, place: EventPlace) => PublishedEvent;
};

/** Commits a change of a case when its turn comes. */
export function transactInTurn<After>(
  { db, turns }: Agreements,
  transaction: Transaction<After>,
): Promise<Changed<After>> {
  return turns(() => transact(db, transaction));
}

/** The kind of the due row that offers freed seats; its aggregate is `{quota}/periods/{period}`. */
export const offerKind = "offer-seat";

/** Asks the sweeper to offer what is free of these quotas to those who wait. */
export function offersOf(
  keys: readonly QuotaPeriodKey[],
  now: Temporal.Instant,
): AggregateOutcome[] {
  const aggregates = new Set(keys.map(({ quota, period }) => `${quota}/periods/${period}`));
  return [...aggregates].map((aggregate) => {
    return { aggregate, revision: 0, events: [], dues: [{ kind: offerKind, dueAt: now }] };
  });
}

/** What became of an entitlement in one commit. */
export type Settled = Decided & {
  readonly before: Entitlement;
  readonly after: Entitlement;
  /** What is told; a case that waits is told its place, known once it is written. */
  readonly events: readonly (EntitlementEvent | ((place: number) => EntitlementEvent))[];
  readonly now: Temporal.Instant;
  /** Quotas of which a seat became free while others wait. */
  readonly freed?: readonly QuotaPeriodKey[];
  readonly closedState?: string;
};

/** Writes the locked row with its new revision and hands its events to the commit. */
export async function settle(
  app: Agreements,
  tx: Tx,
  { before, after, events, now, freed = [], ...saved }: Settled,
): Promise<Outcome<Entitlement>> {
  const state: Entitlement = { ...after, revision: before.revision + events.length };
  const place = await saveEntitlement(tx, state, { now, ...saved });
  const published = events.map((told, index) => {
    const revision = before.revision + index + 1;
    const event = typeof told === "function" ? told(must(place, "who waits has a place")) : told;
    return app.publishEntitlement(event, { id: before.id, revision, occurredAt: now });
  });
  const aggregate = `entitlements/${before.id}`;
  const own = { aggregate, revision: before.revision, events: published };
  return { state, aggregates: [own, ...offersOf(freed, now)] };
}

/** A commit that only uses up its source. */
export function unchanged(state: Entitlement): Outcome<Entitlement> {
  return { state, aggregates: [] };
}
