/*
 * Offers what came free at a hub to the courses that wait for it, in their order: each is tried in a transaction of its
 * own by the same code that holds a course, one that still does not fit stays in its place, and those behind it are
 * tried all the same.
 *
 * Guarantee: a course is held from the list at most once, because its own row decides; nothing is offered past a course
 * that would fit, because every hold from the list uses up the due row that the pass began with: when something came
 * free meanwhile, or another process went through the list, that row is another one and the pass begins again.
 * A pass that is cut off leaves the due row, and the sweeper raises it. A course at which a defect of ours shows keeps
 * neither those behind it nor new requests waiting: the pass ends, the list rests, and only then the error is thrown.
 */

import { now } from "@carehub/database/clock";
import { OperationalError } from "@carehub/database/operational-error";
import type { Due } from "@carehub/database/source";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import { awaitsCapacity, type Course, type StoredCourse } from "../domain/course.ts";
import { readDueList, readWaiting, restWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import type { HoldRequest } from "./place-course.ts";
import { afterHold } from "./take-course.ts";
import { tryToHold } from "./try-to-hold.ts";

const passesMax = 20;
const pageSize = 50;

/**
 * Goes through a hub's waiting list until it is no longer due, within a limit. Callers of one process share one pass.
 */
export async function offerWaiting(deps: Deps, hub: string): Promise<void> {
  const { offers } = deps;
  const running = offers.get(hub);
  if (running !== undefined) return running;
  const offering = offerUntilAtRest(deps, hub).finally(() => offers.delete(hub));
  offers.set(hub, offering);
  return offering;
}

async function offerUntilAtRest(deps: Deps, hub: string): Promise<void> {
  for (let pass = 1; pass <= passesMax; pass += 1) {
    const due = await readDueList(deps.db, hub);
    if (due === undefined) return;
    const begunAt = await now(deps.db);
    const ended = await offerToAll(deps, hub, due);
    if (ended === undefined) continue;
    const latest = await dayAfter(deps, hub, begunAt);
    await restWaitingList(deps.db, ended.due, { begunAt, latest });
    if (ended.defects.length > 0) throw new AggregateError(ended.defects, `offering at ${hub}`);
  }
}

type Ended = { readonly due: Due; readonly defects: readonly unknown[] };

// Answers the due row at the end of the list; undefined when another commit moved it on the way.
async function offerToAll(deps: Deps, hub: string, first: Due): Promise<Ended | undefined> {
  const defects: unknown[] = [];
  let due = first;
  let after: StoredCourse | undefined;
  for (;;) {
    const page = await readWaiting(deps.db, hub, { after, limit: pageSize });
    for (const { course } of page) {
      const offered = await offer(deps, course, due).catch((error: unknown) => {
        if (error instanceof OperationalError) throw error;
        defects.push(error);
        return "stays" as const;
      });
      if (offered === "moved") return undefined;
      if (offered === "used") due = afterHold(due);
    }
    after = page.at(-1);
    if (page.length < pageSize) return { due, defects };
  }
}

type Offered = "stays" | "used" | "moved";

async function offer(deps: Deps, course: Course, due: Due): Promise<Offered> {
  const request = requestOfWaiting(course);
  if (request === undefined) return "stays";
  const source = { kind: "due", due } as const;
  const checked = await checkSource(deps.db, source);
  if (checked.used !== undefined) return "moved";
  const offerFirst = async () => undefined;
  try {
    const outcome = await tryToHold(deps, request, {
      source,
      list: due,
      now: checked.now,
      offerFirst,
    });
    if (outcome.kind === "unavailable") return "stays";
    return outcome.kind === "done" ? "used" : "moved";
  } catch (error) {
    // Its template may be gone, or the hub's document stale: it waits on, and its case ends that.
    if (!(error instanceof DomainError)) throw error;
    return error.reason === "REVISION_CONFLICT" ? "moved" : "stays";
  }
}

function requestOfWaiting(course: Course): HoldRequest | undefined {
  const { id, hub, sendingParty, round, plan, waiting } = course;
  if (plan === undefined || waiting === undefined || !awaitsCapacity(course, round))
    return undefined;
  const { priority, answerTime } = waiting;
  return { id, hub, sendingParty, round, plan, priority, answerTime };
}

// A day that passed may have taken what kept a course from fitting, and nobody else would look.
async function dayAfter(deps: Deps, name: string, at: Temporal.Instant): Promise<Temporal.Instant> {
  const hub = await deps.hubs.load(deps.db, name);
  const zone = hub?.document.zone ?? "UTC";
  const today = at.toZonedDateTimeISO(zone).toPlainDate();
  return today.add({ days: 1 }).toZonedDateTime(zone).toInstant();
}
