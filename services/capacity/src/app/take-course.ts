import type { Changed } from "@carehub/database/change";
import { sqlStateOf } from "@carehub/database/operational-error";
import type { Tx } from "@carehub/database/pool";
import type { Due, Source } from "@carehub/database/source";
import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import {
  awaitsAnswer,
  awaitsCapacity,
  type Course,
  type CourseRequest,
  holdCourse,
  keepsCapacity,
  type StoredCourse,
  unchanged,
} from "../domain/course.ts";
import { beginsBefore, keptUses } from "../domain/hold.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { keepAll, type Taken } from "../storage/reservation-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { type AtLock, changeCourse } from "./change-course.ts";
import { limitLocks, partyLimit } from "./hold-limit.ts";
import { confirmOverflow, hasBound } from "./overflow-check.ts";
import { markUsed } from "./override-use.ts";
import {
  candidatesOf,
  type HoldRequest,
  holdOfProposal,
  type Proposal,
  proposeCourse,
} from "./place-course.ts";
import { namesOf, releaseUnmarked } from "./release-capacity.ts";
import { hubNotFound } from "./visibility.ts";

/** For whom a hold is tried. */
export type Asking = {
  readonly source: Source;
  /** The due row of the waiting list that the course is tried from; the source as well. Undefined for a request. */
  readonly list?: Due;
  readonly actor?: Actor;
  readonly respond?: (view: StoredCourse) => Uint8Array;
};

/**
 * How one try ended: taken, lost to another (so the plan is made anew), not yet its turn because those who wait are to
 * be tried first, or not possible as things stand.
 */
export type Try =
  | { readonly kind: "taken"; readonly changed: Changed<StoredCourse> }
  | { readonly kind: "lost" }
  | { readonly kind: "not-yet" }
  | ({ readonly kind: "blocked" } & Blocked);

type Blocked = {
  /** Says what is in the way. */
  readonly explain: () => Promise<Unavailable>;
  /** Where it would go if holds past their release time were free; undefined where that is nowhere. */
  readonly overLapsed: Proposal | undefined;
};

type ToTake = { readonly request: HoldRequest; readonly asking: Asking };

/** Takes what was planned without a lock; another may have been faster. */
export function takeProposal(deps: Deps, toTake: ToTake, proposal: Proposal): Promise<Try> {
  return take(deps, toTake, { proposal });
}

/**
 * Locks everything that the course could use, plans on what is there then, and takes it: nobody can be faster, so that
 * many who want the earliest time at once all get one while there is one.
 */
export function takeUnderLocks(deps: Deps, toTake: ToTake): Promise<Try> {
  return take(deps, toTake, { proposal: undefined });
}

async function take(
  deps: Deps,
  { request, asking }: ToTake,
  planned: { proposal: Proposal | undefined },
): Promise<Try> {
  const decide = (course: Course, { now }: AtLock) => {
    if (!isAskedFor(course, { request, asking })) return unchanged(course);
    const proposal = must(planned.proposal, "a course is planned before it is held");
    const hold = holdOfProposal(proposal, request, now);
    // Midnight came between plan and hold: the answer is awaited a day longer than was planned on.
    const tooSoon = request.sendingParty !== undefined && beginsBefore(hold, hold.releaseAt);
    if (tooSoon) throw new LostError("begins before its release time");
    return holdCourse(course, requestOf(request), hold);
  };
  const given = planned.proposal;
  const { list, ...told } = asking;
  try {
    const changed = await changeCourse(deps, {
      name: "course-hold",
      id: request.id,
      ...told,
      ...(list === undefined ? {} : { dues: movedOn(list) }),
      creates: true,
      prepare: async (tx, before, { now }) => {
        const toPlan = { request, asking, before, now };
        planned.proposal =
          given === undefined
            ? await planUnderLocks(deps, tx, toPlan)
            : await confirmUnderLocks(tx, toPlan, given);
      },
      decide,
      write: async (tx, { before, after, now }) => {
        const proposal = must(planned.proposal, "a course is planned before it is held");
        const { hold, id, hub } = after;
        if (hold === undefined) return [];
        await lockAll(tx, [...limitLocks(request), ...keptNames(before), ...namesOf(hold)]);
        const { document } = proposal.hub;
        const unavailable = await partyLimit(tx, request, { document, now });
        if (unavailable !== undefined) {
          throw new BlockedError({ explain: async () => unavailable, overLapsed: undefined });
        }
        const released = await releaseUnmarked(tx, before);
        const { version } = proposal.hub;
        const { poolUses, risks } = proposal;
        const taken = await keepAll(tx, {
          course: id,
          hub,
          version,
          afterWaiting: list === undefined,
          uses: keptUses(hold),
          poolUses,
          risks,
        });
        if (taken !== "kept") throw new LostError(taken);
        if (proposal.override !== undefined) {
          await markUsed(tx, proposal.override, { course: id, now });
        }
        if (released) await markWaitingList(tx, before.hub);
        return [];
      },
    });
    return { kind: "taken", changed };
  } catch (error) {
    if (error instanceof BlockedError) return { kind: "blocked", ...error.blocked };
    // The key spoke instead of the count: somebody wrote without the lock.
    const overlaps = overlapStates.has(sqlStateOf(error) ?? "");
    if (error instanceof LostError && error.why === "list-due") return { kind: "not-yet" };
    if (error instanceof LostError || overlaps) return { kind: "lost" };
    throw error;
  }
}

