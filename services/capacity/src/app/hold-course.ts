import { type Changed, responseOf } from "@carehub/database/change";
import type { Source } from "@carehub/database/source";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import { awaitsAnswer, refuseCourse, type StoredCourse, unchanged } from "../domain/course.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { toDomainError, type Unavailable } from "../domain/unavailable.ts";
import { readCourse } from "../storage/course-store.ts";
import { enterWaitingList } from "../storage/waiting-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import { requireOwnHoldsLeft } from "./hold-limit.ts";
import type { HoldRequest } from "./place-course.ts";
import { releaseCapacity, releaseUnmarked } from "./release-capacity.ts";
import type { Asked } from "./shared-refusals.ts";
import { requestOf } from "./take-course.ts";
import { type NotHeld, tryToHold } from "./try-to-hold.ts";
import { offerWaiting } from "./waiting-list.ts";

/** Holds a course for a hub's own patient; a refusal is the caller's error. */
export function holdForHub(
  deps: Deps,
  request: HoldRequest,
  command: Command<StoredCourse>,
): Promise<Uint8Array> {
  const asked = deps.refusals.enter(request);
  return deps.holdTurns(() => holdOwn(deps, request, { ...command, asked })).finally(asked.leave);
}

async function holdOwn(
  deps: Deps,
  request: HoldRequest,
  { source, actor, respond, asked }: Command<StoredCourse> & { readonly asked: Asked },
): Promise<Uint8Array> {
  const { now, used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  const told = asked.find();
  if (told !== undefined) throw refusalOf(deps, told);
  await requireOwnHoldsLeft(deps.db, request.hub);
  const outcome = await tryToHold(deps, request, {
    ...{ source, actor, respond, now },
    offerFirst: () => offerWaiting(deps, request.hub),
    onReading: asked.reads,
  });
  if (outcome.kind !== "unavailable") return responseOf(outcome);
  asked.refused(outcome.unavailable);
  throw refusalOf(deps, outcome.unavailable);
}

function refusalOf(deps: Deps, unavailable: Unavailable): DomainError {
  deps.onRefused(unavailable.reason);
  return toDomainError(unavailable);
}

/** Holds a course for a case; a refusal is told as CourseUnavailable, and what capacity can cure waits for it. */
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
  const offerFirst = () => offerWaiting(deps, request.hub);
  const outcome = await tryToHold(deps, request, { source, now, offerFirst }).catch(asUnavailable);
  if (outcome.kind !== "unavailable") return outcome.kind;
  const { unavailable } = outcome;
  deps.onRefused(unavailable.reason);
  return (await refuse(deps, { request, source, unavailable })).kind;
}

function refuse(
  deps: Deps,
  refused: { request: HoldRequest; source: Source; unavailable: Unavailable },
): Promise<Changed<StoredCourse>> {
  const { request, source, unavailable } = refused;
  const { priority, answerTime } = request;
  return changeCourse(deps, {
    name: "course-refuse",
    id: request.id,
    source,
    creates: true,
    decide: (course, { now: sinceAt }) =>
      awaitsAnswer(course, request.round)
        ? refuseCourse(course, requestOf(request), { unavailable, sinceAt, priority, answerTime })
        : unchanged(course),
    write: async (tx, { before, after }) => {
      if (after.state === "WAITLISTED") {
        await releaseUnmarked(tx, before);
        await enterWaitingList(tx, after.hub);
      } else {
        await releaseCapacity(tx, before);
      }
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
