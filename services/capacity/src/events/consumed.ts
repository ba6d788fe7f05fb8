import {
  type CaseEvent,
  CaseEventSchema,
  type CourseRequested,
  Priority as WirePriority,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { Handled, Message, Subscription } from "@carehub/events/message";
import { topics } from "@carehub/events/topics";
import { parseName, type Uuid } from "@carehub/rules/ids";
import type { Deps } from "../app/capacity-app.ts";
import { bookCase, closeCase, stopCase } from "../app/case-requests.ts";
import { holdForCase } from "../app/hold-course.ts";
import type { HoldRequest } from "../app/place-course.ts";
import type { Priority } from "../domain/priority.ts";
import { readAnswerTime, readPlan } from "../wire/course-parts.ts";

/** The subscription to intake's cases, the only topic that this service acts on. */
export function subscribeCases(deps: Deps): Subscription<typeof CaseEventSchema> {
  return { topic: topics.cases, schema: CaseEventSchema, handle: onCaseEvent(deps) };
}

/**
 * What intake asks of this service, and the end of a case. Everything else of intake's topic is its own business or
 * another service's.
 */
function onCaseEvent(deps: Deps) {
  return async (message: Message<CaseEvent>): Promise<Handled> => {
    const { referral, event } = message.event;
    const id = parseName(referral, "referrals", "referral");
    switch (event.case) {
      case "courseRequested": {
        const kind = await holdForCase(deps, readRequest(id, event.value), message.seen);
        return kind === "duplicate" ? "duplicate" : "done";
      }
      case "bookingRequested":
        return bookCase(deps, { id, round: event.value.round }, message.seen);
      case "courseStopRequested": {
        const { round, reason } = event.value;
        return stopCase(deps, { id, round, reason }, message.seen);
      }
      case "caseClosed":
        return closeCase(deps, id, message.seen);
      case undefined:
        return "unknown-variant";
      default:
        return "ignored";
    }
  };
}

function readRequest(id: Uuid, request: CourseRequested): HoldRequest {
  return {
    id,
    hub: request.hub,
    sendingParty: request.sendingParty,
    round: request.round,
    plan: readPlan(request.plan),
    answerTime: readAnswerTime(request.answerTime),
    priority: priorities[request.priority] ?? "ROUTINE",
  };
}

const priorities: Readonly<Record<WirePriority, Priority>> = {
  [WirePriority.UNSPECIFIED]: "ROUTINE",
  [WirePriority.ROUTINE]: "ROUTINE",
  [WirePriority.URGENT]: "URGENT",
  [WirePriority.EMERGENCY]: "EMERGENCY",
};
