import { type CaseFacts, roundOf } from "./facts.ts";
import { unblockedByGoingOn } from "./next-to-act.ts";
import type { CourseAction, Look, ServiceBlocker } from "./service-actions.ts";

/** Where a course stands, as capacity has told; undefined before it has told anything. */
type CourseStanding =
  | "UNAVAILABLE"
  | "WAITLISTED"
  | "HELD"
  | "BOOKED"
  | "IN_TREATMENT"
  | "INTERRUPTED"
  | "ENDED"
  | "RELEASED"
  | "LAPSED";

/** What blocks a command at capacity, in its own reasons. */
export function courseBlocker(
  facts: CaseFacts,
  action: CourseAction,
  { id }: Look,
): ServiceBlocker | undefined {
  const state = standingOf(facts);
  const unblockedBy = unblockedByGoingOn(facts);
  if (state === undefined) {
    return { reason: "COURSE_NOT_FOUND", metadata: { name: `courses/${id}` }, unblockedBy };
  }
  const metadata = { state };
  const isUnderTreatment = state === "IN_TREATMENT" || state === "INTERRUPTED";
  switch (action) {
    case "RecordAdmission": {
      if (state === "BOOKED") return undefined;
      const isPast = isUnderTreatment || state === "ENDED";
      return {
        reason: "COURSE_NOT_BOOKED",
        metadata,
        unblockedBy: isPast ? undefined : unblockedBy,
      };
    }
    case "CorrectSession":
      if (state === "ENDED") return { reason: "COURSE_ENDED", metadata };
      if (isUnderTreatment) return undefined;
      return { reason: "COURSE_NOT_IN_TREATMENT", metadata, unblockedBy };
    case "RecordSession":
    case "RecordSessions":
    case "ExtendStay":
    case "DischargePatient":
      // What took place before an interruption may be recorded during it.
      if (isUnderTreatment) return undefined;
      return { reason: "COURSE_NOT_IN_TREATMENT", metadata, unblockedBy };
    case "InterruptCourse":
      if (state === "IN_TREATMENT") return undefined;
      return { reason: "COURSE_NOT_IN_TREATMENT", metadata, unblockedBy };
    case "ResumeCourse":
      if (state === "INTERRUPTED") return undefined;
      return { reason: "COURSE_NOT_INTERRUPTED", metadata, unblockedBy };
    case "MoveCourse":
    case "PostponeSession":
      if (state === "HELD" || state === "BOOKED" || state === "IN_TREATMENT") return undefined;
      return { reason: "COURSE_NOT_MOVABLE", metadata, unblockedBy };
    case "DeclineCourseStop":
      if (facts.stop?.isPending === true && isUnderTreatment) return undefined;
      // Only a ministry can ask for the stop that the hub would decline.
      return {
        reason: "STOP_NOT_PENDING",
        metadata,
        ...(isUnderTreatment && { unblockedBy: "ministry" as const }),
      };
    default:
      return action satisfies never;
  }
}

function standingOf(facts: CaseFacts): CourseStanding | undefined {
  if (facts.ended !== undefined) return "ENDED";
  if (facts.startedOn !== undefined) {
    return facts.interruptedSince === undefined ? "IN_TREATMENT" : "INTERRUPTED";
  }
  for (let round = facts.round; round > 0; round -= 1) {
    const standing = standingIn(facts, round);
    if (standing !== undefined) return standing;
  }
  return undefined;
}

function standingIn(facts: CaseFacts, round: number): CourseStanding | undefined {
  const { released, lapsed, booked, hold, unavailable } = roundOf(facts, round);
  if (released !== undefined) return "RELEASED";
  if (lapsed !== undefined) return "LAPSED";
  if (booked !== undefined) return "BOOKED";
  if (hold !== undefined) return "HELD";
  if (unavailable === undefined) return undefined;
  return unavailable.waitlisted ? "WAITLISTED" : "UNAVAILABLE";
}
