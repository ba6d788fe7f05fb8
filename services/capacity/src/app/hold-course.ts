/*
 * Holds a whole course or none: plan on what was just read, take everything in one transaction, and when another was
 * faster, plan again on what is there now; the last time under the locks of all that it could use.
 *
 * A hold past its release time that is in the way is taken: given up in a transaction of its own, which locks that
 * course and looks again, because inside ours it could take away a course that is just being booked.
 * Every refusal was decided on the hub's rows as the primary had them after the last lost race.
 */
import { type Changed, responseOf } from "@carehub/database/change";
import type { Source } from "@carehub/database/source";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { awaitsAnswer, refuseCourse, type StoredCourse, unchanged } from "../domain/course.ts";
import type { TimedHub } from "../domain/demand.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { toDomainError, type Unavailable } from "../domain/unavailable.ts";
import { findLapsed } from "../storage/blocking-store.ts";
import { readCourse } from "../storage/course-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import { type HoldRequest, type Proposal, proposeCourse } from "./place-course.ts";
import { releaseCapacity } from "./release-capacity.ts";
import { type Asking, requestOf, takeProposal, takeUnderLocks } from "./take-course.ts";
import { takeLapsed } from "./take-lapsed.ts";
import { hubNotFound } from "./visibility.ts";

const triesMax = 3;

/** Holds a course for a hub's own patient; a refusal is the caller's error. */
export function holdForHub(
  deps: Deps,
  request: HoldRequest,
  command: Command<StoredCourse>,
): Promise<Uint8Array> {
  return deps.holdTurns(() => holdOwn(deps, request, command));
}

async function holdOwn(
  deps: Deps,
  request: HoldRequest,
  { source, actor, respond }: Command<StoredCourse>,
): Promise<Uint8Array> {
  const { now, used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  const outcome = await tryToHold(deps, request, { source, actor, respond, now });
  if (outcome.kind !== "unavailable") return responseOf(outcome);
  deps.onRefused(outcome.unavailable.reason);
  throw toDomainError(outcome.unavailable);
}

/** Holds a course for a case; a refusal is told as CourseUnavailable. */
export function holdForCase(
  deps: Deps,
  request: HoldRequest,
  source: Source,
): Promise<Changed<StoredCourse>["kind"]> {
  return deps.holdTurns(() => holdAsked(deps, request, source));
}

async function holdAsked(
  deps: Deps,
  request: HoldRequest,
  source: Source,
): Promise<Changed<StoredCourse>["kind"]> {
  const { now, used } = await checkSource(deps.db, source);
  if (used !== undefined) return used.kind;
  const known = await readCourse(deps.db, request.id);
  // What the case no longer waits for needs no plan; the transaction looks again.
  if (known !== undefined && !awaitsAnswer(known.course, request.round)) {
    return (await refuse(deps, { request, source, unavailable: nothingAsked })).kind;
  }
  const outcome = await tryToHold(deps, request, { source, now }).catch(asUnavailable);
  if (outcome.kind !== "unavailable") return outcome.kind;
  const { unavailable } = outcome;
  deps.onRefused(unavailable.reason);
  return (await refuse(deps, { request, source, unavailable })).kind;
}

type NotHeld = { readonly kind: "unavailable"; readonly unavailable: Unavailable };

async function tryToHold(
  deps: Deps,
  request: HoldRequest,
  { now, ...asking }: Asking & { readonly now: Temporal.Instant },
): Promise<Changed<StoredCourse> | NotHeld> {
  for (let attempt = 1; attempt < triesMax; attempt += 1) {
    const hub = await loadHub(deps, request.hub);
    // Many at once want the same earliest time: of several equal rooms each then tries another first.
    const alone = attempt === 1 && deps.holdTurns.activeCount === 1;
    const spread = alone ? 0 : spreadOf(request.id);
    const proposed = await proposeCourse(deps.db, hub, { request, now, spread });
    if (proposed.kind === "fits") {
      const tried = await takeProposal(deps, { request, asking }, proposed.proposal);
      if (tried.kind === "taken") return tried.changed;
      continue;
    }
    if (!(await giveWay(deps, await proposed.overLapsed()))) {
      return { kind: "unavailable", unavailable: await proposed.explain() };
    }
  }
  let tried = await takeUnderLocks(deps, { request, asking });
  // The tries before lost what was free: what is left may be in the hands of holds past their release time.
  if (tried.kind === "blocked" && (await giveWay(deps, tried.overLapsed))) {
    tried = await takeUnderLocks(deps, { request, asking });
  }
  if (tried.kind === "taken") return tried.changed;
  if (tried.kind === "blocked") return { kind: "unavailable", unavailable: tried.unavailable };
  // Only a row that was written without its lock, or a version just published, can be faster now.
  throw new DomainError("REVISION_CONFLICT", { hub: request.hub });
}

function spreadOf(id: Uuid): number {
  return Number.parseInt(id.slice(-6), 16);
}

// Frees the holds past their release time that are in the way of a proposal; false where none are.
async function giveWay(deps: Deps, over: Proposal | undefined): Promise<boolean> {
  if (over === undefined) return false;
  const lapsed = await findLapsed(deps.db, over.uses, over.poolUses);
  for (const course of lapsed) await takeLapsed(deps, course);
  return lapsed.length > 0;
}

function refuse(
  deps: Deps,
  refused: { request: HoldRequest; source: Source; unavailable: Unavailable },
): Promise<Changed<StoredCourse>> {
  const { request, source, unavailable } = refused;
  return changeCourse(deps, {
    name: "course-refuse",
    id: request.id,
    source,
    creates: true,
    decide: (course) =>
      awaitsAnswer(course, request.round)
        ? refuseCourse(course, requestOf(request), unavailable)
        : unchanged(course),
    write: async (tx, { before }) => {
      await releaseCapacity(tx, before);
      return [];
    },
  });
}

const nothingAsked: Unavailable = { reason: "NO_FREE_TIME", blockers: [], openings: [] };

const toldReasons: ReadonlyMap<string, Unavailable["reason"]> = new Map([
  ["CAPACITY_STALE", "CAPACITY_STALE"],
  ["HUB_NOT_FOUND", "TEMPLATE_UNKNOWN"],
  ["TEMPLATE_UNKNOWN", "TEMPLATE_UNKNOWN"],
  ["PLAN_OUTSIDE_TEMPLATE", "PLAN_OUTSIDE_TEMPLATE"],
  ["INVALID_FIELD", "PLAN_OUTSIDE_TEMPLATE"],
  ["CALENDAR_YEAR_UNKNOWN", "CALENDAR_YEAR_UNKNOWN"],
] satisfies [CapacityReason | "INVALID_FIELD", Unavailable["reason"]][]);

// What the case asked for cannot be: it is told so, instead of being set aside as a message that failed.
function asUnavailable(error: unknown): NotHeld {
  const reason = error instanceof DomainError ? toldReasons.get(error.reason) : undefined;
  if (reason === undefined) throw error;
  return { kind: "unavailable", unavailable: { reason, blockers: [], openings: [] } };
}

async function loadHub(deps: Deps, name: string): Promise<TimedHub> {
  const hub = await deps.hubs.load(deps.db, name);
  if (hub === undefined) throw hubNotFound(name);
  return hub;
}
