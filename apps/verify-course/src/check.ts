/*
 * Checks certificates of feasibility against the documents that hubs published, and nothing else: it shares no code
 * with the service that plans, and asks it nothing. A course that is accepted can be treated as its certificate says.
 */
import type { Hub } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Override } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { hashOf } from "./canonical.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { checkDates } from "./check-dates.ts";
import { checkOrigin, checkRules } from "./check-document.ts";
import { checkPreparation } from "./check-preparation.ts";
import { checkRhythm } from "./check-rhythm.ts";
import { checkSessions } from "./check-sessions.ts";
import { checkTimes } from "./check-uses.ts";
import type { Course } from "./course.ts";
import { allowedBy, checkOverride, overrideNamed } from "./override.ts";
import { checkCourses } from "./together.ts";
import { unless, type Violation } from "./violation.ts";

export type { Violation } from "./violation.ts";

/** A certificate's text, and the version of its hub's document that it names. */
export type Certified = {
  readonly text: string;
  readonly hub: Hub;
  /** The override that it names; absent where it names none, or that is not to be had. */
  readonly override?: Override | undefined;
  /** The numbers of sessions that were recorded as missed: their time is somebody else's to have. */
  readonly missed?: readonly number[];
};

/**
 * The rules that a certificate breaks; none where the course can be treated so. The hash is not checked where it is
 * undefined. Some rules are only asked where the ones that they rest on hold. An override allows exactly what it opens,
 * and only to the course that it is of.
 */
export function checkCourse(
  text: string,
  hash: string | undefined,
  hub: Hub,
  override?: Override,
): Violation[] {
  const counted = hashOf(text);
  const ofHash = unless(
    hash === undefined || hash === counted,
    "HASH",
    "hash",
    `${hash}, the text has ${counted}`,
  );
  const { certificate, violations } = readCertificate(text);
  if (certificate === undefined) return [...ofHash, ...violations];
  const origin = checkOrigin(certificate, hub);
  const course = toCourse(certificate, { hub, override });
  const { id, version } = certificate.template;
  const found = course === undefined ? `${id} version ${version} is not in the document` : "";
  return [
    ...ofHash,
    ...violations,
    ...origin,
    ...checkOverride(certificate, override),
    ...unless(course !== undefined, "TEMPLATE", "template", found),
    ...(course === undefined || origin.some(({ rule }) => rule === "HUB") ? [] : checkAll(course)),
  ];
}

/**
 * What is wrong with courses that are all to take place, though each may be right by itself: one resource twice at a
 * time, more beds or beam minutes than there are. More versions say what pools have from their publication on.
 */
export function checkTogether(
  certified: readonly Certified[],
  versions: readonly Hub[] = [],
): Violation[] {
  const courses = certified.flatMap(({ text, hub, override, missed = [] }) => {
    const { certificate } = readCertificate(text);
    const course = certificate && toCourse(certificate, { hub, override });
    return course === undefined ? [] : [{ ...course, missed: new Set(missed) }];
  });
  return checkCourses(courses, versions);
}

function toCourse(
  certificate: Certificate,
  { hub, override }: { readonly hub: Hub; readonly override: Override | undefined },
): Course | undefined {
  const { id, version } = certificate.template;
  const template = hub.templates.find((each) => each.id === id && each.version === version);
  const rules = template?.rules;
  const allowed = allowedBy(certificate, override);
  const opened = allowed && overrideNamed(certificate) !== undefined ? { override: allowed } : {};
  return template && rules && { certificate, hub, template, rules, ...opened };
}

function checkAll(course: Course): Violation[] {
  const { certificate, rules } = course;
  return [
    ...checkRules(certificate, rules),
    ...checkSessions(course),
    ...checkTimes(course),
    ...checkRhythm(course),
    ...checkPreparation(course),
    ...checkDates(course),
  ];
}
