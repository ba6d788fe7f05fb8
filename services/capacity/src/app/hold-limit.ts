import type { Run } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { limitReached, ownHoldsMax, partyHoldsMaxOf, partyLockName } from "../domain/hold-limit.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import { countLiveHolds } from "../storage/hold-limit-store.ts";
import type { Deps } from "./capacity-app.ts";
import type { HoldRequest } from "./place-course.ts";

type Reader = { readonly run: Run };
type Asked = Pick<HoldRequest, "id" | "hub" | "sendingParty">;

/** What a hold locks beside its resources and pools, so that the holds of a party are counted exactly. */
export function limitLocks({ hub, sendingParty }: Asked): string[] {
  return sendingParty === undefined ? [] : [partyLockName(hub, sendingParty)];
}

/**
 * The refusal of one more hold of a case's party, where it has as many at the hub as the hub allows; exact under the
 * lock that `limitLocks` names, and else a look.
 */
export async function partyLimit(
  db: Reader,
  { id, hub, sendingParty }: Asked,
  { document, now }: { readonly document: HubDocument; readonly now: Temporal.Instant },
): Promise<Unavailable | undefined> {
  if (sendingParty === undefined) return undefined;
  const limit = partyHoldsMaxOf(document);
  const live = await countLiveHolds(db, { hub, sendingParty }, { except: id, limit });
  if (live.count < limit) return undefined;
  return limitReached(hub, { now, until: live.firstReleaseAt ?? now });
}

/** Whether a course that ceases to be a hold was one of as many as its party may have, so that another may be held now. */
export async function wasAtLimit(
  deps: Pick<Deps, "hubs">,
  tx: Reader,
  { id, hub, sendingParty }: Asked,
): Promise<boolean> {
  const found = sendingParty === undefined ? undefined : await deps.hubs.load(tx, hub);
  if (found === undefined) return false;
  const limit = partyHoldsMaxOf(found.document);
  const { count } = await countLiveHolds(tx, { hub, sendingParty }, { except: id, limit });
  return count + 1 >= limit;
}

/**
 * Refuses a hold of a hub's own patient beyond their number, with HOLD_LIMIT_REACHED. Counted without a lock: some that
 * come at once may pass, and nobody else is harmed.
 */
export async function requireOwnHoldsLeft(
  db: Reader,
  hub: string,
  limit: number = ownHoldsMax,
): Promise<void> {
  const { count } = await countLiveHolds(
    db,
    { hub, sendingParty: undefined },
    { except: undefined, limit },
  );
  if (count < limit) return;
  const reason: CapacityReason = "HOLD_LIMIT_REACHED";
  throw new DomainError(reason, { hub, holds_max: String(limit) });
}
