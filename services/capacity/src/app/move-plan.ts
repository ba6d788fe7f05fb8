/*
 * Plans a course anew and takes it, in one transaction under the locks of all that it has and could use: its own time
 * counts as free, the new is taken before anything else can be, and when it does not fit everything stays as it was.
 *
 * The rows that are given up are deleted first: a rival sees them until the commit, and waits for the locks.
 */
import { sqlStateOf } from "@carehub/database/operational-error";
import type { Tx } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Course } from "../domain/course.ts";
import type { Moved } from "../domain/course-move.ts";
import { movedHold, type Replan, renumbered } from "../domain/course-move-plan.ts";
import type { TimedHub } from "../domain/demand.ts";
import { keptUses } from "../domain/hold.ts";
import { minuteOfInstant } from "../domain/hub-time.ts";
import type { UsableOverride } from "../domain/override-openings.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import { toDomainError } from "../domain/unavailable.ts";
import { closeFreed } from "../storage/document-store.ts";
import { type Freed, keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { type GiveBack, giveBack, keepAll } from "../storage/reservation-store.ts";
import type { Deps } from "./capacity-app.ts";
import { markUsed, overrideForMove } from "./override-use.ts";
import { certify, namesOfDemand, type Proposal, partsOf, proposeDemand } from "./place-course.ts";
import { namesOf } from "./release-capacity.ts";
import { giveWay } from "./try-to-hold.ts";
import { hubNotFound } from "./visibility.ts";
import { offerWaiting } from "./waiting-list.ts";

/** What a course is planned anew on. */
export type ToReplan = {
  readonly before: Course;
  readonly now: Temporal.Instant;
  readonly plan: (hub: TimedHub) => Replan;
  /** Whether to say only what would be; the caller rolls back. */
  readonly dryRun: boolean;
  /** Whether it gives way to the courses that wait, where their list is due; true unless that is said. */
  readonly afterWaiting?: boolean;
};

/** Plans and takes; fails as planning does, and with an error that only `untilTaken` knows. */
export async function replanUnderLocks(
  deps: Deps,
  tx: Tx,
  { before, now, plan, dryRun, afterWaiting = true }: ToReplan,
): Promise<Moved> {
  const held = must(before.hold, "a course that is moved has a hold");
  const hub = await deps.hubs.load(tx, before.hub);
  if (hub === undefined) throw hubNotFound(before.hub);
  const first = plan(hub);
  const second = first.otherwise;
  const candidates = [first, second].flatMap((one) => (one ? namesOfDemand(one.demand) : []));
  await lockAll(tx, [...namesOf(held), ...candidates]);
  const override = await overrideForMove(tx, before);
  const context: Tried = { before, hub, now, dryRun, override, freed: [] };
  const found =
    (await fitting(tx, context, { replan: first, isLast: second === undefined })) ??
    must(second && (await fitting(tx, context, { replan: second, isLast: true })), "one is last");
  const { replan, proposal } = found;
  const { calendarVersion } = held.answerBy;
  const parts = renumbered(partsOf(proposal), replan);
  const moved = movedHold(held, replan, {
    parts,
    override: proposal.override,
    certify: (whole) => certify(ruled(proposal), whole, { id: before.id, calendarVersion }),
  });
  if (dryRun) return moved;
  const taken = await keepAll(tx, {
    ...{ course: before.id, hub: before.hub, version: hub.version, afterWaiting },
    uses: keptUses(parts),
    poolUses: proposal.poolUses,
    risks: proposal.risks,
  });
  if (taken !== "kept") throw new LostError(taken);
  if (proposal.override !== undefined) {
    await markUsed(tx, proposal.override, { course: before.id, now });
  }
  for (const freed of context.freed) await keepFreed(tx, before.hub, freed);
  return moved;
}

type Tried = {
  readonly before: Course;
  readonly hub: TimedHub;
  readonly now: Temporal.Instant;
  readonly dryRun: boolean;
  readonly override: UsableOverride | undefined;
  /** What was given back on the way. */
  readonly freed: Freed[];
};

type Fitting = { readonly replan: Replan; readonly proposal: Proposal };

// Gives back what the replan does not keep, and looks; undefined where it does not fit and something else is to be tried.
async function fitting(
  tx: Tx,
  { before, hub, now, dryRun, override, freed }: Tried,
  { replan, isLast }: { readonly replan: Replan; readonly isLast: boolean },
): Promise<Fitting | undefined> {
  const given = await giveBack(tx, before.id, givenUp(replan, now));
  freed.push(given);
  // What the course had before it was closed is not its own to have again.
  await closeFreed(tx, before.hub, given.times);
  const proposed = await proposeDemand(tx, hub, { demand: replan.demand, override });
  if (proposed.kind === "fits") return { replan, proposal: proposed.proposal };
  if (!isLast) return undefined;
  const overLapsed = await proposed.overLapsed();
  // Nobody loses a hold to a question.
  if (overLapsed !== undefined && dryRun) return { replan, proposal: overLapsed };
  throw new BlockedError({ unavailable: await proposed.explain(tx), overLapsed });
}

function givenUp(replan: Replan, now: Temporal.Instant): GiveBack {
  const isBegun = replan.begun !== undefined;
  if (!isBegun && replan.preparation.length === 0) return "everything";
  return {
    recorded: replan.sessions.map(({ number }) => number),
    from: isBegun ? minuteOfInstant(now) : 0,
    bedPools: replan.stays.map(({ pool }) => pool),
  };
}

// A certificate names the template's rules, also where one of them is given up.
function ruled({ demand, ...proposal }: Proposal): Proposal {
  return { ...proposal, demand: { ...demand, rules: demand.template.rules } };
}

const triesMax = 3;
const offersMax = 10;

/**
 * Runs such a change until it is done or refused: those who wait for what came free are tried first, and holds past their
 * release time give way. Fails with the coded reason of what is in the way.
 */
export async function untilTaken<Done>(
  deps: Deps,
  hub: string,
  run: () => Promise<Done>,
): Promise<Done> {
  let lost = 0;
  let offers = 0;
  while (lost < triesMax && offers <= offersMax) {
    try {
      return await run();
    } catch (error) {
      if (error instanceof BlockedError) {
        lost += 1;
        const { unavailable, overLapsed } = error.blocked;
        if (lost < triesMax && (await giveWay(deps, overLapsed))) continue;
        deps.onRefused(unavailable.reason);
        throw toDomainError(unavailable);
      }
      if (error instanceof LostError && error.why === "list-due") {
        offers += 1;
        await offerWaiting(deps, hub);
      } else if (error instanceof LostError || isOverlap(error)) {
        lost += 1;
      } else {
        throw error;
      }
    }
  }
  throw new DomainError("REVISION_CONFLICT", { hub });
}

// The key or the guard spoke instead of the count: somebody wrote without the lock.
function isOverlap(error: unknown): boolean {
  return ["23P01", "23514"].includes(sqlStateOf(error) ?? "");
}

type Blocked = { readonly unavailable: Unavailable; readonly overLapsed: Proposal | undefined };

/** Ends the transaction, so that the course has again what it had; `untilTaken` tries again. */
export class LostError extends Error {
  override readonly name = "LostError";
  readonly why: string;
  constructor(why: string) {
    super(`not all could be taken: ${why}`);
    this.why = why;
  }
}

// Ends it as well.
class BlockedError extends Error {
  override readonly name = "BlockedError";
  readonly blocked: Blocked;
  constructor(blocked: Blocked) {
    super(`the course does not fit: ${blocked.unavailable.reason}`);
    this.blocked = blocked;
  }
}
