import type { Run } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { Course, StoredCourse } from "../domain/course.ts";
import { courseName, hubOfCaller, partyOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { readCourse } from "../storage/course-store.ts";

// Whether a caller may know of a course: its hub, and the ministry that sent the patient.
function mayKnow(course: Course, caller: Caller): boolean {
  if (course.hub === "") return false;
  const party = partyOfCaller(caller);
  return (
    course.hub === hubOfCaller(caller) || (party !== undefined && course.sendingParty === party)
  );
}

/** Reads a course that the caller may know of; fails with COURSE_NOT_FOUND for every other. */
export async function readVisibleCourse(
  db: { readonly run: Run },
  id: Uuid,
  caller: Caller,
): Promise<StoredCourse> {
  const found = await readCourse(db, id);
  if (found === undefined || !mayKnow(found.course, caller)) throw courseNotFound(courseName(id));
  return found;
}

/** The refusal for a course that is not there, or not for this caller. */
export function courseNotFound(name: string): DomainError<CapacityReason> {
  return new DomainError("COURSE_NOT_FOUND", { name });
}

/** The refusal for a hub that is not there, or not for this caller. */
export function hubNotFound(name: string): DomainError<CapacityReason> {
  return new DomainError("HUB_NOT_FOUND", { name });
}

/** Fails with ETAG_MISMATCH unless the caller's etag is empty or that of the revision. */
export function checkEtag(etag: string, revision: number): void {
  if (etag === "" || etag === etagOf(revision)) return;
  const reason: CapacityReason = "ETAG_MISMATCH";
  throw new DomainError(reason, { etag: etagOf(revision) });
}

/** The etag of a revision. */
export function etagOf(revision: number): string {
  return `W/"${revision}"`;
}
