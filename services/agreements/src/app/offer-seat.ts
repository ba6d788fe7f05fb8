import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Due } from "@carehub/database/source";
import type { Outcome } from "@carehub/database/transact";
import { assert, must } from "@carehub/rules/fault";
import type { Entitlement } from "../domain/entitlement.ts";
import { choosePartOffered } from "../domain/quota.ts";
import { insertOffer, lockEntitlement } from "../storage/entitlement-store.ts";
import { firstWaiting, type QuotaPeriodKey } from "../storage/seat-store.ts";
import { type Agreements, offerKind, offersOf, settle, transactInTurn } from "./agreements.ts";
import { isSame, leaveOrder, lockHolding, reserve } from "./seat-keeping.ts";

type Offered = Entitlement | undefined;

/**
 * Offers one free seat of a quota to the first who waits and may use it, once: the answer to the
 * request that was pended. The due row is set anew until nobody is left for whom a seat is free.
 */
export function offerSeat(app: Agreements, due: Due): Promise<Changed<Offered>> {
  assert(due.kind === offerKind, "the only due rows of this service offer seats");
  const key = parseKey(due.aggregate);
  return transactInTurn<Offered>(app, {
    name: "offer-seat",
    source: { kind: "due", due },
    work: async (tx, { now }) => {
      const first = await firstWaiting(tx, key);
      if (first === undefined) return { state: undefined, aggregates: [] };
      return await offer(app, tx, { first, key, now });
    },
  });
}

async function offer(
  app: Agreements,
  tx: Tx,
  { first, key, now }: { first: string; key: QuotaPeriodKey; now: Temporal.Instant },
): Promise<Outcome<Offered>> {
  const again: Outcome<Offered> = { state: undefined, aggregates: offersOf([key], now) };
  const before = await lockEntitlement(tx, first, now);
  const locked = await lockHolding(tx, before, [key]);
  // Between the look and the lock the case may have left, or another offer may have come first.
  if (locked.waiting === undefined) return again;
  const source = locked.waiting;
  const counts = locked.parts.filter((part) => isSame(part, source));
  const part = choosePartOffered(counts, source.parts);
  if (part === undefined) return again;
  await leaveOrder(tx, locked);
  const seat = await reserve(tx, { entitlement: before, source, part, now });
  const decision = app.newId();
  const pended = must(before.decision, "a case that waits has a decision");
  const findings = await insertOffer(tx, { id: decision, pended });
  const terms = must(before.grant, "a case that waits has its terms");
  const clauses = findings
    .flatMap((found) => found.clauses)
    .filter(({ clause }) => terms.deciding.includes(clause));
  const { round } = before;
  const after: Entitlement = { ...before, state: "GRANTED", decision, seat };
  return await settle(app, tx, {
    ...{ before, after, now, freed: [key] },
    events: [{ kind: "Granted", round, decision, terms, clauses, seat }],
  });
}

function parseKey(aggregate: string): QuotaPeriodKey {
  const [quota, period] = aggregate.split("/periods/");
  assert(quota !== undefined && period !== undefined, "an offer is of a quota's period");
  return { quota, period };
}
