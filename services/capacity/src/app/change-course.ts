import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Due, Source } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import type { Actor } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { annotateSpan } from "@carehub/runtime/trace";
import type { Course, CourseDecision, StoredCourse } from "../domain/course.ts";
import type { CourseFact } from "../domain/course-fact.ts";
import { courseName } from "../domain/names.ts";
import { lockCourse, lockOrCreateCourse, saveCourse } from "../storage/course-store.ts";
import type { Deps } from "./capacity-app.ts";
import { courseNotFound } from "./visibility.ts";

/** What a decision is made on, and by what time. */
export type AtLock = { readonly now: Temporal.Instant; readonly revision: number };

/** A change of one course and of what it keeps of the hub. */
export type CourseChange = {
  readonly name: string;
  readonly id: Uuid;
  readonly source: Source;
  readonly actor?: Actor;
  /** Whether a course that is not known yet is made. */
  readonly creates: boolean;
  /** Reads more that the decision needs, after the course's row is locked. */
  readonly prepare?: (tx: Tx, before: Course, at: AtLock) => Promise<void>;
  /** Decides under the lock of the course's row. */
  readonly decide: (course: Course, at: AtLock) => CourseDecision;
  /**
   * Writes what the decision means for resources and pools, under their locks; may tell more facts, which go before the
   * decision's last one. Not called for a decision without events.
   */
  readonly write?: (
    tx: Tx,
    change: { readonly before: Course; readonly after: Course; readonly now: Temporal.Instant },
  ) => Promise<readonly CourseFact[]>;
  readonly respond?: (view: StoredCourse) => Uint8Array;
  /** All due rows of another aggregate from now on. */
  readonly dues?: { readonly aggregate: string; readonly dues: readonly Omit<Due, "aggregate">[] };
};

/** Runs the change in one short transaction: the course's row first, then resources and pools, then its events. */
export function changeCourse(deps: Deps, change: CourseChange): Promise<Changed<StoredCourse>> {
  const { source, actor, id } = change;
  annotateSpan({
    [attributes.aggregate]: courseName(id),
    [attributes.referral]: `referrals/${id}`,
  });
  return transact<StoredCourse>(deps.db, {
    name: change.name,
    source,
    ...(actor === undefined ? {} : { actor }),
    work: async (tx, { now }) => {
      const found = change.creates ? await lockOrCreateCourse(tx, id) : await lockCourse(tx, id);
      if (found === undefined) throw courseNotFound(courseName(id));
      const { course: before, revision } = found;
      await change.prepare?.(tx, before, { now, revision });
      const { state: after, events } = change.decide(before, { now, revision });
      const more =
        events.length === 0 ? [] : ((await change.write?.(tx, { before, after, now })) ?? []);
      const facts = [...events.slice(0, -1), ...more, ...events.slice(-1)];
      const same = after === before && facts.length === 0;
      const saved = same ? found : await saveCourse(tx, after, revision + facts.length);
      const response = change.respond?.(saved);
      return {
        state: saved,
        aggregates: [
          {
            aggregate: courseName(id),
            revision,
            events: facts.map((fact, index) =>
              deps.publish.courseFact(fact, {
                course: courseName(id),
                hub: after.hub,
                revision: revision + index + 1,
                occurredAt: now,
              }),
            ),
          },
          ...(change.dues === undefined ? [] : [{ ...change.dues, revision: 0, events: [] }]),
        ],
        ...(response === undefined ? {} : { response }),
      };
    },
  });
}
