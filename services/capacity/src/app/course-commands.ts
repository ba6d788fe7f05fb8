import { responseOf } from "@carehub/database/change";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import {
  bookForHub,
  type Course,
  type CourseDecision,
  releaseForHub,
  type StoredCourse,
} from "../domain/course.ts";
import type { CourseFact } from "../domain/course-fact.ts";
import type { TimedHub } from "../domain/demand.ts";
import type { HubDocument } from "../domain/hub.ts";
import { resourceName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { recordSession, type SessionRecord } from "../domain/session-record.ts";
import { admit, type Discharge, declineStop, discharge, type Today } from "../domain/treatment.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { type CourseChange, changeCourse } from "./change-course.ts";
import { releaseCapacity, settleCapacity } from "./release-capacity.ts";
import { checkEtag, readVisibleCourse } from "./visibility.ts";

/** A hub's command on a course of its own; the etag is empty where it does not matter. */
export type CourseCommand = Command<StoredCourse> & { readonly id: Uuid; readonly etag: string };

/** Books a held course of the hub's own patient. */
export function bookCourse(deps: Deps, command: CourseCommand): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-book",
    decide: (course, { now }) => bookForHub(course, now),
  });
}

/** Gives back a hold or booking of the hub's own patient. */
export function releaseCourse(
  deps: Deps,
  command: CourseCommand & { readonly reason: string },
): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-release",
    decide: (course) => releaseForHub(course, command.reason),
    write: async (tx, { before }) => {
      await releaseCapacity(tx, before);
      return [];
    },
  });
}

/** Records the admission of a booked patient. */
export function recordAdmission(
  deps: Deps,
  command: CourseCommand & { readonly admissionDate: Temporal.PlainDate },
): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-admit",
    decide: (course, today) => admit(course, command.admissionDate, today),
  });
}

/** Records a session that took place; the site is an id in the hub. */
export function recordDelivered(
  deps: Deps,
  command: CourseCommand & { readonly session: SessionRecord },
): Promise<Uint8Array> {
  const { session } = command;
  return runCourseCommand(deps, command, {
    name: "course-record-session",
    decide: (course, today, { document }) => {
      const site = session.site === undefined ? undefined : knownSite(document, session.site);
      return recordSession(course, { ...session, site }, today);
    },
  });
}

/** Ends a course with what was recorded. */
export function dischargePatient(
  deps: Deps,
  command: CourseCommand & { readonly discharge: Discharge },
): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-discharge",
    decide: (course, today) => discharge(course, command.discharge, today),
    write: (tx, { before, now }) =>
      settleCapacity(deps, tx, { course: before, stays: command.discharge.stays, now }),
  });
}

/** Declines the stop that the course's case asks for. */
export function declineCourseStop(
  deps: Deps,
  command: CourseCommand & { readonly reason: string },
): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-decline-stop",
    decide: (course, today) => declineStop(course, command.reason, today),
  });
}

/** What a command does to its course, by the present version of the hub. */
export type CourseWork = {
  readonly name: string;
  readonly decide: (course: Course, today: Today, hub: TimedHub) => CourseDecision;
  readonly write?: (
    tx: Parameters<NonNullable<CourseChange["write"]>>[0],
    change: Parameters<NonNullable<CourseChange["write"]>>[1],
  ) => Promise<readonly CourseFact[]>;
};

/** Runs a command on a course that its caller may know of; answers its reply. */
export async function runCourseCommand(
  deps: Deps,
  command: CourseCommand,
  work: CourseWork,
): Promise<Uint8Array> {
  const { id, caller, source, actor, respond, etag } = command;
  const { course } = await readVisibleCourse(deps.db, id, caller);
  const hub = must(await deps.hubs.load(deps.db, course.hub), "a course's hub is published");
  const { document } = hub;
  const changed = await changeCourse(deps, {
    name: work.name,
    id,
    source,
    actor,
    respond,
    creates: false,
    decide: (found, { now, revision }) => {
      checkEtag(etag, revision);
      const today = now.toZonedDateTimeISO(document.zone).toPlainDate();
      return work.decide(found, { now, today }, hub);
    },
    ...(work.write === undefined ? {} : { write: work.write }),
  });
  return responseOf(changed);
}

/** The full name of a site of the hub. Fails with SITE_UNKNOWN. */
export function knownSite({ name, resources }: HubDocument, site: string): string {
  if (resources.some(({ id }) => id === site)) return resourceName(name, site);
  const reason: CapacityReason = "SITE_UNKNOWN";
  throw new DomainError(reason, { site });
}
