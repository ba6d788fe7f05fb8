import type { Hub, ResourceUse } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Session, Use } from "./certificate.ts";
import type { Minute } from "./clock.ts";
import { type Course, sessionsToCome } from "./course.ts";
import { isSiteKind, resourceOf, shapeOf, sitesOf } from "./hub.ts";
import { unless, type Violation } from "./violation.ts";

/** Numbers, phases with their counts, what each session uses, and at which sites. */
export function checkSessions(course: Course): Violation[] {
  const { sessions, begun } = course.certificate;
  const toCome = sessionsToCome(course.certificate);
  return [
    ...sessions.flatMap(({ number }, index) => {
      // A missed session's number is not used again.
      const least = (sessions[index - 1]?.number ?? 0) + 1;
      const isNext = begun === undefined ? number === least : number >= least;
      return unless(isNext, "SESSION_NUMBER", `sessions.${index}`, `is number ${number}`);
    }),
    ...unless(toCome.length > 0, "SESSION_NUMBER", "sessions", "none is still to take place"),
    ...checkPhases(course),
    ...toCome.flatMap((session) => {
      const before = sessions[sessions.indexOf(session) - 1];
      return checkShape(course, session, before?.phase !== session.phase);
    }),
    ...checkSites(course),
  ];
}

/** Where in a certificate a session stands, in words. */
export function whereOf({ number }: Session): string {
  return `session ${number}`;
}

function checkPhases({ certificate, template }: Course): Violation[] {
  const { phases } = template;
  const places = certificate.sessions.map(({ phase }) =>
    phases.findIndex(({ id }) => id === phase),
  );
  const order = certificate.sessions.flatMap((session, index) => {
    const place = places[index] ?? -1;
    const before = index === 0 ? 0 : (places[index - 1] ?? -1);
    return unless(
      place >= 0 && place >= before,
      "PHASE",
      whereOf(session),
      place < 0 ? `${session.phase} is no phase` : `${session.phase} comes too late`,
    );
  });
  const counts = phases.flatMap(({ id, sessionCount, sessionCountMin, sessionCountMax }) => {
    const count = certificate.sessions.filter(({ phase }) => phase === id).length;
    const [min, max] = [sessionCountMin || 1, sessionCountMax || sessionCount];
    const found = `${count} sessions, ${min} to ${max} are allowed`;
    return unless(count === 0 || (min <= count && count <= max), "PHASE", `phase ${id}`, found);
  });
  return [...order, ...counts];
}

function checkShape({ certificate, hub, template }: Course, session: Session, isFirst: boolean) {
  const shape = shapeOf(template, session.phase, isFirst);
  const where = whereOf(session);
  if (shape === undefined) return [];
  const wanted = usesOf(shape.uses, certificate.under_anaesthesia);
  const timed = shape.beam === undefined ? wanted : [...wanted, shape.beam];
  const minutes = Math.max(...timed.map((use) => use.offsetMinutes + use.minutes));
  const site = session.uses.find(({ resource }) => {
    const kind = resourceOf(hub, resource)?.kind;
    return kind !== undefined && isSiteKind(kind);
  });
  return [
    ...checkUses(hub, { where, start: session.start, uses: session.uses, wanted }),
    ...unless(
      session.end - session.start === minutes,
      "SHAPE",
      where,
      `lasts ${session.end - session.start} minutes, not ${minutes}`,
    ),
    ...unless(
      site === undefined || site.resource === session.site,
      "SITE",
      where,
      `is said to be at ${session.site}, but uses ${site?.resource}`,
    ),
  ];
}

/** The uses of a shape by one patient. */
export function usesOf(uses: readonly ResourceUse[], underAnaesthesia: boolean): ResourceUse[] {
  return uses.filter(({ onlyUnderAnaesthesia }) => underAnaesthesia || !onlyUnderAnaesthesia);
}

/** Whether the uses are those that are wanted: each of its kind, at its offset, for its minutes, and none more. */
export function checkUses(
  hub: Hub,
  checked: {
    readonly where: string;
    readonly start: Minute;
    readonly uses: readonly Use[];
    readonly wanted: readonly ResourceUse[];
  },
): Violation[] {
  const { where, start, uses, wanted } = checked;
  const left = [...uses];
  const missing = wanted.filter(({ kind, offsetMinutes, minutes }) => {
    const at = left.findIndex(
      (use) =>
        resourceOf(hub, use.resource)?.kind === kind &&
        use.start === start + offsetMinutes &&
        use.end === use.start + minutes,
    );
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...missing.flatMap(({ kind, offsetMinutes, minutes }) => {
      const use = `kind ${kind} from minute ${offsetMinutes} for ${minutes}`;
      return unless(false, "SHAPE", where, `has no use of ${use}`);
    }),
    ...left.flatMap(({ resource }) =>
      unless(false, "SHAPE", where, `uses ${resource} otherwise than its shape says`),
    ),
  ];
}

function checkSites({ certificate, hub, template, rules }: Course): Violation[] {
  const allowed = sitesOf(hub, template);
  const [first] = certificate.sessions;
  const site = certificate.begun?.site ?? first?.site ?? "";
  const group = resourceOf(hub, site)?.mirrorGroup;
  return sessionsToCome(certificate).flatMap((session) => {
    const isMirrored = Boolean(group) && resourceOf(hub, session.site)?.mirrorGroup === group;
    const isSame = !rules.sameSite || session.site === site || isMirrored;
    return [
      ...unless(
        allowed.includes(session.site),
        "SITE",
        whereOf(session),
        `${session.site} is not allowed by the template`,
      ),
      ...unless(isSame, "SITE", whereOf(session), `is at ${session.site}, not ${site}`),
    ];
  });
}
