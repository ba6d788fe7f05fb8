import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { HubEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import type { PublishedEvent } from "@carehub/database/change";
import { topics } from "@carehub/events/topics";
import { toTimestamp } from "@carehub/grpc/instants";
import type { CourseFact } from "../domain/course-fact.ts";
import type { HubDocument } from "../domain/hub.ts";
import { toWireDate } from "../wire/basics.ts";
import { toWireHold, toWireItems, toWireUnavailable, wireOutcomes } from "../wire/course-parts.ts";

type Told = {
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** A fact of a course in the published language, for its topic. */
export function publishCourseFact(
  fact: CourseFact,
  context: Told & { readonly course: string; readonly hub: string },
): PublishedEvent {
  const { course, hub, revision, occurredAt } = context;
  const message = create(CourseEventSchema, {
    course,
    hub,
    revision: BigInt(revision),
    eventTime: toTimestamp(occurredAt),
    event: toVariant(fact),
  });
  return {
    topic: topics.courses,
    key: course.slice(course.indexOf("/") + 1),
    type: `carehub.capacity.v1.${fact.type}`,
    payload: toBinary(CourseEventSchema, message),
  };
}

/** A published version of a hub, for its topic. */
export function publishHubVersion(
  document: HubDocument,
  { version, occurredAt }: { readonly version: number; readonly occurredAt: Temporal.Instant },
): PublishedEvent {
  const programmes = [...new Set(document.templates.map(({ programme }) => programme))].toSorted();
  const message = create(HubEventSchema, {
    hub: document.name,
    revision: BigInt(version),
    eventTime: toTimestamp(occurredAt),
    event: {
      case: "hubPublished",
      value: { version, validUntilTime: toTimestamp(document.validUntilAt), programmes },
    },
  });
  return {
    topic: topics.hubs,
    key: document.name.slice(document.name.indexOf("/") + 1),
    type: "carehub.capacity.v1.HubPublished",
    payload: toBinary(HubEventSchema, message),
  };
}

type Variant = NonNullable<MessageInitShape<typeof CourseEventSchema>["event"]>;

function toVariant(fact: CourseFact): Variant {
  switch (fact.type) {
    case "CourseHeld":
      return { case: "courseHeld", value: { ...toWireHold(fact.hold), round: fact.round } };
    case "CourseUnavailable":
      return {
        case: "courseUnavailable",
        value: toWireUnavailable(fact.round, fact.unavailable, fact.waitlisted),
      };
    case "CourseHoldLapsed":
      return { case: "courseHoldLapsed", value: { round: fact.round, reason: fact.reason } };
    case "CourseBooked": {
      const { round, certificateHash, ...dates } = fact;
      const firstDate = toWireDate(dates.firstDate);
      const lastDate = toWireDate(dates.lastDate);
      return { case: "courseBooked", value: { round, firstDate, lastDate, certificateHash } };
    }
    case "CourseReleased":
      return { case: "courseReleased", value: { round: fact.round, reason: fact.reason } };
    case "CourseStarted": {
      const admissionDate = toWireDate(fact.admissionDate);
      return { case: "courseStarted", value: { round: fact.round, admissionDate } };
    }
    case "SessionDelivered": {
      const { number, startAt, endAt } = fact;
      const times = { startTime: toTimestamp(startAt), endTime: toTimestamp(endAt) };
      return { case: "sessionDelivered", value: { number, ...times } };
    }
    case "CourseEnded":
      return {
        case: "courseEnded",
        value: {
          round: fact.round,
          outcome: wireOutcomes[fact.outcome],
          deliveredItems: toWireItems(fact.deliveredItems),
          admissionDate: toWireDate(fact.admissionDate),
          dischargeDate: toWireDate(fact.dischargeDate),
        },
      };
    case "CourseStopPending":
      return { case: "courseStopPending", value: { round: fact.round, reason: fact.reason } };
    case "CourseStopDeclined": {
      const { round, reason } = fact;
      const deliveredItems = toWireItems(fact.deliveredItems);
      return { case: "courseStopDeclined", value: { round, reason, deliveredItems } };
    }
    case "CapacityShortfallDetected": {
      const { pool, displacedCourses } = fact;
      const dates = fact.dates.map(toWireDate);
      const value = { pool, dates, displacedCourses: [...displacedCourses] };
      return { case: "capacityShortfallDetected", value };
    }
    default:
      return fact satisfies never;
  }
}
