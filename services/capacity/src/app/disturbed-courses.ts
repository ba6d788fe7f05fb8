import type { Tx } from "@carehub/database/pool";
import { LostRaceError } from "@carehub/database/transact";
import type { StoredCourse } from "../domain/course.ts";
import { lockCourse } from "../storage/course-store.ts";
import type { CourseUse } from "../storage/replan-store.ts";

/** A course that is disturbed, with what of it is. */
export type Disturbance = {
  readonly stored: StoredCourse;
  /** The numbers of its sessions that cannot be given; 0 and below for steps of its preparation. */
  readonly numbers: readonly number[];
};

/** Locks the courses that use something, in the order of their ids. */
export async function lockCourses(tx: Tx, uses: readonly CourseUse[]): Promise<StoredCourse[]> {
  const ids = [...new Set(uses.map(({ course }) => course))].toSorted();
  const stored: StoredCourse[] = [];
  for (const id of ids) {
    const course = await lockCourse(tx, id);
    if (course !== undefined) stored.push(course);
  }
  return stored;
}

/** What of each course is disturbed. */
export function disturbancesOf(
  stored: readonly StoredCourse[],
  uses: readonly CourseUse[],
): Disturbance[] {
  return stored.map((one) => {
    const own = uses.filter(({ course }) => course === one.course.id);
    return { stored: one, numbers: [...new Set(own.map(({ number }) => number))] };
  });
}

/** Fails so that the change begins again where what was read before the locks is not what they keep. */
export function requireSame(before: readonly CourseUse[], now: readonly CourseUse[]): void {
  if (JSON.stringify(before) === JSON.stringify(now)) return;
  throw new LostRaceError("what lies in the closed time changed before it was locked");
}
