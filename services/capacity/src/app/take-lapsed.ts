import type { Due } from "@carehub/database/source";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { takeLapsedHold } from "../domain/course.ts";
import { courseName, parseCourseName } from "../domain/names.ts";
import type { Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import { releaseCapacity } from "./release-capacity.ts";

const takenKind = "hold-taken";

/**
 * Gives up a hold past its release time, because another course needs its time. The wish is a due row first, so that it
 * happens once, and after a crash by the sweeper; a hold that was booked or renewed meanwhile stays.
 */
export async function takeLapsed(deps: Deps, id: Uuid): Promise<void> {
  const rows = await deps.db.run<Due>(
    "hold-taken-wish",
    `insert into log.due as due (aggregate, kind, due_at) values ($1, $2, app.now())
     on conflict (aggregate, kind) do update set due_at = due.due_at
     returning aggregate, kind, due_at as "dueAt"`,
    [courseName(id), takenKind],
  );
  await raiseTaken(deps, must(rows[0], "an upsert returns its row"));
}

/** Does what such a due row asks for: to give up a lapsed hold. Repeating it changes nothing. */
export async function raiseTaken(deps: Deps, due: Due): Promise<void> {
  await changeCourse(deps, {
    name: "course-take-lapsed",
    id: parseCourseName(due.aggregate),
    source: { kind: "due", due },
    creates: false,
    decide: (course, { now }) => takeLapsedHold(course, now),
    write: async (tx, { before }) => {
      await releaseCapacity(tx, before);
      return [];
    },
  });
}
