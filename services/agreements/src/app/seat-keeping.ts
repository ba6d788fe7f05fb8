import type { Tx } from "@carehub/database/pool";
import type { Entitlement } from "../domain/entitlement.ts";
import type { SeatSource } from "../domain/grant.ts";
import { choosePart } from "../domain/quota.ts";
import type { Seat } from "../domain/seat.ts";
import {
  type LockedPart,
  lockParts,
  postSeat,
  type QuotaPeriodKey,
  readWaiting,
  stopWaiting,
} from "../storage/seat-store.ts";

/** What an entitlement has of quotas now, with every row locked that a change may touch. */
export type SeatHolding = {
  readonly entitlement: Entitlement;
  readonly waiting: SeatSource | undefined;
  readonly parts: readonly LockedPart[];
};

/**
 * Locks the quotas of what the entitlement has, and of those it may get, in one go and one order.
 */
export async function lockHolding(
  tx: Tx,
  entitlement: Entitlement,
  wanted: readonly QuotaPeriodKey[],
): Promise<SeatHolding> {
  const { id, seat, state } = entitlement;
  const waiting = state === "PENDED" ? await readWaiting(tx, id) : undefined;
  const had = [...(seat === undefined ? [] : [seat]), ...(waiting === undefined ? [] : [waiting])];
  const keys = uniqueKeys([...had, ...wanted]);
  const parts = keys.length === 0 ? [] : await lockParts(tx, keys);
  return { entitlement, waiting, parts };
}

/** Takes the case out of the order; answers the counters without it. */
export async function leaveOrder(tx: Tx, holding: SeatHolding): Promise<SeatHolding> {
  const { entitlement, waiting, parts } = holding;
  if (waiting === undefined) return holding;
  await stopWaiting(tx, entitlement.id);
  const without = parts.map((part) => {
    const counted = isSame(part, waiting) && waiting.parts.includes(part.part);
    return counted ? { ...part, waiting: part.waiting - 1 } : part;
  });
  return { entitlement, waiting: undefined, parts: without };
}

/** Reserves a seat, or undefined when none is free for the case. */
export async function takeSeat(
  tx: Tx,
  { entitlement, parts }: SeatHolding,
  { source, now }: { source: SeatSource; now: Temporal.Instant },
): Promise<Seat | undefined> {
  const counts = parts.filter((part) => isSame(part, source));
  const part = choosePart(counts, source.parts);
  return part === undefined ? undefined : await reserve(tx, { entitlement, source, part, now });
}

/** Reserves a seat of that part, as the next seat of the entitlement. */
export async function reserve(
  tx: Tx,
  {
    entitlement,
    source: { quota, period },
    part,
    now,
  }: { entitlement: Entitlement; source: SeatSource; part: string; now: Temporal.Instant },
): Promise<Seat> {
  const number = (entitlement.seat?.number ?? 0) + 1;
  const seat: Seat = { quota, period, part, number, state: "RESERVED" };
  await postSeat(tx, "RESERVE", { seat, entitlement: entitlement.id, now });
  return seat;
}

/** Gives a reserved or committed seat back; answers the quotas to offer from. */
export async function giveBack(
  tx: Tx,
  { entitlement, parts }: SeatHolding,
  { seat, now }: { seat: Seat; now: Temporal.Instant },
): Promise<QuotaPeriodKey[]> {
  await postSeat(tx, "RELEASE", { seat, entitlement: entitlement.id, now });
  const waited = parts.some((part) => isSame(part, seat) && part.waiting > 0);
  return waited ? [seat] : [];
}

/** Whether both are of one quota and period. */
export function isSame(left: QuotaPeriodKey, right: QuotaPeriodKey): boolean {
  return left.quota === right.quota && left.period === right.period;
}

function uniqueKeys(keys: readonly QuotaPeriodKey[]): QuotaPeriodKey[] {
  return keys.filter((key, index) => keys.findIndex((other) => isSame(key, other)) === index);
}
