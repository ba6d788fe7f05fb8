import {
  type CourseEnded,
  type CourseEvent,
  type CourseHeld,
  type CourseMoved,
  CourseOutcome,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { toInstant } from "@carehub/grpc/instants";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { Answer } from "../domain/answers.ts";
import type { CourseOutcome as Outcome } from "../domain/case-terms.ts";
import { fromWireItems } from "../wire/case-terms.ts";
import { fromOptionalDate, fromWireDate, fromWireDeadline } from "../wire/times.ts";
import type { Read } from "./consumed.ts";

/** What an event of capacity says to a case; a shortfall concerns the hub only. */
export function toCourseAnswer({ event }: CourseEvent): Read | "ignored" | "unknown-variant" {
  const { case: variant, value } = event;
  const read = (answer: Answer): Read => ({ variant: variant ?? "", value, answer });
  switch (event.case) {
    case "courseHeld":
      return read(held(event.value));
    case "courseUnavailable": {
      const { round, waitlisted, reason } = event.value;
      return read({ kind: "CourseUnavailable", round, waitlisted, reason });
    }
    case "courseHoldLapsed": {
      const { round, reason } = event.value;
      return read({ kind: "CourseHoldLapsed", round, reason });
    }
    case "courseBooked": {
      const { round } = event.value;
      const firstDate = fromWireDate(event.value.firstDate, "first_date");
      const lastDate = fromWireDate(event.value.lastDate, "last_date");
      return read({ kind: "CourseBooked", round, firstDate, lastDate });
    }
    case "courseReleased": {
      const { round, reason } = event.value;
      return read({ kind: "CourseReleased", round, reason });
    }
    case "courseStarted": {
      const { round, admissionDate } = event.value;
      const startedOn = fromWireDate(admissionDate, "admission_date");
      return read({ kind: "CourseStarted", round, startedOn });
    }
    case "sessionDelivered":
      return read({ kind: "SessionDelivered" });
    case "sessionMissed":
      return read({ kind: "SessionMissed" });
    case "sessionCorrected":
      return read({ kind: "SessionCorrected" });
    case "sessionPostponed":
      return read({ kind: "SessionPostponed" });
    case "courseDisplaced":
      return read({ kind: "CourseDisplaced" });
    case "courseMoved":
      return read(moved(event.value));
    case "courseInterrupted": {
      const { round, sinceDate } = event.value;
      const since = fromWireDate(sinceDate, "since_date");
      return read({ kind: "CourseInterrupted", round, since });
    }
    case "courseResumed":
      return read({ kind: "CourseResumed", round: event.value.round });
    case "stayExtended": {
      const lastDate = fromWireDate(event.value.lastDate, "last_date");
      return read({ kind: "StayExtended", lastDate });
    }
    case "courseStopPending":
      return read({ kind: "CourseStopPending", round: event.value.round });
    case "courseStopDeclined":
      return read({ kind: "CourseStopDeclined", round: event.value.round });
    case "courseEnded":
      return read(ended(event.value));
    case "capacityShortfallDetected":
      return "ignored";
    case undefined:
      return "unknown-variant";
    default:
      return event satisfies never;
  }
}

function held(event: CourseHeld): Answer {
  const hold = {
    firstDate: fromWireDate(event.firstDate, "first_date"),
    lastDate: fromWireDate(event.lastDate, "last_date"),
    answerBy: fromWireDeadline(event.answerBy, "answer_by"),
    releaseAt: toInstant(must(event.releaseTime, "release_time is there")),
    serviceItems: fromWireItems(event.serviceItems),
  };
  return { kind: "CourseHeld", round: event.round, hold };
}

function moved(event: CourseMoved): Answer {
  const firstDate = fromWireDate(event.firstDate, "first_date");
  const lastDate = fromWireDate(event.lastDate, "last_date");
  const serviceItems = fromWireItems(event.serviceItems);
  return { kind: "CourseMoved", round: event.round, firstDate, lastDate, serviceItems };
}

function ended(event: CourseEnded): Answer {
  const admissionDate = fromOptionalDate(event.admissionDate, "admission_date");
  const dischargeDate = fromOptionalDate(event.dischargeDate, "discharge_date");
  const end = {
    outcome: outcomeOf(event.outcome),
    deliveredItems: fromWireItems(event.deliveredItems),
    ...(admissionDate && { admissionDate }),
    ...(dischargeDate && { dischargeDate }),
  };
  return { kind: "CourseEnded", round: event.round, end };
}

function outcomeOf(outcome: CourseEnded["outcome"]): Outcome {
  switch (outcome) {
    case CourseOutcome.COMPLETED:
      return "COMPLETED";
    case CourseOutcome.STOPPED:
      return "STOPPED";
    case CourseOutcome.DIED:
      return "DIED";
    default:
      throw invalidField("outcome", "is not one that intake knows");
  }
}
