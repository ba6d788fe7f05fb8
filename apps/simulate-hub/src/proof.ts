/*
 * Proof that what is planned can be treated so: each plan's certificate is checked by the program that hubs and
 * ministries check certificates with, and at the end all sessions of the year are looked at together.
 */
import { createHash } from "node:crypto";
import { firstOverlap } from "@carehub/capacity/domain/availability";
import { certificateDocument } from "@carehub/capacity/domain/certificate";
import type { TimedHub } from "@carehub/capacity/domain/demand";
import { holdParts } from "@carehub/capacity/domain/hold";
import type { Span } from "@carehub/capacity/domain/hub-time";
import { closureSpans } from "@carehub/capacity/domain/stranded";
import { toWireHub } from "@carehub/capacity/wire/hub-document";
import { checkCourse } from "@carehub/verify-course/check";
import type { Outage } from "./outages.ts";
import type { Planned } from "./planned.ts";
import type { Treatment } from "./treatment.ts";

/** What the verifier said of the plans of a run. */
export type Proof = { readonly checked: number; readonly rejected: readonly string[] };

// What people accepted, or did after hours, is not what the template says.
const acceptedRules = new Set(["GAP_TOO_LONG", "TIME_OF_DAY", "PROLONGATION_LIMIT"]);
const preparationRules = new Set(["PREPARATION_STEPS", "PREPARATION_LEAD"]);

/** Checks every `nth` plan that it is told of. */
export function createProver(hub: TimedHub, nth: number) {
  const wire = toWireHub(hub, hub.createdAt);
  const rejected: string[] = [];
  let seen = 0;
  let checked = 0;
  return {
    proof: (): Proof => ({ checked, rejected }),
    check: (planned: Planned) => {
      seen += 1;
      if (seen % nth !== 0) return;
      checked += 1;
      const text = certify(hub, planned);
      const hash = createHash("sha256").update(text).digest("hex");
      for (const { rule, where, found } of checkCourse(text, hash, wire)) {
        if (isAccepted(planned, rule)) continue;
        rejected.push(
          `${planned.treatment.patient.number} ${planned.kind} ${rule}: ${where} ${found}`,
        );
      }
    },
  };
}

function certify(hub: TimedHub, { treatment, demand: whole, course, kept, kind }: Planned): string {
  const { sessions } = course;
  // Of a course that has begun the window is that of its next session.
  const next = kept > 0 ? sessions[kept]?.day : undefined;
  const demand = next === undefined ? whole : { ...whole, readyDay: next, dueDay: next };
  const [first, last] = [sessions[0], sessions[kept - 1]];
  const { name } = hub.document;
  const parts = holdParts(demand, { ...course, stays: [] });
  const begun = kept > 0 && first !== undefined && last !== undefined;
  return certificateDocument({
    ...{ course: `courses/${treatment.patient.id}`, hub, demand, ...parts },
    ...(begun
      ? {
          begun: {
            sessions: kept,
            ...{ firstStart: first.start, lastEnd: last.end },
            lastSite: `${name}/resources/${last.site}`,
          },
        }
      : {}),
    ...(kind === "BEYOND_LIMIT" ? { override: { prolongation_accepted: true } } : {}),
  });
}

function isAccepted({ treatment, kind }: Planned, rule: string): boolean {
  const isBeyond = treatment.isBeyondRules || kind === "BEYOND_LIMIT";
  if (isBeyond && acceptedRules.has(rule)) return true;
  return kind !== "NEW" && preparationRules.has(rule);
}

/** Uses of one resource at one time by two sessions, or while it was closed, of all sessions of a year. */
export function countDoubleBookings(
  { document, time }: TimedHub,
  treatments: readonly Treatment[],
  outages: readonly Outage[],
): number {
  const all = treatments.flatMap(({ sessions, preparation }) =>
    [...sessions, ...preparation].flatMap(({ uses }) => uses),
  );
  const closed = closureSpans(document, time).map(({ resource, start, end }) => {
    return { resource: resource.slice(`${document.name}/resources/`.length), start, end };
  });
  let count = 0;
  for (const [resource, uses] of Map.groupBy(all, (use) => use.resource)) {
    const sorted = uses.toSorted((one, other) => one.start - other.start);
    count += sorted.filter((use, at) => at > 0 && (sorted[at - 1]?.end ?? 0) > use.start).length;
    const down = outages.filter(({ rooms }) => rooms.includes(resource));
    const planned = closed.filter((span) => span.resource === resource);
    count += uses.filter((use) => isOver(planned, use) || isBegunIn(down, use)).length;
  }
  return count;
}

function isOver(spans: readonly Span[], use: Span): boolean {
  const sorted = spans.toSorted((one, other) => one.start - other.start);
  return firstOverlap(sorted, use) !== undefined;
}

// What ran when it broke down was brought to its end.
function isBegunIn(spans: readonly Span[], { start }: Span): boolean {
  return spans.some((span) => span.start < start && start < span.end);
}
