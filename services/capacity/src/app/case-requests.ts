import type { MessageSource } from "@carehub/database/source";
import type { Uuid } from "@carehub/rules/ids";
import { bookForCase, isUnderTreatment, keepsCapacity } from "../domain/course.ts";
import { staysUntil } from "../domain/stay-days.ts";
import { closeCourse, stopForCase } from "../domain/treatment.ts";
import { readCourse } from "../storage/course-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import { wasAtLimit } from "./hold-limit.ts";
import { releaseCapacity, settleCapacity } from "./release-capacity.ts";

/** How a request of a case ended, as its consumer is told. */
export type Handled = "done" | "duplicate";

/** Books what is held in that round, or tells the case that nothing is; what is too late to book is given back. */
export function bookCase(
  deps: Deps,
  request: { readonly id: Uuid; readonly round: number },
  source: MessageSource,
): Promise<Handled> {
  return handled(
    changeCourse(deps, {
      name: "course-book-case",
      id: request.id,
      source,
      creates: true,
      decide: (course, { now }) => bookForCase(course, request.round, now),
      write: async (tx, { before, after }) => {
        if (!keepsCapacity(after)) await releaseCapacity(tx, before);
        else if (await wasAtLimit(deps, tx, after)) await markWaitingList(tx, after.hub);
        return [];
      },
    }),
  );
}

/** Releases what is held, booked or waiting; what has begun ends by death, or waits for the hub's answer. */
export async function stopCase(
  deps: Deps,
  request: { readonly id: Uuid; readonly round: number; readonly reason: string },
  source: MessageSource,
): Promise<Handled> {
  const zone = await zoneOfCourse(deps, request.id);
  const todayOf = (now: Temporal.Instant) => now.toZonedDateTimeISO(zone).toPlainDate();
  return handled(
    changeCourse(deps, {
      name: "course-stop",
      id: request.id,
      source,
      creates: true,
      decide: (course, { now }) => stopForCase(course, request, { now, today: todayOf(now) }),
      write: async (tx, { before, after, now }) => {
        if (isUnderTreatment(after)) return [];
        if (after.state !== "ENDED") {
          await releaseCapacity(tx, before);
          return [];
        }
        const stays = staysUntil(before, todayOf(now));
        return settleCapacity(deps, tx, { course: before, stays, now });
      },
    }),
  );
}

/** Marks the case as ended, also where nothing is known of it; what is still kept is given back. */
export function closeCase(deps: Deps, id: Uuid, source: MessageSource): Promise<Handled> {
  return handled(
    changeCourse(deps, {
      name: "course-close",
      id,
      source,
      creates: true,
      decide: closeCourse,
      write: async (tx, { before }) => {
        await releaseCapacity(tx, before);
        return [];
      },
    }),
  );
}

async function handled(changed: ReturnType<typeof changeCourse>): Promise<Handled> {
  return (await changed).kind === "duplicate" ? "duplicate" : "done";
}

// A course never asked for has no hub, and one refused may name a hub that nobody published: any day will do for both,
// since nothing of it has begun.
async function zoneOfCourse(deps: Deps, id: Uuid): Promise<string> {
  const known = await readCourse(deps.db, id);
  const hub = known === undefined ? undefined : await deps.hubs.load(deps.db, known.course.hub);
  return hub?.document.zone ?? "UTC";
}
