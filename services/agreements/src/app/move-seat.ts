import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Source } from "@carehub/database/source";
import type { Outcome } from "@carehub/database/transact";
import type { Entitlement, EntitlementEvent } from "../domain/entitlement.ts";
import { moveSeat as decideMove, type Seat, type SeatRequest } from "../domain/seat.ts";
import { lockEntitlement } from "../storage/entitlement-store.ts";
import { postSeat } from "../storage/seat-store.ts";
import { type Agreements, settle, transactInTurn, unchanged } from "./agreements.ts";
import { giveBack, leaveOrder, lockHolding } from "./seat-keeping.ts";

/** Intake asks to move the seat of a case. */
export type SeatMoveRequest = {
  /** The referral's uuid. */
  readonly id: string;
  readonly round: number;
  readonly move: SeatRequest;
  readonly reason: string;
};

type Asked = {
  readonly before: Entitlement;
  readonly request: SeatMoveRequest;
  readonly now: Temporal.Instant;
};

/**
 * Moves the seat one way and answers where it is; asked again, it answers again and moves nothing.
 * A case without a seat answers without one. Also for closed cases: that is how their seats end.
 */
export function moveSeat(
  app: Agreements,
  request: SeatMoveRequest,
  source: Source,
): Promise<Changed<Entitlement>> {
  return transactInTurn<Entitlement>(app, {
    name: "move-seat",
    source,
    work: async (tx, { now }) => {
      const before = await lockEntitlement(tx, request.id, now);
      const { seat, state } = before;
      if (seat === undefined || state === "PENDED") {
        return await moveNothing(app, tx, { before, request, now });
      }
      return await moveOne(app, tx, { before, request, now, seat });
    },
  });
}

async function moveOne(
  app: Agreements,
  tx: Tx,
  { before, request, now, seat }: Asked & { seat: Seat },
): Promise<Outcome<Entitlement>> {
  const step = decideMove(seat.state, request.move);
  const holding = await lockHolding(tx, before, []);
  const freed = [];
  let moved = seat;
  for (const posting of step.postings) {
    if (posting === "RELEASE") {
      freed.push(...(await giveBack(tx, holding, { seat: moved, now })));
    } else {
      await postSeat(tx, posting, { seat: moved, entitlement: before.id, now });
      moved = { ...moved, state: posting === "COMMIT" ? "COMMITTED" : "CONSUMED" };
    }
  }
  const after: Entitlement = {
    ...before,
    seat: { ...seat, state: step.state },
    state: step.state === "RELEASED" ? "RELEASED" : before.state,
  };
  const event = answer(step.state, request, after.seat);
  return await settle(app, tx, { before, after, events: [event], now, freed });
}

// Nothing to move: the case waits, or its agreement counts no seats, or it never was entitled.
async function moveNothing(
  app: Agreements,
  tx: Tx,
  { before, request, now }: Asked,
): Promise<Outcome<Entitlement>> {
  const entitled = before.state === "GRANTED" || before.state === "CONFIRMED";
  if (entitled && request.move !== "RELEASE") {
    const state = request.move === "COMMIT" ? "COMMITTED" : "CONSUMED";
    const event = answer(state, request, undefined);
    return await settle(app, tx, { before, after: before, events: [event], now });
  }
  if (request.move === "RELEASE") await leaveOrder(tx, await lockHolding(tx, before, []));
  const gone = request.move === "RELEASE" && (entitled || before.state === "PENDED");
  const after: Entitlement = gone ? { ...before, state: "RELEASED" } : before;
  const event = answer("RELEASED", request, undefined);
  return await settle(app, tx, { before, after, events: [event], now });
}

function answer(
  state: Seat["state"],
  { round, reason }: Pick<SeatMoveRequest, "round" | "reason">,
  seat: Seat | undefined,
): EntitlementEvent {
  if (state === "COMMITTED") return { kind: "SeatCommitted", round, seat };
  if (state === "CONSUMED") return { kind: "SeatConsumed", round, seat };
  return { kind: "SeatReleased", round, seat, reason };
}

/**
 * Closes a case, also one that nothing is known of. It leaves the order, and a reserved seat is
 * given back; a committed one waits for its own request, since the course decides whether it was
 * used.
 */
export function closeCase(
  app: Agreements,
  { id, careState }: { readonly id: string; readonly careState: string },
  source: Source,
): Promise<Changed<Entitlement>> {
  return transactInTurn<Entitlement>(app, {
    name: "close-case",
    source,
    work: async (tx, { now }) => {
      const before = await lockEntitlement(tx, id, now);
      if (before.closed) return unchanged(before);
      const { seat, state, round } = before;
      const closed: Entitlement = { ...before, closed: true };
      const reserved = seat?.state === "RESERVED" ? seat : undefined;
      if (state !== "PENDED" && reserved === undefined) {
        return await settle(app, tx, {
          before,
          after: closed,
          events: [],
          now,
          closedState: careState,
        });
      }
      const holding = await leaveOrder(tx, await lockHolding(tx, before, []));
      const freed = reserved ? await giveBack(tx, holding, { seat: reserved, now }) : [];
      const released: Seat | undefined = reserved && { ...reserved, state: "RELEASED" };
      const after: Entitlement = { ...closed, state: "RELEASED", seat: released ?? seat };
      const event = answer("RELEASED", { round, reason: "CASE_CLOSED" }, released);
      return await settle(app, tx, {
        before,
        after,
        events: [event],
        now,
        freed,
        closedState: careState,
      });
    },
  });
}
