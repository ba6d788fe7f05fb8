import type { Session, Step, Use } from "./certificate.ts";
import { whereOf } from "./check-sessions.ts";
import { overlaps, show } from "./clock.ts";
import { type Course, sessionsToCome } from "./course.ts";
import { closuresOver, isChecked, isOpen, resourceOf } from "./hub.ts";
import { timeOpened } from "./override.ts";
import { unless, type Violation } from "./violation.ts";

/** One use of a resource, and where in the certificate it stands. */
export type PlacedUse = Use & { readonly where: string };

/** Every use of a course: of its preparation and of its sessions. */
export function everyUse({
  preparation,
  sessions,
}: {
  readonly preparation: readonly Step[];
  readonly sessions: readonly Session[];
}): PlacedUse[] {
  return [
    ...preparation.flatMap(({ id, uses }) => uses.map((use) => ({ ...use, where: `step ${id}` }))),
    ...sessions.flatMap((session) =>
      session.uses.map((use) => ({ ...use, where: whereOf(session) })),
    ),
  ];
}

/** Whether each resource is there, open, not closed and not being checked, and used once at a time. */
export function checkTimes(course: Course): Violation[] {
  const { certificate } = course;
  const toCome = sessionsToCome(certificate);
  const preparation = certificate.begun === undefined ? certificate.preparation : [];
  const extra = new Set(
    certificate.sessions
      .filter(({ compensation }) => compensation === "EXTRA_DAY")
      .map((session) => whereOf(session)),
  );
  const uses = everyUse(certificate);
  return [
    ...everyUse({ preparation, sessions: toCome }).flatMap((use) =>
      checkTime(course, use, extra.has(use.where)),
    ),
    ...uses.flatMap((use, index) =>
      uses
        .slice(index + 1)
        .filter((other) => other.resource === use.resource && overlaps(other, use))
        .flatMap((other) => unless(false, "SELF_OVERLAP", use.where, describeOverlap(use, other))),
    ),
  ];
}

function checkTime(
  { hub, override }: Course,
  use: PlacedUse,
  forCompensation: boolean,
): Violation[] {
  const { resource: name, where, start, end } = use;
  const resource = resourceOf(hub, name);
  if (resource === undefined) return unless(false, "RESOURCE", where, `${name} is unknown`);
  const at = `${name} at ${show(start, hub.zone)}`;
  return [
    ...unless(start < end, "SHAPE", where, `uses ${at} for no time`),
    ...unless(
      isOpen(hub, resource, { start, end, forCompensation, opened: timeOpened(override, use) }),
      "OPENING",
      where,
      `${at} is not open`,
    ),
    ...closuresOver(hub, resource, use).flatMap(({ reason }) =>
      unless(false, "CLOSURE", where, `${at} is closed: ${reason}`),
    ),
    ...unless(!isChecked(hub, resource, use), "MACHINE_CHECK", where, `${at} is being checked`),
  ];
}

function describeOverlap(use: PlacedUse, other: PlacedUse): string {
  return `uses ${use.resource} while ${other.where} does`;
}