async function planUnderLocks(
  deps: Deps,
  tx: Tx,
  { before, now, ...toTake }: ToTake & { readonly before: Course; readonly now: Temporal.Instant },
): Promise<Proposal | undefined> {
  if (!isAskedFor(before, toTake)) return undefined;
  const { request, asking } = toTake;
  const hub = await deps.hubs.load(tx, request.hub);
  if (hub === undefined) throw hubNotFound(request.hub);
  const candidates = candidatesOf(hub, request, now);
  await lockAll(tx, [...limitLocks(request), ...keptNames(before), ...candidates]);
  const proposed = await proposeCourse(tx, hub, { request, now, locked: true });
  if (proposed.kind === "fits") return proposed.proposal;
  const overLapsed = await proposed.overLapsed();
  // Explained when the locks are gone: that may take as long as many plans. Who waits was told before what is in the way.
  const explain = async () =>
    asking.list === undefined ? await proposed.explain(deps.db) : stillBlocked;
  throw new BlockedError({ explain, overLapsed });
}

/** The answer to a course that is tried from the waiting list and does not fit; nobody is told it. */
export const stillBlocked: Unavailable = { reason: "NO_FREE_TIME", blockers: [], openings: [] };

// Of uncertain stays nothing is counted that could refuse one too many: what was planned without a lock is judged again.
async function confirmUnderLocks(
  tx: Tx,
  { before, ...toTake }: ToTake & { readonly before: Course },
  proposal: Proposal,
): Promise<Proposal> {
  if (!hasBound(proposal) || !isAskedFor(before, toTake)) return proposal;
  const wanted = [...proposal.uses.map(({ resource }) => resource), ...poolNamesOf(proposal)];
  await lockAll(tx, [...limitLocks(toTake.request), ...keptNames(before), ...wanted]);
  const confirmed = await confirmOverflow(tx, proposal);
  if (confirmed === undefined) throw new LostError("in-the-way");
  return confirmed;
}

function poolNamesOf({ poolUses }: Proposal): string[] {
  return poolUses.map(({ pool }) => pool);
}

function isAskedFor(course: Course, { request, asking }: ToTake): boolean {
  return asking.list === undefined
    ? awaitsAnswer(course, request.round)
    : awaitsCapacity(course, request.round);
}

// The row that made the list due is used up by each hold from it and set anew a moment later: whoever else goes through
// the list by the old row holds nothing, and begins again.
function movedOn({ aggregate, ...due }: Due) {
  return { aggregate, dues: [afterHold({ aggregate, ...due })] };
}

/** The due row of a waiting list after a hold from it. */
export function afterHold(due: Due): Due {
  return { ...due, dueAt: due.dueAt.add({ microseconds: 1 }) };
}

const overlapStates = new Set(["23P01", "23514"]);

// Both end the transaction, so that nothing of the try stays.
class LostError extends Error {
  override readonly name = "LostError";
  readonly why: Exclude<Taken, "kept"> | "begins before its release time";
  constructor(why: Exclude<Taken, "kept"> | "begins before its release time") {
    super(`not all could be taken: ${why}`);
    this.why = why;
  }
}

class BlockedError extends Error {
  override readonly name = "BlockedError";
  readonly blocked: Blocked;
  constructor(blocked: Blocked) {
    super("the course does not fit");
    this.blocked = blocked;
  }
}

function keptNames(before: Course): string[] {
  return keepsCapacity(before) && before.hold !== undefined ? namesOf(before.hold) : [];
}

/** The request without what only the hold needs. */
export function requestOf(request: HoldRequest): CourseRequest {
  const { id, hub, sendingParty, round, plan, priority } = request;
  return { id, hub, sendingParty, round, plan, priority };
}
