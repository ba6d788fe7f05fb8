/*
 * Holds a whole course or none: plan on what was just read, take everything in one transaction, and when another was
 * faster, plan again on what is there now; the last time under the locks of all that it could use.
 *
 * A hold past its release time that is in the way is taken: given up in a transaction of its own, which locks that
 * course and looks again, because inside ours it could take away a course that is just being booked.
 * Every refusal was decided on the hub's rows as the primary had them after the last lost race.
 */
import type { Changed } from "@carehub/database/change";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { StoredCourse } from "../domain/course.ts";
import type { TimedHub } from "../domain/demand.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import { findLapsed } from "../storage/blocking-store.ts";
import type { Deps } from "./capacity-app.ts";
import { partyLimit } from "./hold-limit.ts";
import { freeUnits } from "./overflow-check.ts";
import { type HoldRequest, type Proposal, proposeCourse } from "./place-course.ts";
import {
  type Asking,
  stillBlocked,
  type Try,
  takeProposal,
  takeUnderLocks,
} from "./take-course.ts";
import { takeLapsed } from "./take-lapsed.ts";
import { hubNotFound } from "./visibility.ts";

/** What a hold is tried for, by what time, and how those who wait are tried first. */
export type Holding = Asking & {
  readonly now: Temporal.Instant;
  readonly offerFirst: () => Promise<void>;
  /** Told before each reading of the rows on which a refusal may be decided. */
  readonly onReading?: () => void;
};

/** A course that does not fit as things stand. */
export type NotHeld = { readonly kind: "unavailable"; readonly unavailable: Unavailable };

const triesMax = 3;
const offersMax = 10;

/** Tries to hold a course; fails as `createDemand` does, and with HUB_NOT_FOUND. */
export async function tryToHold(
  deps: Deps,
  request: HoldRequest,
  { now, offerFirst, onReading, ...asking }: Holding,
): Promise<Changed<StoredCourse> | NotHeld> {
  const toTake = { request, asking };
  const inTurn = (take: () => Promise<Try>) => takeInTurn(take, offerFirst);
  for (let attempt = 1; attempt < triesMax; attempt += 1) {
    onReading?.();
    const hub = await loadHub(deps, request.hub);
    // Many at once want the same earliest time: of several equal rooms each then tries another first.
    const alone = attempt === 1 && deps.holdTurns.activeCount <= 1;
    const spread = alone ? 0 : spreadOf(request.id);
    const proposed = await proposeCourse(deps.db, hub, { request, now, spread });
    if (proposed.kind === "fits") {
      // What is kept for urgent courses is a sum over all sites: only under their locks does it stay what it was.
      if (proposed.proposal.demand.reserve !== undefined) break;
      // What two persons allowed, and how much of it is needed, is looked at under the locks as well.
      if (proposed.proposal.override !== undefined) break;
      const tried = await inTurn(() => takeProposal(deps, toTake, proposed.proposal));
      if (tried.kind === "taken") return tried.changed;
      // It would fit, but its party holds as much as it may.
      if (tried.kind === "blocked")
        return { kind: "unavailable", unavailable: await tried.explain() };
      continue;
    }
    const over = await proposed.overLapsed();
    // Nobody loses a hold for one that may not be.
    const limit = over && (await partyLimit(deps.db, request, { document: hub.document, now }));
    if (limit !== undefined) return { kind: "unavailable", unavailable: limit };
    if (!(await giveWay(deps, over))) {
      // Who waits was told before what is in the way.
      const waits = asking.list !== undefined;
      return {
        kind: "unavailable",
        unavailable: waits ? stillBlocked : await proposed.explain(deps.db),
      };
    }
  }
  const lastTry = () =>
    deps.lines(request.hub)(() => {
      onReading?.();
      return takeUnderLocks(deps, toTake);
    });
  let tried = await inTurn(lastTry);
  // The tries before lost what was free: what is left may be in the hands of holds past their release time.
  if (tried.kind === "blocked" && (await giveWay(deps, tried.overLapsed))) {
    tried = await inTurn(lastTry);
  }
  if (tried.kind === "taken") return tried.changed;
  if (tried.kind === "blocked") return { kind: "unavailable", unavailable: await tried.explain() };
  // Only a row that was written without its lock, a version just published or a list that never rests can be faster now.
  throw new DomainError("REVISION_CONFLICT", { hub: request.hub });
}

// Tries again after those who wait were tried; what they took is lost to this one.
async function takeInTurn(take: () => Promise<Try>, offerFirst: () => Promise<void>): Promise<Try> {
  let tried = await take();
  for (let offer = 1; tried.kind === "not-yet" && offer <= offersMax; offer += 1) {
    await offerFirst();
    tried = await take();
  }
  return tried;
}

function spreadOf(id: Uuid): number {
  return Number.parseInt(id.slice(-6), 16);
}

/** Frees the holds past their release time that are in the way of a proposal; false where none are. */
export async function giveWay(deps: Deps, over: Proposal | undefined): Promise<boolean> {
  if (over === undefined) return false;
  const lapsed = await findLapsed(deps.db, over.uses, over.poolUses);
  for (const course of lapsed) await takeLapsed(deps, course);
  const more = await freeUnits(deps, over);
  return lapsed.length + more > 0;
}

async function loadHub(deps: Deps, name: string): Promise<TimedHub> {
  const hub = await deps.hubs.load(deps.db, name);
  if (hub === undefined) throw hubNotFound(name);
  return hub;
}
